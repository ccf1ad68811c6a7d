//! Which paths are ours, and whose words are spoken there.

use crate::limits::MAX_PATH_BYTES;
use crate::runtime::Method;

/// The path of the token route, after the prefix.
pub const TOKEN_PATH: &str = "/api/authkit";

/// The path of the Python samples, after the prefix.
pub const PYTHON_PATH: &str = "/authkit-token";

/// The paths of a deployment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Routes {
    token_paths: Vec<(RoutePath, Dialect)>,
}

/// A path of our own: it starts with a slash, ends without one, and has only characters that no
/// client and no proxy rewrites.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RoutePath(String);

impl RoutePath {
    /// Reads a path; `None` when it could not be matched reliably.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let segment = |part: &str| {
            let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-_.~".contains(&byte);
            !part.is_empty() && part != "." && part != ".." && part.bytes().all(plain)
        };
        let parts = text.strip_prefix('/')?;
        let fits = text.len() <= MAX_PATH_BYTES && parts.split('/').all(segment);
        fits.then(|| Self(text.to_owned()))
    }
}

/// Whose errors a client expects.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Dialect {
    /// Ours, which are the Node samples' too.
    Own,
    /// The `FastAPI` sample's: `detail`, and 422 for a body that does not fit its model.
    FastApi,
    /// The Flask sample's: another text in `error`.
    Flask,
}

/// What a path leads to. All but the token route lie below each of its paths.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Destination {
    /// The token route.
    Token,
    /// The grant route.
    Grant,
    /// Whether the Worker is there.
    Health,
    /// What is wrong with the deployment.
    DeepCheck,
    /// The `OpenAPI` description of these routes.
    OpenApi,
}

impl Destination {
    /// All of them.
    pub const ALL: [Self; 5] = [
        Self::Token,
        Self::Grant,
        Self::Health,
        Self::DeepCheck,
        Self::OpenApi,
    ];

    /// What follows the token route's path.
    #[must_use]
    pub fn suffix(self) -> &'static str {
        match self {
            Self::Token => "",
            Self::Grant => "/grant",
            Self::Health => "/health",
            Self::DeepCheck => "/health/deep",
            Self::OpenApi => "/openapi.json",
        }
    }

    /// How it is asked.
    #[must_use]
    pub fn methods(self) -> Methods {
        match self {
            Self::Token | Self::Grant => Methods::Post,
            Self::Health | Self::DeepCheck | Self::OpenApi => Methods::Get,
        }
    }
}

/// The methods of a route. `OPTIONS` is one of every route.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Methods {
    /// `POST`
    Post,
    /// `GET` and `HEAD`
    Get,
    /// Those of any route: where there is none, a page may ask by each of them and read that.
    Any,
}

impl Methods {
    /// As `Allow` and preflight answers list them.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Post => "POST, OPTIONS",
            Self::Get => "GET, HEAD, OPTIONS",
            Self::Any => "GET, HEAD, POST, OPTIONS",
        }
    }

    /// Whether `method` is one of them.
    #[must_use]
    pub fn contain(self, method: Method) -> bool {
        match method {
            Method::Options => true,
            Method::Post => self != Self::Get,
            Method::Get | Method::Head => self != Self::Post,
            Method::Other => false,
        }
    }
}

impl Routes {
    /// The routes below `prefix`, those of `python` too if that is a dialect, and `aliases` of the
    /// token route, which stand as they are.
    #[must_use]
    pub fn new(prefix: Option<&RoutePath>, aliases: Vec<RoutePath>, python: Dialect) -> Self {
        let prefix = prefix.map_or("", |prefix| &prefix.0);
        let below = |path: &str| RoutePath(format!("{prefix}{path}"));
        let mut token_paths = vec![(below(TOKEN_PATH), Dialect::Own)];
        if python != Dialect::Own {
            token_paths.push((below(PYTHON_PATH), python));
        }
        token_paths.extend(aliases.into_iter().map(|path| (path, Dialect::Own)));
        Self { token_paths }
    }

    /// Whether a path is one of the token route's or lies below one, and so is ours, whether or not it
    /// leads anywhere.
    #[must_use]
    pub fn cover(&self, path: &str) -> bool {
        self.token_paths.iter().any(|(own, _)| {
            let below = path.strip_prefix(own.0.as_str());
            below.is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
        })
    }

    /// Where a path leads. One slash at its end makes no difference: a redirect, which is what the
    /// samples' servers answer, is more than a preflight may meet.
    #[must_use]
    pub fn find(&self, path: &str) -> Option<(Destination, Dialect)> {
        let path = path.strip_suffix('/').unwrap_or(path);
        self.token_paths.iter().find_map(|(own, dialect)| {
            let suffix = path.strip_prefix(own.0.as_str())?;
            let mut all = Destination::ALL.into_iter();
            let to = all.find(|to| to.suffix() == suffix)?;
            Some((to, *dialect))
        })
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::{any, proptest};

    use super::{Destination, Dialect, RoutePath, Routes};

    fn path(text: &str) -> RoutePath {
        RoutePath::parse(text).unwrap()
    }

    #[test]
    fn lead_to_the_token_and_what_lies_below_it() {
        let routes = Routes::new(None, vec![path("/api/pica-token")], Dialect::Own);
        for (path, found) in [
            ("/api/authkit", Some(Destination::Token)),
            ("/api/authkit/", Some(Destination::Token)),
            ("/api/authkit/grant", Some(Destination::Grant)),
            ("/api/authkit/grant/", Some(Destination::Grant)),
            ("/api/authkit/health", Some(Destination::Health)),
            ("/api/authkit/health/deep", Some(Destination::DeepCheck)),
            ("/api/authkit/openapi.json", Some(Destination::OpenApi)),
            ("/api/pica-token", Some(Destination::Token)),
            ("/api/pica-token/grant", Some(Destination::Grant)),
            ("/api/pica-token/health", Some(Destination::Health)),
            ("/api/authkit//", None),
            ("/api/authkit/grant/x", None),
            ("/api/authkitgrant", None),
            ("/api/authkit/openapi", None),
            ("/health", None),
            ("/api/authkit2", None),
            ("/API/authkit", None),
            ("/api/authki%74", None),
            ("/authkit-token", None),
            ("/", None),
            ("", None),
        ] {
            let dialect = Dialect::Own;
            assert_eq!(routes.find(path), found.map(|to| (to, dialect)), "{path}");
        }
    }

    #[test]
    fn speak_python_where_the_python_samples_were() {
        for dialect in [Dialect::FastApi, Dialect::Flask] {
            let routes = Routes::new(None, Vec::new(), dialect);
            assert_eq!(
                routes.find("/authkit-token"),
                Some((Destination::Token, dialect))
            );
            assert_eq!(
                routes.find("/api/authkit"),
                Some((Destination::Token, Dialect::Own))
            );
        }
    }

    #[test]
    fn stand_below_a_prefix_but_for_aliases() {
        let routes = Routes::new(Some(&path("/v2")), vec![path("/old")], Dialect::Flask);
        assert!(routes.find("/v2/api/authkit").is_some());
        assert!(routes.find("/v2/authkit-token").is_some());
        assert!(routes.find("/old").is_some());
        assert_eq!(routes.find("/api/authkit"), None);
        assert_eq!(routes.find("/v2/old"), None);
    }

    #[test]
    fn are_made_of_plain_characters() {
        for text in ["/a", "/a/b-c_d.e~f", "/.well-known/x"] {
            assert!(RoutePath::parse(text).is_some(), "{text}");
        }
        let long = format!("/{}", "a".repeat(256));
        for text in [
            "", "/", "a", "/a/", "//a", "/a//b", "/a b", "/a?b", "/a#b", "/a%20b", "/ä", "/a/..",
            "/./a", "/a*", &long,
        ] {
            assert!(RoutePath::parse(text).is_none(), "{text}");
        }
    }

    proptest! {
        #[test]
        fn never_panic_on_a_path(text in any::<String>()) {
            let routes = Routes::new(None, Vec::new(), Dialect::FastApi);
            let _ = routes.find(&text);
            let _ = RoutePath::parse(&text);
        }
    }
}
