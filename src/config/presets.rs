//! `JWT_PRESET`: the products that people sign in with, so that one value (and the name of the
//! application, where the product has one) is all there is to set.
//!
//! What varies by product is a row of `ROWS`, and a new product is a row. Nothing in a row is a default
//! that trusts more than it must: each names its algorithms and binds a token to this application. What
//! marks a token of a product that is no user's is a row of [`crate::jwt::persons`].

use crate::config::bindings::{Bindings, ConfigFault, must_be_one_of};
use crate::http::origin::Origin;
use crate::jwt::persons::Product;

use Shape::{Below, Guid, Host, Label, Name, Pool, Proxied};
use Wanted::{Client, Cognito, Known, Named, Party};

pub(super) const ISSUER: &str = "JWT_ISSUER";

const PRESET: &str = "JWT_PRESET";

/// A product: what its one value looks like, what binds its tokens to one application, whose marks they
/// have that only the configuration tells, and words, of which only those are there that it does not
/// share with most:
///
/// - `name`: in `JWT_PRESET`. Rows of one name are told apart by how the one value `begins`.
/// - `like`: an example of that value, for whoever has set another.
/// - `issuer` (`https://{}`); another one for each that it may be.
/// - `keys` (`/.well-known/jwks.json`): a URL, or a path below the first issuer.
/// - `algorithms` (`RS256`)
/// - `application`: its name in `aud`, where the one value says it, or the product has one for all.
/// - `user` (`sub`), `organization`: the claims that name them.
/// - `cookie`: one that holds a token; another one for each. The first that is there does.
/// - `format`: what the cookies hold if it is not the token itself: `supabase`.
/// - `own`: what of the issuers a domain of the customer's may stand for.
/// - `bars`: its users have `|` in their names.
/// - `nameless`: its tokens may come without `iss`.
///
/// `{}` stands for the value, and `{region}` for what of it is before `_`. Words, not fields, whose
/// addresses would take more of the Worker than their texts.
pub(super) struct Row(Shape, Wanted, Product, &'static str);

/// What the one value looks like.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Shape {
    /// Letters, digits, `-` and `_`.
    Name,
    /// The same, where upper case counts for nothing.
    Label,
    /// The same, with a region in front of a `_`.
    Pool,
    /// What Microsoft calls a tenant id. The name of a tenant, or `common`, is in no token.
    Guid,
    /// A host, perhaps with a port.
    Host,
    /// The same, and perhaps a path.
    Proxied,
    /// The same, and a path.
    Below,
}

/// What binds a product's tokens to one application.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Wanted {
    /// The application's name, unless `JWT_AUDIENCE` says another.
    Known,
    /// `JWT_AUDIENCE`.
    Named,
    /// `JWT_AUDIENCE`, in the claim that Cognito uses.
    Cognito,
    /// `JWT_AZP`.
    Party,
    /// The keys are this application's alone; its name is in `aud` and `client_id`, if in any.
    Client,
}

#[rustfmt::skip] // A table is read by its columns.
const ROWS: &[Row] = &[
    // https://clerk.com/docs/guides/sessions/session-tokens. With a `proxyUrl`, that is the issuer, and
    // the keys are behind the proxy, too.
    Row(Proxied, Party, Product::Clerk,
        "name=clerk like=clerk.example.com organization=o.id cookie=__session"),
    // https://supabase.com/docs/guides/auth/jwts. The cookie: github.com/supabase/ssr, src/cookies.ts.
    Row(Label, Known, Product::Supabase,
        "name=supabase like=abcdefghijklmnopqrst issuer=https://{}.supabase.co/auth/v1 \
         algorithms=ES256,RS256 application=authenticated cookie=sb-{}-auth-token format=supabase \
         own=https://{}.supabase.co"),
    // https://auth0.com/docs/secure/tokens/access-tokens/access-token-profiles
    Row(Host, Named, Product::Any,
        "name=auth0 like=tenant.eu.auth0.com issuer=https://{}/ organization=org_id bars="),
    // https://firebase.google.com/docs/auth/admin/verify-id-tokens
    Row(Name, Known, Product::Any,
        "name=firebase like=my-project issuer=https://securetoken.google.com/{} \
         keys=https://www.googleapis.com/service_accounts/v1/jwk/securetoken@system.gserviceaccount.com \
         application={} organization=firebase.tenant"),
    // https://firebase.google.com/docs/auth/admin/manage-cookies; the keys:
    // https://docs.cloud.google.com/identity-platform/docs/reference/rest/v1/TopLevel/getSessionCookiePublicKeys
    // Firebase Hosting lets `__session` through and no other cookie.
    Row(Name, Known, Product::Any,
        "name=firebase-session like=my-project issuer=https://session.firebase.google.com/{} \
         keys=https://identitytoolkit.googleapis.com/v1/sessionCookiePublicKeys \
         application={} organization=firebase.tenant cookie=__session cookie=session"),
    // https://workos.com/docs/reference/authkit/session-tokens. Its reference and its guide disagree
    // about the slash.
    Row(Name, Client, Product::Any,
        "name=workos like=client_01ABC issuer=https://api.workos.com issuer=https://api.workos.com/ \
         issuer=https://api.workos.com/user_management/{} keys=https://api.workos.com/sso/jwks/{} \
         application={} organization=org_id own=https://api.workos.com"),
    // https://docs.aws.amazon.com/cognito/latest/developerguide/amazon-cognito-user-pools-using-tokens-verifying-a-jwt.html
    Row(Pool, Cognito, Product::Any,
        "name=cognito like=eu-west-1_AbCdEf issuer=https://cognito-idp.{region}.amazonaws.com/{}"),
    // https://www.better-auth.com/docs/plugins/jwt: both `iss` and `aud` are its BASE_URL.
    Row(Host, Known, Product::BetterAuth,
        "name=better-auth like=app.example.com keys=/api/auth/jwks algorithms=EdDSA \
         application=https://{}"),
    // https://www.keycloak.org/securing-apps/oidc-layers. Whoever asks, `aud` is its own `account` (or is
    // not there, for a user without roles), so it is `azp` that tells clients apart.
    Row(Below, Party, Product::Any,
        "name=keycloak like=id.example.com/realms/my-realm keys=/protocol/openid-connect/certs \
         application=account"),
    // https://developer.okta.com/docs/guides/validate-access-tokens: `sub` is what the user signs in
    // with, and can change. Tokens of the org's own authorization server are not for others to verify.
    Row(Below, Named, Product::Any,
        "name=okta like=my-org.okta.com/oauth2/default keys=/v1/keys user=uid"),
    // https://learn.microsoft.com/en-us/entra/identity-platform/access-token-claims-reference: `sub` is
    // another one in each application, and `oid` the same in all of a tenant.
    Row(Guid, Named, Product::Any,
        "name=entra like=9188040d-6c67-4c5b-b112-36a304b66dad \
         issuer=https://login.microsoftonline.com/{}/v2.0 \
         keys=https://login.microsoftonline.com/{}/discovery/v2.0/keys user=oid organization=tid"),
    // https://docs.kinde.com/build/tokens/verifying-json-web-tokens; the cookie:
    // github.com/kinde-oss/kinde-auth-nextjs, src/session/sessionManager.js
    Row(Host, Named, Product::Any,
        "name=kinde like=my-business.kinde.com keys=/.well-known/jwks organization=org_code \
         cookie=access_token"),
    // https://docs.logto.io/authorization/validate-access-tokens
    Row(Host, Named, Product::Any,
        "name=logto like=my-tenant.logto.app issuer=https://{}/oidc keys=/jwks \
         algorithms=ES384,RS256 organization=organization_id"),
    // https://stytch.com/docs/api-reference/consumer/api/sessions/get-jwks; `iss` and `aud`:
    // github.com/stytchauth/stytch-node, lib/shared/sessions.ts
    Row(Name, Known, Product::Stytch,
        "name=stytch begins=project-live- like=project-live-c60c0abe issuer=stytch.com/{} \
         keys=https://api.stytch.com/v1/sessions/jwks/{} application={} \
         cookie=stytch_session_jwt own=stytch.com/{}"),
    Row(Name, Known, Product::Stytch,
        "name=stytch begins=project-test- issuer=stytch.com/{} \
         keys=https://test.stytch.com/v1/sessions/jwks/{} application={} \
         cookie=stytch_session_jwt own=stytch.com/{}"),
    // The users of companies.
    Row(Name, Known, Product::Stytch,
        "name=stytch-b2b begins=project-live- like=project-live-c60c0abe issuer=stytch.com/{} \
         keys=https://api.stytch.com/v1/b2b/sessions/jwks/{} application={} \
         organization=https://stytch.com/organization.organization_id \
         cookie=stytch_session_jwt own=stytch.com/{}"),
    Row(Name, Known, Product::Stytch,
        "name=stytch-b2b begins=project-test- issuer=stytch.com/{} \
         keys=https://test.stytch.com/v1/b2b/sessions/jwks/{} application={} \
         organization=https://stytch.com/organization.organization_id \
         cookie=stytch_session_jwt own=stytch.com/{}"),
    // https://docs.descope.com/session-overview. What `iss` is, a JWT template says.
    Row(Name, Client, Product::Descope,
        "name=descope like=P2abcDEF issuer={} issuer=https://api.descope.com/{} \
         keys=https://api.descope.com/v2/keys/{} application={} organization=dct cookie=DS"),
    // https://zitadel.com/docs/apis/openidoauth/claims
    Row(Host, Named, Product::Any,
        "name=zitadel like=my-instance.zitadel.cloud keys=/oauth/v2/keys \
         algorithms=RS256,ES256,EdDSA organization=urn:zitadel:iam:user:resourceowner:id"),
    // https://docs.stack-auth.com/docs/concepts/jwt
    Row(Name, Known, Product::Any,
        "name=stack like=6fbbf22e-f4b2-4c6e-95a1-beab6fa41063 \
         issuer=https://api.stack-auth.com/api/v1/projects/{} algorithms=ES256 application={} \
         organization=selected_team_id"),
    // https://docs.hanko.io/guides/session-management. Each project has its own keys, and writes an `iss`
    // only where one is configured: github.com/teamhanko/hanko, backend/session.
    Row(Host, Named, Product::Hanko,
        "name=hanko like=f4e8b1a6.hanko.io cookie=hanko nameless="),
    // https://supertokens.com/docs/additional-verification/session-verification/protect-api-routes/manual-jwt-verification
    // `iss`: github.com/supertokens/supertokens-node, lib/ts/recipe/session. No token has an `aud`.
    Row(Below, Client, Product::SuperTokens,
        "name=supertokens like=api.example.com/auth keys=/jwt/jwks.json cookie=sAccessToken"),
    // https://fusionauth.io/docs/lifecycle/authenticate-users/oauth/tokens; the cookie:
    // https://fusionauth.io/docs/apis/hosted-backend
    Row(Host, Named, Product::Any,
        "name=fusionauth like=auth.example.com algorithms=RS256,ES256 cookie=app.at"),
];

/// What a preset makes of its one value.
pub(super) struct Facts {
    row: &'static Row,
    value: String,
    pub(super) issuers: Vec<String>,
    pub(super) cookies: Vec<String>,
}

/// What the preset that is configured makes of `JWT_ISSUER`; `None` for a custom issuer.
pub(super) fn facts(bindings: &Bindings<'_>) -> Result<Option<Facts>, ConfigFault> {
    let Some(name) = bindings.get(PRESET).filter(|name| name != "custom") else {
        return Ok(None);
    };
    let mut rows = ROWS.iter().filter(|row| row.word("name") == Some(&*name));
    let Some(first) = rows.clone().next() else {
        let examples = ROWS.iter().filter(|row| row.word("like").is_some());
        let names = examples.filter_map(|row| row.word("name"));
        return Err(must_be_one_of(
            PRESET,
            &mut ["custom"].into_iter().chain(names),
        ));
    };
    let like = first.word("like").unwrap_or_default();
    let fault = || {
        let advice = format!("must be written like {like} for this JWT_PRESET");
        ConfigFault::new(ISSUER, advice)
    };
    let text = bindings.get(ISSUER).ok_or_else(fault)?;
    let begins = |row: &&Row| text.starts_with(row.word("begins").unwrap_or_default());
    let row = rows.find(begins).ok_or_else(fault)?;
    let value = row.0.read(&text).ok_or_else(fault)?;
    let mut facts = Facts {
        row,
        value,
        issuers: Vec::new(),
        cookies: Vec::new(),
    };
    facts.cookies = facts.all("cookie");
    facts.issuers = facts.all("issuer");
    if facts.issuers.is_empty() {
        facts.issuers.push(facts.fill("https://{}"));
    }
    Ok(Some(facts))
}

impl Row {
    fn words(&self, name: &str) -> impl Iterator<Item = &'static str> {
        let words = self.3.split(' ').filter_map(|word| word.split_once('='));
        words.filter_map(move |(known, text)| (known == name).then_some(text))
    }

    fn word(&self, name: &str) -> Option<&'static str> {
        self.words(name).next()
    }
}

impl Facts {
    /// What binds its tokens to one application.
    pub(super) fn wanted(&self) -> Wanted {
        self.row.1
    }

    /// Whose marks its tokens have.
    pub(super) fn product(&self) -> Product {
        self.row.2
    }

    /// The text of a word of [`Row`].
    pub(super) fn word(&self, name: &str) -> Option<&'static str> {
        self.row.word(name)
    }

    /// The texts of all words of that name, with the value in them.
    fn all(&self, name: &str) -> Vec<String> {
        self.row.words(name).map(|text| self.fill(text)).collect()
    }

    /// Where its keys are.
    pub(super) fn keys_url(&self) -> String {
        let keys = self.word("keys").unwrap_or("/.well-known/jwks.json");
        let mut url = self.fill(keys);
        if url.starts_with('/') {
            let first = self.issuers.first().map(String::as_str).unwrap_or_default();
            url.insert_str(0, first.trim_end_matches('/'));
        }
        url
    }

    /// A text with the value in it.
    pub(super) fn fill(&self, text: &str) -> String {
        let (region, _) = self.value.split_once('_').unwrap_or_default();
        text.replace("{region}", region).replace("{}", &self.value)
    }
}

/// `JWT_CUSTOM_DOMAIN`: the product's issuers are also below a domain of the customer's. Its keys are
/// where they were, and sign for nobody else.
pub(super) fn add_domain(
    facts: Option<&mut Facts>,
    bindings: &Bindings<'_>,
) -> Result<(), ConfigFault> {
    const NAME: &str = "JWT_CUSTOM_DOMAIN";
    let Some(domain) = bindings.get(NAME) else {
        return Ok(());
    };
    let Some((own, facts)) = facts.and_then(|facts| Some((facts.word("own")?, facts))) else {
        let advice =
            "is only for the presets supabase, workos and stytch: with others, use JWT_ISSUER";
        return Err(ConfigFault::new(NAME, advice));
    };
    let fault = |_| ConfigFault::new(NAME, "must be a domain, such as auth.example.com");
    let origin = Origin::parse(&format!("https://{domain}")).map_err(fault)?;
    let own = facts.fill(own);
    for issuer in facts.issuers.clone() {
        facts.issuers.push(issuer.replace(&own, origin.as_str()));
    }
    // Supabase's library names its cookie after the host that it was given, which may be either.
    let label = domain.split('.').next().unwrap_or_default();
    for name in facts.row.words("cookie") {
        if name.contains("{}") {
            facts.cookies.insert(0, name.replace("{}", label));
        }
    }
    Ok(())
}

impl Shape {
    /// The value of a text of this shape, written as it is in issuers.
    fn read(self, text: &str) -> Option<String> {
        let plain = |text: &str| {
            let allowed = |byte: u8| byte.is_ascii_alphanumeric() || b"-_".contains(&byte);
            text.bytes().all(allowed)
        };
        let fits = match self {
            Name | Label => plain(text),
            Pool => plain(text) && text.contains('_'),
            Guid => {
                text.len() == 36
                    && text
                        .bytes()
                        .all(|byte| byte.is_ascii_hexdigit() || byte == b'-')
            }
            Host | Proxied | Below => {
                let (host, path) = text.split_at(text.find('/').unwrap_or(text.len()));
                let origin = Origin::parse(&format!("https://{host}")).ok()?;
                let wanted = self == Proxied || path.is_empty() == (self == Host);
                let fits = wanted
                    && !path.ends_with('/')
                    && !path.contains("//")
                    && plain(&path.replace('/', ""));
                let host = origin.as_str().strip_prefix("https://")?;
                return fits.then(|| format!("{host}{path}"));
            }
        };
        let lower = matches!(self, Label | Guid);
        fits.then(|| {
            if lower {
                text.to_ascii_lowercase()
            } else {
                text.to_owned()
            }
        })
    }
}
