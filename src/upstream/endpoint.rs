//! Where the upstream is, and what a request to it looks like.

use serde::Serialize;

use crate::caller::Caller;
use crate::http::origin::Origin;
use crate::http::target::PageNumber;
use crate::http::trace_context::{TRACEPARENT, TraceParent};
use crate::identity::IdentityType;
use crate::json;
use crate::limits::{MAX_ROWS_PER_PAGE, ROWS_PER_PAGE};
use crate::runtime::Outgoing;
use crate::secret::Secret;
use crate::upstream::account::Account;

/// The upstream as one deployment uses it.
#[derive(Debug)]
pub struct Endpoint {
    /// Whose contract it follows.
    pub provider: Provider,
    /// Where it is.
    pub origin: Origin,
    /// With what keys, and what is known of the account that they belong to.
    pub account: Account,
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
    /// The request for any page of `caller`'s token, with that key.
    #[must_use]
    pub fn token_request(
        &self,
        caller: &Caller,
        key: &Secret,
        trace_parent: Option<&TraceParent>,
    ) -> Outgoing {
        let (identity, identity_type) = (caller.identity().as_str(), caller.identity_type());
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

    /// The request for the account's flags, with that key.
    #[must_use]
    pub fn flags_request(&self, key: &Secret, trace_parent: Option<&TraceParent>) -> Outgoing {
        self.request("GET", key, trace_parent)
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
        let parent = trace_parent.map(|parent| (TRACEPARENT, parent.as_str().to_owned()));
        request.headers.push(key);
        request.headers.extend(parent);
        request
    }
}
