//! The settings of the source `session`: where the application says who is signed in, and what in its
//! answer is whom. `SESSION_PRESET` knows both for the products that people build theirs with.

use std::time::Duration;

use crate::caller::{Condition, Forwarded, Session, SessionUrl, SetCookie, TypeClaims};
use crate::config::Environment;
use crate::config::bindings::{Bindings, ConfigFault, Faults, origin};
use crate::config::jwt::claim_path;
use crate::http::cookie::CookieNames;
use crate::http::routes::Routes;
use crate::limits::{DEFAULT_SESSION_TIMEOUT, SESSION_TIMEOUT_RANGE_MS};
use crate::runtime::Service;

const URL: &str = "SESSION_URL";
const ORIGIN: &str = "SESSION_ORIGIN";
const COOKIES: &str = "SESSION_COOKIES";
const IDENTITY_PATH: &str = "SESSION_IDENTITY_PATH";

/// What a product's applications have in common. Each field is the default of the setting that is
/// named, and written like it.
pub(super) struct Preset {
    pub(super) name: &'static str,
    /// What follows `SESSION_ORIGIN` in `SESSION_URL`.
    resource: &'static str,
    /// `SESSION_COOKIES`: over https, and over http where it differs.
    cookies: &'static str,
    /// `SESSION_IDENTITY_PATH`
    identity: &'static str,
    /// `SESSION_ORGANIZATION_PATH`
    organization: Option<&'static str>,
    /// `SESSION_REQUIRE`
    require: &'static str,
    /// `SESSION_HEADERS`
    headers: &'static str,
}

impl Preset {
    /// One with what most do.
    const fn new(
        name: &'static str,
        resource: &'static str,
        cookies: &'static str,
        identity: &'static str,
    ) -> Self {
        Self {
            name,
            resource,
            cookies,
            identity,
            organization: None,
            require: "",
            headers: "",
        }
    }
}

/// By the sources of the products, mid-2026.
pub(super) const PRESETS: [Preset; 8] = [
    Preset {
        organization: Some("session.activeOrganizationId"),
        // Read only: nothing is written, and no cookie set. And past its cache, where a session that
        // was revoked lives on.
        ..Preset::new(
            "better-auth",
            "/api/auth/get-session?disableRefresh=true&disableCookieCache=true",
            "__Secure-better-auth.session_token,better-auth.session_token",
            "user.id",
        )
    },
    // By itself it tells no id. `user.id` is where its documentation has applications put it.
    Preset::new(
        "authjs",
        "/api/auth/session",
        "__Secure-authjs.session-token,authjs.session-token",
        "user.id",
    ),
    // Version 4.
    Preset::new(
        "nextauth",
        "/api/auth/session",
        "__Secure-next-auth.session-token,next-auth.session-token",
        "user.id",
    ),
    // Version 4.
    Preset {
        organization: Some("org_id"),
        ..Preset::new("auth0-nextjs", "/auth/profile", "__session", "sub")
    },
    Preset {
        require: "active=true",
        ..Preset::new(
            "kratos",
            "/sessions/whoami",
            "ory_kratos_session",
            "identity.id",
        )
    },
    Preset {
        require: "meta.is_authenticated=true",
        ..Preset::new(
            "allauth",
            "/_allauth/browser/v1/auth/session",
            "sessionid",
            "data.user.id",
        )
    },
    // Sanctum takes a session for one by these headers only. The cookie is named after the application.
    Preset {
        headers: "origin,referer",
        ..Preset::new(
            "laravel",
            "/api/user",
            "laravel-session,laravel_session",
            "id",
        )
    },
    Preset::new("nuxt", "/api/_auth/session", "nuxt-session", "user.id"),
];

// An isolate compiles a function when it first calls it; without `session` it need not do this one.
#[inline(never)]
pub(super) fn session(
    bindings: &Bindings<'_>,
    environment: Environment,
    routes: Option<&Routes>,
    faults: &mut Faults,
) -> Option<Session> {
    let mut settings = Settings {
        bindings,
        preset: None,
        faults,
    };
    settings.preset = settings.preset();
    let url = settings.url(environment, routes);
    let cookies = settings.cookies();
    let paths = settings.paths();
    let conditions = settings.conditions();
    let forwarded = settings.forwarded();
    let relays = bindings.choice(
        "SESSION_SET_COOKIE",
        "relay",
        &[("relay", true), ("drop", false)],
    );
    let relays = settings.faults.note(relays);
    let timeout = bindings.number("SESSION_TIMEOUT_MS", SESSION_TIMEOUT_RANGE_MS);
    let timeout = settings.faults.note(timeout);
    Some(Session {
        url: url?,
        cookies: cookies?,
        paths: paths?,
        conditions,
        forwarded,
        set_cookie: if relays? {
            SetCookie::Relay
        } else {
            SetCookie::Drop
        },
        timeout: timeout?.map_or(DEFAULT_SESSION_TIMEOUT, Duration::from_millis),
        service: bindings
            .has_service(Service::Session)
            .then_some(Service::Session),
    })
}

/// Notes a fault of each setting, so that all are known at once.
struct Settings<'a, 'b> {
    bindings: &'a Bindings<'b>,
    preset: Option<&'static Preset>,
    faults: &'a mut Faults,
}

impl Settings<'_, '_> {
    #[inline(never)]
    fn fault(&mut self, name: &'static str, advice: &str) {
        self.faults.push(ConfigFault::new(name, advice));
    }

    /// `SESSION_PRESET`; none for `custom`, nor where there is no such one.
    fn preset(&mut self) -> Option<&'static Preset> {
        const NAME: &str = "SESSION_PRESET";
        let name = self.bindings.get(NAME).filter(|name| name != "custom")?;
        let preset = PRESETS.iter().find(|preset| preset.name == name);
        if preset.is_none() {
            let advice = "must be `custom`, better-auth, authjs, nextauth, auth0-nextjs, kratos, \
                          allauth, laravel or nuxt";
            self.fault(NAME, advice);
        }
        preset
    }

    /// The entries of a setting, or of the preset.
    fn entries(&mut self, name: &'static str, default: &'static str) -> Vec<String> {
        let entries = self.bindings.list(name);
        let mut entries = self.faults.note(entries).unwrap_or_default();
        if entries.is_empty() && !default.is_empty() {
            entries.extend(default.split(',').map(str::to_owned));
        }
        entries
    }

    fn url(&mut self, environment: Environment, routes: Option<&Routes>) -> Option<SessionUrl> {
        let (url, own) = (self.bindings.get(URL), self.bindings.get(ORIGIN));
        let name = if url.is_some() { URL } else { ORIGIN };
        let (wrong, advice) = match (url.is_some(), own.is_some(), self.preset) {
            (true, false, _) | (false, true, Some(_)) => ("", ""),
            (true, true, _) => (
                ORIGIN,
                "has no meaning beside SESSION_URL: take one of them out",
            ),
            (false, true, None) => (
                ORIGIN,
                "has a meaning with SESSION_PRESET only: set SESSION_URL instead",
            ),
            (false, false, Some(_)) => (
                ORIGIN,
                "must be the origin of your application, such as https://app.example.com",
            ),
            (false, false, None) => (
                URL,
                "must be where your application says who is signed in, such as \
                 https://app.example.com/api/session",
            ),
        };
        if !wrong.is_empty() {
            self.fault(wrong, advice);
            return None;
        }
        let mut text = url.or(own)?;
        if let Some(preset) = self.preset.filter(|_| name == ORIGIN) {
            self.faults.note(origin(ORIGIN, &text))?;
            text.push_str(preset.resource);
        }
        let url = SessionUrl::parse(text);
        let advice = match &url {
            Some(url) if !url.is_secure() && environment != Environment::Development => {
                "must be an https:// URL (http://localhost in development)"
            }
            Some(url) if routes.is_some_and(|routes| routes.cover(url.target().path)) => {
                "leads to a path of this Worker, which would ask itself: it must be the \
                 application's"
            }
            Some(_) => return url,
            None => "must be an https:// URL with a plain path: no `%`, `//` or `..`, and no `#`",
        };
        self.fault(name, advice);
        None
    }

    fn cookies(&mut self) -> Option<CookieNames> {
        let default = self.preset.map_or("", |preset| preset.cookies);
        let names = CookieNames::parse(self.entries(COOKIES, default));
        if names.is_none() {
            let advice =
                "must be the names of the cookies that your application knows its users by";
            self.fault(COOKIES, advice);
        }
        names
    }

    fn paths(&mut self) -> Option<TypeClaims> {
        let user = self.preset.map(|preset| preset.identity);
        if user.is_none() && self.bindings.get(IDENTITY_PATH).is_none() {
            let advice = "must say where in the application's answer the user's id is, such as \
                          `user.id`: nobody can guess it";
            self.fault(IDENTITY_PATH, advice);
        }
        let organization = self.preset.and_then(|preset| preset.organization);
        let mut path = |name, default| claim_path(self.bindings, name, default, self.faults);
        let user = path(IDENTITY_PATH, user);
        let paths = [
            ("SESSION_ORGANIZATION_PATH", organization),
            ("SESSION_TEAM_PATH", None),
            ("SESSION_PROJECT_PATH", None),
        ];
        let [organization, team, project] = paths.map(|(name, default)| path(name, default));
        Some(TypeClaims {
            user: user?,
            organization,
            team,
            project,
        })
    }

    fn conditions(&mut self) -> Vec<Condition> {
        const NAME: &str = "SESSION_REQUIRE";
        let default = self.preset.map_or("", |preset| preset.require);
        let mut conditions = Vec::new();
        for text in self.entries(NAME, default) {
            if let Some(condition) = Condition::parse(&text) {
                conditions.push(condition);
            } else {
                let advice = "must be paths and what stands there, such as `active=true`, and no \
                              path to what users write, such as `name`";
                self.fault(NAME, advice);
            }
        }
        conditions
    }

    fn forwarded(&mut self) -> Vec<Forwarded> {
        const NAME: &str = "SESSION_HEADERS";
        let default = self.preset.map_or("", |preset| preset.headers);
        let mut headers = Vec::new();
        for text in self.entries(NAME, default) {
            let mut all = Forwarded::ALL.into_iter();
            if let Some(header) = all.find(|one| text.eq_ignore_ascii_case(one.as_str())) {
                headers.push(header);
            } else {
                let advice = "must be some of origin, referer, user-agent, accept-language";
                self.fault(NAME, advice);
            }
        }
        headers
    }
}
