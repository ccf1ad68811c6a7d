//! Where the upstream is, and what a request to it looks like.

use std::fmt::Write as _;

use serde::Serialize;

use crate::caller::{Caller, Whom};
use crate::http::origin::Origin;
use crate::http::routes::ConnectionId;
use crate::http::target::PageNumber;
use crate::http::trace_context::{TRACEPARENT, TraceParent};
use crate::identity::IdentityType;
use crate::json;
use crate::limits::{MAX_ROWS_PER_PAGE, ROWS_PER_PAGE};
use crate::runtime::notes::{Recalled, Subject};
use crate::runtime::{Outgoing, Runtime};
use crate::secret::Secret;
use crate::upstream::account::Account;

/// The upstream as one deployment uses it.
#[derive(Debug)]
pub struct Endpoint {
    /// Whose contract it follows.
    pub provider: Provider,
    /// Where it is.
    pub origin: Origin,
    /// In whose name it is asked, where the key is good for several.
    pub tenant: Tenant,
    /// With what keys, and what is known of the account that they belong to.
    pub account: Account,
}

impl Endpoint {
    /// Looks what is noted of the list, where nobody has looked before.
    pub async fn recall_pages_once(&self, runtime: &impl Runtime) {
        if self.account.wants_note() {
            self.recall_pages(runtime).await;
        }
    }

    /// Looks what is noted of the list, and tells the account.
    pub(super) async fn recall_pages(&self, runtime: &impl Runtime) {
        let notes = self.account.notes();
        let recalled = notes.recall(self.note(), runtime).await;
        if let Recalled::Hit(text, at) = &recalled {
            // Ours, so it is a number.
            let count = std::str::from_utf8(text)
                .ok()
                .and_then(|text| text.parse().ok());
            self.account.was_noted(count.unwrap_or(1), *at);
        }
        self.account.looked(recalled.as_str());
    }

    /// The list has that many pages now.
    pub(super) fn saw_pages(&self, count: u32, runtime: &impl Runtime) {
        let now = runtime.now();
        if self.account.saw_pages(count, now) {
            let notes = self.account.notes();
            notes.keep(self.note(), count.to_string().as_bytes(), now, runtime);
        }
    }

    /// What is noted of the list.
    fn note(&self) -> Subject<'_> {
        Subject::Pages(self.origin.as_str(), self.provider.most_rows())
    }
}

/// The organization and project that a request acts in, where it is to say so: the key of an
/// organization serves several projects.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Tenant {
    /// `ONE_ORGANIZATION_ID`
    pub organization: Option<Uuid>,
    /// `ONE_PROJECT_ID`
    pub project: Option<Uuid>,
}

/// A UUID as RFC 9562 writes it: 32 hexadecimal digits in five groups.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Uuid(String);

impl Uuid {
    /// Reads one, in capitals or not.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let mut bytes = text.bytes().enumerate();
        let fits = bytes.all(|(index, byte)| match index {
            8 | 13 | 18 | 23 => byte == b'-',
            _ => byte.is_ascii_hexdigit(),
        });
        (fits && text.len() == 36).then(|| Self(text.to_owned()))
    }
}

/// `AUTHKIT_PROVIDER`: one API under two brands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Provider {
    /// `pica`
    Pica,
    /// `one`
    One,
}

/// Pages for a person.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Dashboard {
    /// Where secret keys are.
    pub keys: &'static str,
    /// Where integrations are enabled.
    pub integrations: &'static str,
}

impl Provider {
    /// Both.
    pub const ALL: [Self; 2] = [Self::Pica, Self::One];

    /// The name as `AUTHKIT_PROVIDER` has it.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Pica => "pica",
            Self::One => "one",
        }
    }

    /// The origin of the hosted API.
    #[must_use]
    pub fn default_origin(self) -> &'static str {
        match self {
            Self::Pica => "https://api.picaos.com",
            Self::One => "https://api.withone.ai",
        }
    }

    /// The secret binding that holds the key.
    #[must_use]
    pub fn key_binding(self) -> &'static str {
        match self {
            Self::Pica => "PICA_SECRET_KEY",
            Self::One => "ONE_SECRET_KEY",
        }
    }

    /// The one that holds the key which replaces it.
    #[must_use]
    pub fn next_key_binding(self) -> &'static str {
        match self {
            Self::Pica => "PICA_SECRET_KEY_NEXT",
            Self::One => "ONE_SECRET_KEY_NEXT",
        }
    }

    /// Where its keys and integrations are managed.
    #[must_use]
    pub fn dashboard(self) -> Dashboard {
        match self {
            Self::Pica => Dashboard {
                keys: "https://app.picaos.com/settings/api-keys",
                integrations: "https://app.picaos.com/authkit",
            },
            Self::One => Dashboard {
                keys: "https://app.withone.ai/settings/api-keys",
                integrations: "https://app.withone.ai/settings/authkit",
            },
        }
    }

    /// Most rows on a page: what the official client of Pica asks for, and the cap that One documents.
    #[must_use]
    pub fn most_rows(self) -> u32 {
        match self {
            Self::Pica => ROWS_PER_PAGE,
            Self::One => MAX_ROWS_PER_PAGE,
        }
    }

    fn key_header(self) -> &'static str {
        match self {
            Self::Pica => "x-pica-secret",
            Self::One => "x-one-secret",
        }
    }

    fn token_path(self) -> &'static str {
        match self {
            Self::Pica => "/v1/authkit",
            Self::One => "/v1/authkit/token",
        }
    }

    /// `None`: One's contract has no flags.
    fn flags_path(self) -> Option<&'static str> {
        match self {
            Self::Pica => Some("/v1/users/flags"),
            Self::One => None,
        }
    }
}

/// Where connections are, with both brands.
const CONNECTIONS_PATH: &str = "/v1/vault/connections";

/// Where the names of a key's organization and project are.
const WHOAMI_PATH: &str = "/v1/users/whoami";

/// Whom the deep check's token is for: nobody. It is dropped and not given to anyone.
const NOBODY: &str = "authkit-edge-health";

/// The body of a request for a page of a token.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct TokenRequest<'a> {
    identity: &'a str,
    identity_type: &'static str,
}

impl Endpoint {
    /// The request for any page of somebody's token, with that key.
    #[must_use]
    pub fn token_request(
        &self,
        whom: Whom<'_>,
        key: &Secret,
        trace_parent: Option<&TraceParent>,
    ) -> Outgoing {
        let (identity, identity_type) = (whom.identity().as_str(), whom.identity_type());
        self.request_for(identity, identity_type, key, trace_parent)
    }

    /// The same for nobody. There is no other call that tells whether the key is good and an
    /// integration enabled.
    #[must_use]
    pub fn probe_request(&self, key: &Secret) -> Outgoing {
        self.request_for(NOBODY, IdentityType::User, key, None)
    }

    fn request_for(
        &self,
        identity: &str,
        identity_type: IdentityType,
        key: &Secret,
        trace_parent: Option<&TraceParent>,
    ) -> Outgoing {
        let body = TokenRequest {
            identity,
            identity_type: identity_type.as_str(),
        };
        let mut request = self.request("POST", key, trace_parent);
        let media_type = ("content-type", "application/json".to_owned());
        request.headers.push(media_type);
        request.body = Some(json::text(&body));
        request
    }

    /// Where a page of a token is.
    #[must_use]
    pub fn token_url(&self, page: PageNumber) -> String {
        let PageNumber { page, limit } = page;
        let (origin, path) = (self.origin.as_str(), self.provider.token_path());
        format!("{origin}{path}?limit={limit}&page={page}")
    }

    /// A request without a body, with that key: for what is read by its address alone, or deleted.
    #[must_use]
    pub fn plain_request(
        &self,
        method: &'static str,
        key: &Secret,
        trace_parent: Option<&TraceParent>,
    ) -> Outgoing {
        self.request(method, key, trace_parent)
    }

    /// Where a page of `caller`'s connections is. What is not said here is not asked for, whatever
    /// the request said.
    ///
    /// The upstream takes the values `true` and `false` for something else than texts, so that an
    /// identity of that name would find nothing. It is left out, and the rows tell.
    #[must_use]
    pub fn connections_url(&self, caller: &Caller, page: PageNumber) -> String {
        let PageNumber { page, limit } = page;
        let mut url = String::from(self.origin.as_str());
        url.push_str(CONNECTIONS_PATH);
        url.push('?');
        let identity = caller.identity().as_str();
        if !["true", "false"].contains(&identity) {
            url.push_str("identity=");
            push_encoded(&mut url, identity);
            url.push('&');
        }
        let kind = caller.identity_type().as_str();
        // Writing to a string cannot fail.
        let _ = write!(url, "identityType={kind}&limit={limit}&page={page}");
        url
    }

    /// Where a connection is.
    #[must_use]
    pub fn connection_url(&self, id: ConnectionId<'_>) -> String {
        format!("{}{CONNECTIONS_PATH}/{}", self.origin.as_str(), id.as_str())
    }

    /// Where it says whose key it is.
    #[must_use]
    pub fn whoami_url(&self) -> String {
        format!("{}{WHOAMI_PATH}", self.origin.as_str())
    }

    /// Where the account's flags are, if the contract has any.
    #[must_use]
    pub fn flags_url(&self) -> Option<String> {
        let path = self.provider.flags_path()?;
        Some(format!("{}{path}", self.origin.as_str()))
    }

    fn request(
        &self,
        method: &'static str,
        key: &Secret,
        trace_parent: Option<&TraceParent>,
    ) -> Outgoing {
        let mut request = Outgoing::new(method, "application/json");
        let key = (self.provider.key_header(), key.expose().to_owned());
        request.headers.push(key);
        let Tenant {
            organization,
            project,
        } = &self.tenant;
        for (name, id) in [
            ("x-one-organization-id", organization),
            ("x-one-project-id", project),
        ] {
            let id = id.as_ref().map(|Uuid(id)| (name, id.clone()));
            request.headers.extend(id);
        }
        let parent = trace_parent.map(|parent| (TRACEPARENT, parent.as_str().to_owned()));
        request.headers.extend(parent);
        request
    }
}

/// For a value of a query: all but what RFC 3986 reserves for nobody is encoded, a space as `%20`,
/// since a `+` is one to some readers only.
fn push_encoded(url: &mut String, text: &str) {
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || b"-_.~".contains(&byte) {
            url.push(char::from(byte));
        } else {
            let _ = write!(url, "%{byte:02X}");
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Uuid;

    #[test]
    fn knows_a_uuid_from_what_is_none() {
        for text in [
            "6f1c0b9e-3f0a-4b61-9b57-0d6bb1e7d5a1",
            "6F1C0B9E-3F0A-4B61-9B57-0D6BB1E7D5A1",
            "00000000-0000-0000-0000-000000000000",
        ] {
            assert!(Uuid::parse(text).is_some(), "{text}");
        }
        for text in [
            "",
            "6f1c0b9e3f0a4b619b570d6bb1e7d5a1",
            "6f1c0b9e-3f0a-4b61-9b57-0d6bb1e7d5a",
            "6f1c0b9e-3f0a-4b61-9b57-0d6bb1e7d5a12",
            "6f1c0b9g-3f0a-4b61-9b57-0d6bb1e7d5a1",
            "{6f1c0b9e-3f0a-4b61-9b57-0d6bb1e7d5a1}",
            "urn:uuid:6f1c0b9e-3f0a-4b61-9b57-0d6bb1e7d5a1",
            "6f1c0b9e-3f0a-4b61-9b57-0d6bb1e7d5\u{e9}",
        ] {
            assert!(Uuid::parse(text).is_none(), "{text}");
        }
    }
}
