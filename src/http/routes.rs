//! Which paths are ours, and whose words are spoken there.

use crate::limits::{MAX_CONNECTION_ID_BYTES, MAX_PATH_BYTES};
use crate::runtime::Method;

/// The path of the token route, after the prefix.
pub const TOKEN_PATH: &str = "/api/authkit";

/// The path of the Python samples, after the prefix.
pub const PYTHON_PATH: &str = "/authkit-token";

/// The paths of a deployment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Routes {
    token_paths: Vec<(RoutePath, Dialect)>,
    connections: Connections,
}

/// `CONNECTIONS`: what users may do with their connections here.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Connections {
    /// Nothing: there are no such routes.
    Off,
    /// List them.
    Read,
    /// Disconnect them, too.
    Manage,
}

/// The id of a connection, as a segment of a path: letters, digits, `-`, `_`, `.` and `:`, of which no
/// proxy and no parser makes anything else. The upstream's are UUIDs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ConnectionId<'a>(&'a str);

impl<'a> ConnectionId<'a> {
    /// Reads an id; `None` when it could be more than one segment, or another one.
    #[must_use]
    pub fn parse(text: &'a str) -> Option<Self> {
        let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-_.:".contains(&byte);
        let fits = (1..=MAX_CONNECTION_ID_BYTES).contains(&text.len());
        (fits && text.bytes().all(plain) && text != "." && text != "..").then_some(Self(text))
    }

    /// The id that a path of [`Destination::Connection`] ends with.
    #[must_use]
    pub fn of_path(path: &'a str) -> Option<Self> {
        let path = path.strip_suffix('/').unwrap_or(path);
        let (_, id) = path.rsplit_once('/')?;
        Self::parse(id)
    }

    /// The id itself.
    #[must_use]
    pub fn as_str(self) -> &'a str {
        self.0
    }
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
    /// The caller's connections.
    Connections,
    /// One of them.
    Connection,
    /// Whether the Worker is there.
    Health,
    /// What is wrong with the deployment.
    DeepCheck,
    /// The `OpenAPI` description of these routes.
    OpenApi,
}

impl Destination {
    /// All of them.
    pub const ALL: [Self; 7] = [
        Self::Token,
        Self::Grant,
        Self::Connections,
        Self::Connection,
        Self::Health,
        Self::DeepCheck,
        Self::OpenApi,
    ];

    /// What follows the token route's path; `{id}` is a [`ConnectionId`].
    #[must_use]
    pub fn suffix(self) -> &'static str {
        match self {
            Self::Token => "",
            Self::Grant => "/grant",
            Self::Connections => "/connections",
            Self::Connection => "/connections/{id}",
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
            Self::Connections | Self::Health | Self::DeepCheck | Self::OpenApi => Methods::Get,
            Self::Connection => Methods::Delete,
        }
    }

    /// Whether its answers are for the application's own pages, and not for the widget's.
    #[must_use]
    pub fn is_for_the_application(self) -> bool {
        match self {
            Self::Grant | Self::Connections | Self::Connection => true,
            Self::Token | Self::Health | Self::DeepCheck | Self::OpenApi => false,
        }
    }

    /// Whether who is calling matters there.
    #[must_use]
    pub fn is_for_somebody(self) -> bool {
        match self {
            Self::Token | Self::Grant | Self::Connections | Self::Connection => true,
            Self::Health | Self::DeepCheck | Self::OpenApi => false,
        }
    }

    /// Whether it is what a path ends with.
    fn is_at(self, rest: &str) -> bool {
        match self.suffix().strip_suffix("{id}") {
            Some(before) => rest
                .strip_prefix(before)
                .is_some_and(|id| ConnectionId::parse(id).is_some()),
            None => rest == self.suffix(),
        }
    }

    /// Whether a deployment has it that allows so much.
    fn is_with(self, connections: Connections) -> bool {
        match self {
            Self::Connections => connections >= Connections::Read,
            Self::Connection => connections >= Connections::Manage,
            Self::Token | Self::Grant | Self::Health | Self::DeepCheck | Self::OpenApi => true,
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
    /// `DELETE`
    Delete,
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
            Self::Delete => "DELETE, OPTIONS",
            Self::Any => "GET, HEAD, POST, DELETE, OPTIONS",
        }
    }

    /// Whether `method` is one of them.
    #[must_use]
    pub fn contain(self, method: Method) -> bool {
        match method {
            Method::Options => true,
            Method::Post => matches!(self, Self::Post | Self::Any),
            Method::Get | Method::Head => matches!(self, Self::Get | Self::Any),
            Method::Delete => matches!(self, Self::Delete | Self::Any),
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
        Self {
            token_paths,
            connections: Connections::Off,
        }
    }

    /// The same, and those for connections.
    #[must_use]
    pub fn with(self, connections: Connections) -> Self {
        Self {
            connections,
            ..self
        }
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
            let rest = path.strip_prefix(own.0.as_str())?;
            let mut all = Destination::ALL.into_iter();
            let to = all.find(|to| to.is_at(rest) && to.is_with(self.connections))?;
            Some((to, *dialect))
        })
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::{any, proptest};

    use super::{ConnectionId, Connections, Destination, Dialect, RoutePath, Routes};

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
    fn lead_to_connections_where_those_are_allowed() {
        let found = |connections, path: &str| {
            let routes = Routes::new(None, vec![self::path("/old")], Dialect::Own);
            let found = routes.with(connections).find(path);
            found.map(|(to, _)| to)
        };
        for (path, to, least) in [
            (
                "/api/authkit/connections",
                Destination::Connections,
                Connections::Read,
            ),
            (
                "/api/authkit/connections/",
                Destination::Connections,
                Connections::Read,
            ),
            (
                "/old/connections",
                Destination::Connections,
                Connections::Read,
            ),
            (
                "/api/authkit/connections/7",
                Destination::Connection,
                Connections::Manage,
            ),
            (
                "/old/connections/conn::a-b_c.D/",
                Destination::Connection,
                Connections::Manage,
            ),
        ] {
            for connections in [Connections::Off, Connections::Read, Connections::Manage] {
                let wanted = (connections >= least).then_some(to);
                assert_eq!(found(connections, path), wanted, "{path} {connections:?}");
            }
        }
        let long = format!("/api/authkit/connections/{}", "a".repeat(129));
        for path in [
            "/api/authkit/connections//",
            "/api/authkit/connections/.",
            "/api/authkit/connections/..",
            "/api/authkit/connections/../",
            "/api/authkit/connections/a/b",
            "/api/authkit/connections/a//",
            "/api/authkit/connections/%61",
            "/api/authkit/connections/a%2Fb",
            "/api/authkit/connections/a b",
            "/api/authkit/connections/a*",
            "/api/authkit/connections/{id}",
            "/api/authkit/connections/\u{e9}",
            "/api/authkit/connections/a\0",
            "/api/authkit/connectionsa",
            &long,
        ] {
            assert_eq!(found(Connections::Manage, path), None, "{path}");
        }
    }

    #[test]
    fn name_a_connection_by_their_last_segment() {
        for (path, id) in [
            ("/api/authkit/connections/a-1", Some("a-1")),
            ("/api/authkit/connections/a-1/", Some("a-1")),
            ("/api/authkit/connections//", None),
            ("a", None),
            ("", None),
        ] {
            let found = ConnectionId::of_path(path).map(ConnectionId::as_str);
            assert_eq!(found, id, "{path}");
        }
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
