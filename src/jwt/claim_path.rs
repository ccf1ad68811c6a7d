//! Where in a token a claim is, and whether what stands there can name anybody.

use crate::json::{Object, Value};
use crate::jwt::TokenFault;

/// Where a claim is: `sub`, `o.id`, `https://app.example/org`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ClaimPath(String);

/// What users write into their own accounts.
///
/// Where products let them: Supabase and Auth0 `user_metadata` (Supabase's table calls it
/// `raw_user_meta_data`), Clerk `unsafe_metadata`, Stytch `untrusted_metadata`, Stack Auth
/// `client_metadata`, Ory's `traits`. And the claims of a profile, `OpenID` Connect Core §5.1 and §5.7,
/// with common other names of the same.
const WRITTEN_BY_USERS: &str = "usermetadata unsafemetadata untrustedmetadata clientmetadata traits \
                                name nickname givenname familyname middlename preferredusername \
                                profile picture website gender birthdate zoneinfo locale address \
                                displayname firstname lastname fullname";

/// Ways to reach somebody, by what their claims have in their names. Anybody can claim to be
/// reached there until it was tried.
const CONTACTS: [&str; 2] = ["mail", "phone"];

const VERIFIED: &str = "verified";

/// Flags that name none of several claims of that kind in particular.
const GENERAL: [&str; 5] = [
    "emailverified",
    "verifiedemail",
    "isemailverified",
    "phoneverified",
    "phonenumberverified",
];

impl ClaimPath {
    /// As it was configured.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// A path: any text but one that leads to what users write themselves.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        // The host in a name that is a URL says nothing of the claim.
        let (before, name) = match text.split_once("://") {
            Some((scheme, url)) => (scheme, url.split_once('/').map_or(url, |(_, path)| path)),
            None => ("", text),
        };
        for part in [before, name] {
            for segment in parts(part) {
                let segment = plain(segment);
                // Metadata are what they are with anything around the name.
                let is = |word: &str| {
                    segment == word || (word.ends_with("metadata") && segment.contains(word))
                };
                if WRITTEN_BY_USERS.split(' ').any(is) {
                    return None;
                }
            }
        }
        Some(Self(text.to_owned()))
    }

    /// What stands there, whatever it is.
    #[must_use]
    pub fn value<'a>(&'a self, claims: &'a Object) -> Option<&'a Value> {
        self.find(claims).map(|(_, _, value)| value)
    }

    /// The identities there: one, or a list, as [`names`] reads them.
    ///
    /// # Errors
    /// [`TokenFault::IdentityKind`] for what is no name; [`TokenFault::Unverified`] for an e-mail
    /// address or a phone number, unless the token says beside it that it was verified.
    pub fn identities(&self, claims: &Object) -> Result<Vec<String>, TokenFault> {
        let Some((parent, name, value)) = self.find(claims) else {
            return Ok(Vec::new());
        };
        let texts = names(value)?;
        let one = texts.first().filter(|_| texts.len() == 1);
        if texts.is_empty() || self.is_verified(parent, name, one.map(String::as_str)) {
            Ok(texts)
        } else {
            Err(TokenFault::Unverified)
        }
    }

    /// The object that the claim is in, its name there, and its value. The longest name that is there
    /// comes first, so that one with dots in it (every URL is one) is not taken apart, whether the claim
    /// has it or an object on the way.
    fn find<'a>(&'a self, claims: &'a Object) -> Option<(&'a Object, &'a str, &'a Value)> {
        let (mut parent, mut rest) = (claims, self.0.as_str());
        loop {
            if let Some(value) = parent.get(rest) {
                return Some((parent, rest, value));
            }
            (parent, rest) = rest.rmatch_indices('.').find_map(|(at, _)| {
                let (name, rest) = rest.split_at_checked(at)?;
                let inner = parent.get(name)?.as_object()?;
                Some((inner, rest.strip_prefix('.')?))
            })?;
        }
    }

    /// Whether this is no way to reach somebody, or `parent` says that the one text there was tried:
    /// by `email_verified`, `emailVerified`, `verified_email` and so on, below the same namespace.
    ///
    /// Such a flag speaks for the claim that it is named after. `email_verified` speaks for another
    /// one, `primary_email`, only where no third stands beside it that it could mean as well. All
    /// flags that speak must say `true`, and of a list none can say which entry it means.
    fn is_verified(&self, parent: &Object, name: &str, one: Option<&str>) -> bool {
        let last = parts(name).next().unwrap_or_default();
        let (namespace, _) = name.as_bytes().split_at(name.len() - last.len());
        let last = plain(last);
        let way = self.0.strip_suffix(name).unwrap_or_default();
        let way = plain(way.as_bytes());
        let is_contact = |kind: &&&str| last.contains(**kind) || way.contains(**kind);
        let Some(kind) = CONTACTS.iter().find(is_contact) else {
            return true;
        };
        let (mut own, mut general, mut alone) = (None, None, true);
        for (sibling, value) in parent.members() {
            let Some(sibling) = sibling.as_bytes().strip_prefix(namespace) else {
                continue;
            };
            let sibling = plain(sibling);
            // Cognito writes it as a text.
            let is_true = *value == Value::Bool(true) || value.as_str() == Some("true");
            if sibling.len() == last.len() + VERIFIED.len()
                && sibling.contains(&last)
                && sibling.contains(VERIFIED)
            {
                own = Some(is_true && own != Some(false));
            } else if sibling.contains(kind) {
                if GENERAL.contains(&&*sibling) {
                    general = Some(is_true && general != Some(false));
                } else {
                    alone &= value.as_str() == one;
                }
            }
        }
        one.is_some() && own.or(general.filter(|_| alone)) == Some(true)
    }
}

/// The names in a value: a text, or a whole number as its digits, or a list of those. Empty ones are
/// none.
///
/// A number that is not written as its digits, or that is too large to be read exactly by everybody,
/// names nobody: `7.0` and `7` would be one user or two, and 2^53 and 2^53 + 1 are one to most.
///
/// # Errors
/// [`TokenFault::IdentityKind`] for anything else, also inside of a list.
pub fn names(value: &Value) -> Result<Vec<String>, TokenFault> {
    let list = match value {
        Value::Array(list) => list.as_slice(),
        one => std::slice::from_ref(one),
    };
    let mut names = Vec::new();
    for value in list {
        match value {
            _ if value.is_empty() => {}
            Value::String(text) => names.push(text.clone()),
            Value::Integer(number) => names.push(number.to_string()),
            _ => return Err(TokenFault::IdentityKind),
        }
    }
    Ok(names)
}

/// The parts of a name, the last one first: those of a path, of a URL, of a URN.
fn parts(name: &str) -> impl Iterator<Item = &[u8]> {
    name.as_bytes().rsplit(|byte| b"./:#|".contains(byte))
}

/// The letters and digits of a name, in lower case: vendors write `email_verified` and
/// `emailVerified`.
#[inline(never)]
fn plain(name: &[u8]) -> String {
    let mut letters = String::new();
    for byte in name.iter().filter(|byte| byte.is_ascii_alphanumeric()) {
        letters.push(byte.to_ascii_lowercase().into());
    }
    letters
}

#[cfg(test)]
mod tests {
    use proptest::prelude::{any, proptest};
    use serde_json::json;

    use super::ClaimPath;
    use crate::json::Object;
    use crate::jwt::TokenFault;

    #[test]
    fn leads_to_what_issuers_write_and_never_to_what_users_write() {
        for text in [
            "sub",
            "uid",
            "oid",
            "o.id",
            "org_id",
            "org_name",
            "username",
            "cognito:username",
            "email",
            "phone_number",
            "app_metadata.org",
            "public_metadata.org_id",
            "client_read_only_metadata.org",
            "trusted_metadata.org",
            "metadata",
            "https://app.example/org",
            "https://name.example/org",
            "https://profile.example.com/claims/org.id",
            "urn:zitadel:iam:user:resourceowner:id",
            "custom:tenant",
            "namespace",
            "",
        ] {
            assert_eq!(ClaimPath::parse(text), Some(ClaimPath(text.to_owned())));
        }
        for text in [
            "user_metadata",
            "user_metadata.id",
            "user_metadata.deep.id",
            "userMetadata.id",
            "UserMetadata.id",
            "USER_METADATA.id",
            "user-metadata.id",
            "raw_user_meta_data.id",
            "rawUserMetaData.id",
            "unsafe_metadata.id",
            "unsafeMetadata.id",
            "user.unsafe_metadata.id",
            "untrusted_metadata.id",
            "client_metadata.id",
            "https://app.example/user_metadata",
            "https://app.example/user_metadata.id",
            "https://app.example/userMetadata/id",
            "https://app.example/claims#unsafe_metadata",
            "https://user_metadata",
            "user_metadata.https://app.example/id",
            "urn:app:user_metadata",
            "x_user_metadata_x",
            "name",
            "nickname",
            "given_name",
            "givenName",
            "family_name",
            "middle_name",
            "preferred_username",
            "preferredUsername",
            "profile",
            "profile.id",
            "picture",
            "website",
            "gender",
            "birthdate",
            "zoneinfo",
            "locale",
            "address",
            "address.country",
            "display_name",
            "first_name",
            "lastName",
            "full_name",
            "traits.id",
            "user.name",
            "https://app.example/nickname",
            "http://schemas.xmlsoap.org/ws/2005/05/identity/claims/name",
            "urn:zitadel:iam:user:name",
        ] {
            assert_eq!(ClaimPath::parse(text), None, "{text}");
        }
    }

    fn identities(path: &str, claims: &str) -> Result<Vec<String>, TokenFault> {
        let claims = Object::parse(claims.as_bytes()).unwrap();
        let path = ClaimPath(path.to_owned());
        path.identities(&claims)
    }

    const ADDRESS: &str = "a@a";

    /// Whose address was verified, if the token is to be believed.
    #[rustfmt::skip]
    const VERIFIED: &[(&str, &str)] = &[
        ("email", r#"{"email": "a@a", "email_verified": true}"#),
        ("email", r#"{"email": "a@a", "email_verified": "true"}"#),
        ("email", r#"{"email": "a@a", "emailVerified": true}"#),
        ("email", r#"{"email": "a@a", "verified_email": true}"#),
        ("email", r#"{"email": "a@a", "verifiedEmail": true}"#),
        ("email", r#"{"email": "a@a", "is_email_verified": true}"#),
        ("email", r#"{"email": "a@a", "email_verified": true, "phone": "1", "phone_verified": false, "email_verified_at": 1, "other_email": "b@b"}"#),
        ("email", r#"{"email": ["a@a"], "email_verified": true}"#),
        ("mail", r#"{"mail": "a@a", "email_verified": true}"#),
        ("mail", r#"{"mail": "a@a", "verifiedEmail": true}"#),
        ("phone_number", r#"{"phone_number": "a@a", "phone_verified": true}"#),
        ("mobile_phone", r#"{"mobile_phone": "a@a", "phone_number_verified": true}"#),
        ("mail", r#"{"mail": "a@a", "mail_verified": true}"#),
        ("emailAddress", r#"{"emailAddress": "a@a", "emailAddressVerified": true}"#),
        ("email_address", r#"{"email_address": "a@a", "email_verified": true}"#),
        ("primary_email", r#"{"primary_email": "a@a", "primary_email_verified": true}"#),
        ("primary_email", r#"{"primary_email": "a@a", "email_verified": true}"#),
        ("primary_email", r#"{"primary_email": "a@a", "email": "a@a", "email_verified": true}"#),
        ("primaryEmail", r#"{"primaryEmail": "a@a", "primaryEmailVerified": true, "email": "b@b", "email_verified": false}"#),
        ("user.email", r#"{"user": {"email": "a@a", "email_verified": true}}"#),
        ("email.value", r#"{"email": {"value": "a@a", "value_verified": true}}"#),
        ("https://app.example/email", r#"{"https://app.example/email": "a@a", "https://app.example/email_verified": true}"#),
        ("o.email", r#"{"o.email": "a@a", "o.email_verified": true}"#),
        ("phone_number", r#"{"phone_number": "a@a", "phone_number_verified": true}"#),
        ("phone", r#"{"phone": "a@a", "phone_verified": "true", "email": "a@a"}"#),
        ("phoneNumber", r#"{"phoneNumber": "a@a", "phoneVerified": true}"#),
        ("sub", r#"{"sub": "a@a", "email_verified": false}"#),
        ("uid", r#"{"uid": "a@a"}"#),
    ];

    /// Whose was not, or was perhaps.
    #[rustfmt::skip]
    const UNVERIFIED: &[(&str, &str)] = &[
        ("email", r#"{"email": "a@a"}"#),
        ("email", r#"{"email": "a@a", "email_verified": false}"#),
        ("email", r#"{"email": "a@a", "email_verified": "false"}"#),
        ("email", r#"{"email": "a@a", "email_verified": "TRUE"}"#),
        ("email", r#"{"email": "a@a", "email_verified": ""}"#),
        ("email", r#"{"email": "a@a", "email_verified": null}"#),
        ("email", r#"{"email": "a@a", "email_verified": 1}"#),
        ("email", r#"{"email": "a@a", "email_verified": [true]}"#),
        ("email", r#"{"email": "a@a", "email_verified": {"is": true}}"#),
        ("email", r#"{"email": "a@a", "verified": true}"#),
        ("email", r#"{"email": "a@a", "email_unverified": true}"#),
        ("email", r#"{"email": "a@a", "email_verified_at": true}"#),
        ("email", r#"{"email": "a@a", "phone_number_verified": true}"#),
        ("email", r#"{"email": "a@a", "phone_verified": true}"#),
        ("email", r#"{"email": "a@a", "email_address_x": true}"#),
        ("email", r#"{"email": "a@a", "secondary_email_verified": true}"#),
        ("email", r#"{"email": "a@a", "emailVerified": true, "email_verified": false}"#),
        ("primary_email", r#"{"primary_email": "a@a", "email_verified": true, "is_email_verified": false}"#),
        ("primary_email", r#"{"primary_email": "a@a", "email_verified": false, "is_email_verified": true}"#),
        ("primary_email", r#"{"primary_email": "a@a", "phone_verified": true}"#),
        ("email", r#"{"email": "a@a", "email_verified": true, "emailVerified": false}"#),
        ("email", r#"{"email": "a@a", "email_verified": false, "mail_verified": true}"#),
        ("email", r#"{"email": ["a@a", "b@b"], "email_verified": true}"#),
        ("emails", r#"{"emails": ["a@a", "b@b"], "emails_verified": true}"#),
        ("email", r#"{"email": "a@a", "user": {"email_verified": true}}"#),
        ("user.email", r#"{"user": {"email": "a@a"}, "email_verified": true}"#),
        ("user.email", r#"{"user": {"email": "a@a"}, "user_email_verified": true}"#),
        ("email.value", r#"{"email": {"value": "a@a"}, "email_verified": true}"#),
        ("email.value", r#"{"email": {"value": "a@a", "verified": true}}"#),
        ("mail", r#"{"mail": "a@a", "phone_verified": true}"#),
        ("https://app.example/email", r#"{"https://app.example/email": "a@a", "email_verified": true}"#),
        ("https://app.example/email", r#"{"https://app.example/email": "a@a", "https://app.example/x/email_verified": true}"#),
        ("https://app.example/email", r#"{"https://app.example/email": "a@a", "https://b.example/email_verified": true}"#),
        ("primary_email", r#"{"primary_email": "a@a"}"#),
        ("primary_email", r#"{"primary_email": "a@a", "email": "b@b", "email_verified": true}"#),
        ("primary_email", r#"{"primary_email": "a@a", "email": "b@b", "primary_email_verified": false, "email_verified": true}"#),
        ("email_domain", r#"{"email_domain": "example.com"}"#),
        ("EMAIL", r#"{"EMAIL": "a@a"}"#),
        ("phone_number", r#"{"phone_number": "1"}"#),
        ("phone_number", r#"{"phone_number": "1", "email_verified": true}"#),
        ("phone_number", r#"{"phone_number": "1", "phone_number_verified": false}"#),
    ];

    #[test]
    fn takes_an_address_that_the_token_says_was_verified() {
        for (path, claims) in VERIFIED {
            let found = identities(path, claims);
            assert_eq!(found, Ok(vec![ADDRESS.to_owned()]), "{path} {claims}");
        }
    }

    #[test]
    fn refuses_an_address_that_the_token_does_not_say_was_verified() {
        for (path, claims) in UNVERIFIED {
            let found = identities(path, claims);
            assert_eq!(found, Err(TokenFault::Unverified), "{path} {claims}");
        }
    }

    #[test]
    fn finds_nobody_where_nothing_is() {
        for claims in ["{}", r#"{"email": ""}"#, r#"{"email": ["", null]}"#] {
            assert_eq!(identities("email", claims), Ok(Vec::new()), "{claims}");
        }
    }

    /// The kind: wherever on the way a name has dots itself.
    #[test]
    fn leads_below_names_with_dots_and_takes_the_longest_that_is_there() {
        for (path, claims, found) in [
            (
                "https://stytch.com/organization.organization_id",
                r#"{"https://stytch.com/organization": {"organization_id": "x", "slug": "y"}}"#,
                Some("x"),
            ),
            ("a.b.c", r#"{"a": {"b": {"c": "x"}}}"#, Some("x")),
            ("a.b.c", r#"{"a": {"b.c": "x"}}"#, Some("x")),
            ("a.b.c", r#"{"a.b": {"c": "x"}}"#, Some("x")),
            (
                "a.b.c",
                r#"{"a.b.c": "x", "a.b": {"c": "y"}, "a": {"b.c": "z"}}"#,
                Some("x"),
            ),
            (
                "a.b.c",
                r#"{"a.b": {"c": "x"}, "a": {"b.c": "y", "b": {"c": "z"}}}"#,
                Some("x"),
            ),
            (
                "a.b.c",
                r#"{"a": {"b.c": "x", "b": {"c": "y"}}}"#,
                Some("x"),
            ),
            // It is the one that is meant, even if nothing is in it.
            (
                "a.b.c",
                r#"{"a.b": {"d": "x"}, "a": {"b": {"c": "y"}}}"#,
                None,
            ),
            ("a.b.c", r#"{"a.b": "x", "a": {"b": {"d": "y"}}}"#, None),
            ("a.b", r#"{"a": ["x"]}"#, None),
            ("a..b", r#"{"a": {"": {"b": "x"}}}"#, Some("x")),
            (".a", r#"{"": {"a": "x"}}"#, Some("x")),
            ("a.", r#"{"a": {"b": "x"}}"#, None),
        ] {
            let wanted = found.map(|name| vec![name.to_owned()]).unwrap_or_default();
            assert_eq!(identities(path, claims), Ok(wanted), "{path} {claims}");
        }
        let below = |flag: &str| {
            let claims = format!(r#"{{"https://a.b/user": {{"email": "a@a"{flag}}}}}"#);
            identities("https://a.b/user.email", &claims)
        };
        assert_eq!(below(""), Err(TokenFault::Unverified));
        assert_eq!(
            below(r#", "email_verified": true"#),
            Ok(vec![ADDRESS.to_owned()])
        );
    }

    /// The kind: a number names somebody when everybody reads it as the same digits.
    #[test]
    fn leads_to_numbers_that_everybody_reads_the_same() {
        for (value, found) in [
            ("7", Some(vec!["7"])),
            ("0", Some(vec!["0"])),
            ("-7", Some(vec!["-7"])),
            ("9007199254740991", Some(vec!["9007199254740991"])),
            ("-9007199254740991", Some(vec!["-9007199254740991"])),
            (r#"[7, "8", 9]"#, Some(vec!["7", "8", "9"])),
            (r#"["", null, 7]"#, Some(vec!["7"])),
            ("null", Some(vec![])),
            (r#""""#, Some(vec![])),
            ("[]", Some(vec![])),
            ("9007199254740992", None),
            ("9007199254740993", None),
            ("-9007199254740992", None),
            ("18446744073709551616", None),
            ("7.0", None),
            ("7.5", None),
            ("7e0", None),
            ("7E2", None),
            ("-0", None),
            ("9007199254740990.6", None),
            ("true", None),
            ("false", None),
            ("{}", None),
            (r#"{"id": 7}"#, None),
            ("[7, 7.5]", None),
            (r#"["a", {"id": 7}]"#, None),
            ("[[7]]", None),
        ] {
            let claims = format!(r#"{{"sub": {value}, "user": {{"id": {value}}}}}"#);
            let wanted = found.ok_or(TokenFault::IdentityKind);
            for path in ["sub", "user.id"] {
                let found = identities(path, &claims);
                let found = found.as_ref().map_err(|fault| *fault);
                let found = found.map(|names| names.iter().map(String::as_str).collect());
                assert_eq!(found, wanted, "{value}");
            }
        }
    }

    proptest! {
        /// No two numbers are one user, and no number two.
        #[test]
        fn gives_no_two_numbers_one_name(one in any::<f64>(), other in -9.1e15..9.1e15_f64) {
            let name = |number: f64| identities("sub", &format!(r#"{{"sub": {number}}}"#));
            for (one, other) in [(one, other), (other.trunc(), one.trunc()), (other.trunc(), (other + 1.0).trunc())] {
                if let (Ok(first), Ok(second)) = (name(one), name(other)) {
                    assert_eq!(first == second, one.total_cmp(&other).is_eq(), "{one} {other}");
                }
            }
        }

        #[test]
        fn takes_no_address_without_a_flag_that_is_true(
            path in "(email|user\\.mail|https://a\\.b/primaryEmail|phone)",
            others in proptest::collection::btree_map("[a-zA-Z_./:]{0,12}", any::<bool>(), 0..8),
        ) {
            let mut claims = json!({"user": {"mail": ADDRESS}});
            for (name, value) in others {
                // Flags of the namespace of each path are what the tables above are for.
                if !name.to_ascii_lowercase().contains("verified") {
                    claims[name] = json!(value);
                }
            }
            claims["user"] = json!({"mail": ADDRESS});
            for name in ["email", "https://a.b/primaryEmail", "phone"] {
                claims[name] = json!(ADDRESS);
            }
            assert_eq!(identities(&path, &claims.to_string()), Err(TokenFault::Unverified));
        }

        #[test]
        fn never_panics_on_any_path(path in any::<String>(), name in any::<String>()) {
            let _ = ClaimPath::parse(&path);
            let _ = identities(&path, &json!({name.clone(): {name: ADDRESS}}).to_string());
            let _ = identities(&path, &json!({path.clone(): ADDRESS}).to_string());
        }
    }
}
