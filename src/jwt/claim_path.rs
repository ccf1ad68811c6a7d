//! Where in a token a claim is, and whether what stands there can name anybody.

use crate::jwt::TokenFault;
use crate::jwt::json::{Object, Value};
use crate::jwt::persons::letters;

/// Where a claim is: `sub`, `o.id`, `https://app.example/org`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ClaimPath(String);

/// Where products keep what a user may write into their own account: Supabase and Auth0
/// `user_metadata` (Supabase's table calls it `raw_user_meta_data`), Clerk `unsafe_metadata`, Stytch
/// `untrusted_metadata`, Stack Auth `client_metadata`, and Ory's `traits`.
const WRITTEN_BY_USERS: [&str; 4] = [
    "usermetadata",
    "unsafemetadata",
    "untrustedmetadata",
    "clientmetadata",
];

/// Claims of a profile, which users edit: `OpenID` Connect Core §5.1 and §5.7, and common other
/// names of the same.
const PROFILE: [&str; 19] = [
    "name",
    "nickname",
    "givenname",
    "familyname",
    "middlename",
    "preferredusername",
    "profile",
    "picture",
    "website",
    "gender",
    "birthdate",
    "zoneinfo",
    "locale",
    "address",
    "displayname",
    "firstname",
    "lastname",
    "fullname",
    "traits",
];

/// Ways to reach somebody, by what their claims have in their names, and what a flag of them is
/// called for if it names none in particular. Anybody can claim to be reached there until it was
/// tried.
const CONTACTS: [(&str, &[&str]); 2] = [
    ("mail", &["email", "mail", "emailaddress"]),
    ("phone", &["phone", "phonenumber"]),
];

impl ClaimPath {
    /// A path: any text but one that leads to what users write themselves.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        // The host of a name that is a URL says nothing of the claim.
        let after_host = text
            .split_once("://")
            .map(|(_, rest)| rest.split_once('/').map_or("", |(_, path)| path));
        let mut segments = after_host.unwrap_or(text).split(SEPARATORS).map(plain);
        let written = segments.any(|segment| {
            let segment = segment.as_str();
            PROFILE.contains(&segment) || WRITTEN_BY_USERS.iter().any(|name| segment.contains(name))
        });
        (!written).then(|| Self(text.to_owned()))
    }

    /// The identities there: a string, or a list of strings. Empty ones are none.
    ///
    /// # Errors
    /// [`TokenFault::Unverified`] for an e-mail address or a phone number, unless the token says
    /// beside it that it was verified.
    pub fn identities<'a>(&'a self, claims: &'a Object) -> Result<Vec<&'a str>, TokenFault> {
        let Some((parent, name, value)) = self.find(claims) else {
            return Ok(Vec::new());
        };
        let list = match value {
            Value::Array(list) => list.as_slice(),
            one => std::slice::from_ref(one),
        };
        let texts = list.iter().filter_map(Value::as_str);
        let texts: Vec<&str> = texts.filter(|text| !text.is_empty()).collect();
        if texts.is_empty() || self.is_verified(parent, name, &texts) {
            Ok(texts)
        } else {
            Err(TokenFault::Unverified)
        }
    }

    /// The object that the claim is in, its name there, and its value. A claim whose name is the
    /// whole text comes first, so that a name with dots in it (every URL is one) is not taken apart.
    fn find<'a>(&'a self, claims: &'a Object) -> Option<(&'a Object, &'a str, &'a Value)> {
        if let Some(value) = claims.get(&self.0) {
            return Some((claims, &self.0, value));
        }
        let (way, name) = self.0.rsplit_once('.')?;
        let parent = way.split('.').try_fold(claims, |object, name| {
            object.get(name).and_then(Value::as_object)
        })?;
        Some((parent, name, parent.get(name)?))
    }

    /// Whether this is no way to reach somebody, or `parent` says that it was tried: by
    /// `email_verified`, `emailVerified`, `verified_email` and so on, below the same namespace.
    ///
    /// Such a flag speaks for the claim that it is named after. `email_verified` speaks for another
    /// one, `primary_email`, only where no third stands beside it that it could mean as well. All
    /// flags that speak must say `true`, and of a list none can say which entry it means.
    fn is_verified(&self, parent: &Object, name: &str, texts: &[&str]) -> bool {
        let (namespace, last) = name.split_at(name.rfind(SEPARATORS).map_or(0, |at| at + 1));
        let last = plain(last);
        // `email.value` has its flag in `email.verified`.
        let way = plain(self.0.strip_suffix(name).unwrap_or_default());
        let contact = CONTACTS
            .iter()
            .find(|(kind, _)| last.contains(kind) || way.contains(kind));
        let Some((kind, general)) = contact else {
            return true;
        };
        let (mut own, mut others, mut alone) = (Vec::new(), Vec::new(), true);
        for (sibling, value) in parent.members() {
            let Some(sibling) = sibling.strip_prefix(namespace) else {
                continue;
            };
            let sibling = plain(sibling);
            match verified(&sibling) {
                Some(of) if of == last || (of.is_empty() && way.contains(kind)) => own.push(value),
                Some(of) if general.contains(&of) => others.push(value),
                Some(_) => {}
                None => {
                    alone &= !sibling.contains(kind) || value.as_str() == texts.first().copied()
                }
            }
        }
        if own.is_empty() && alone {
            own = others;
        }
        let is_true = |value: &&Value| match value {
            Value::Bool(is) => *is,
            // Cognito writes it so.
            other => other.as_str() == Some("true"),
        };
        texts.len() == 1 && !own.is_empty() && own.iter().all(is_true)
    }
}

/// What stands between the parts of a name: paths, and namespaces that are URLs or URNs.
const SEPARATORS: [char; 5] = ['.', '/', ':', '#', '|'];

fn plain(text: &str) -> String {
    letters(text).map(char::from).collect()
}

/// Of which claim a flag says that it was verified: `email` for `emailverified`, `verifiedemail`
/// and `isemailverified`. `None` for what is no such flag.
fn verified(name: &str) -> Option<&str> {
    let name = name.strip_prefix("is").unwrap_or(name);
    name.strip_suffix("verified")
        .or_else(|| name.strip_prefix("verified"))
}
