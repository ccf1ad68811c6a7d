//! Tokens that verify, and stand for no signed-in person.
//!
//! An issuer signs more than sessions with the same keys: API keys, programs' tokens, refresh
//! tokens, sign-ins that are not complete, guests who never signed in. Each of them has somebody's
//! signature and often a `sub`, so each is refused by name. What a vendor writes is a row of
//! `ROWS`; the rows hold for every configuration, since a custom one may point at any vendor.

use crate::json::{Object, Value};

use Acceptable::{Anonymous, Programs};
use Nobody::{OtherClient, OtherKind, Pending, Role, Unaccepted};
use Test::{Begins, Ends, Equals, Is, IsNot, Missing, There};

/// What stands for no person.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Nobody {
    /// What an owner may want all the same, and has not said so.
    Unaccepted(Acceptable),
    /// An API key of the project, or a role that no signed-in user has.
    Role,
    /// A sign-in that is not complete.
    Pending,
    /// A user's token in the hands of somebody else's application.
    OtherClient,
    /// A refresh token, a logout token, or another kind that is no session.
    OtherKind,
}

/// What `JWT_ACCEPT` may name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Acceptable {
    /// Users who never signed in.
    Anonymous,
    /// Programs with credentials of their own.
    Programs,
}

/// `JWT_ACCEPT`: what is accepted, each at most once.
pub type Accepted = [Option<Acceptable>; 2];

/// Products whose tokens do not always say whose they are, so that the configuration has to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Product {
    /// None that matters here.
    Any,
    /// Cloudflare Access.
    Access,
    /// Clerk.
    Clerk,
    /// Supabase.
    Supabase,
    /// Better Auth.
    BetterAuth,
    /// Stytch.
    Stytch,
    /// Descope.
    Descope,
    /// Hanko.
    Hanko,
    /// `SuperTokens`.
    SuperTokens,
}

/// One way in which a vendor marks a token. It matches when every clause holds.
struct Row(Nobody, Option<Product>, &'static [Clause]);

/// Some claims, what one of them must be, and the texts that it is compared with. The claims and the
/// texts have spaces between; the way to a claim inside of another has `>`.
///
/// Not lists, whose addresses would take more of the Worker than their texts.
#[derive(Clone, Copy)]
struct Clause(&'static str, Test, &'static str);

/// What a claim must be. A list, or an object, is whatever it has inside.
#[derive(Clone, Copy)]
enum Test {
    /// One of the texts, in whichever case.
    Is,
    /// Not the text, or not there.
    IsNot,
    /// It begins with one of the texts.
    Begins,
    /// It ends with one of the texts.
    Ends,
    /// The claim of one of those names has the same text.
    Equals,
    /// One of the claims is there with anything in it.
    There,
    /// None of the claims is there with anything in it.
    Missing,
}

const ANONYMOUS: Nobody = Unaccepted(Anonymous);
const PROGRAM: Nobody = Unaccepted(Programs);

/// Issuers of Firebase's ID tokens and session cookies.
/// <https://firebase.google.com/docs/auth/admin/verify-id-tokens>
pub const FIREBASE_ISSUERS: [&str; 2] = [
    "https://securetoken.google.com/",
    "https://session.firebase.google.com/",
];

#[rustfmt::skip] // A table is read by its columns.
const ROWS: &[Row] = &[
    // Supabase: the public key `anon`, the key of everything, and the roles of its own services.
    // https://supabase.com/docs/guides/auth/jwt-fields, /docs/guides/database/postgres/roles
    Row(Role, None, &[Clause("role", Is, "anon service_role")]),
    Row(Role, None, &[Clause("role", Begins, "supabase_")]),
    Row(Role, Some(Product::Supabase), &[Clause("role", IsNot, "authenticated")]),

    // Supabase, Stack Auth `is_anonymous`; Better Auth `isAnonymous`.
    // https://supabase.com/docs/guides/auth/auth-anonymous
    // https://docs.stack-auth.com/docs/concepts/jwt
    // https://www.better-auth.com/docs/plugins/anonymous
    Row(ANONYMOUS, None, &[Clause("is_anonymous isAnonymous anonymous", Is, "true 1")]),
    // Firebase `firebase.sign_in_provider` and, in older tokens, `provider_id`; others `provider`.
    // https://firebase.google.com/docs/rules/rules-and-auth#leverage_user_information_in_rules
    // Cognito identity pools: `amr`.
    // https://docs.aws.amazon.com/cognito/latest/developerguide/role-based-access-control.html
    Row(ANONYMOUS, None, &[Clause(
        "firebase>sign_in_provider provider_id provider app_metadata>provider amr",
        Is, "anonymous unauthenticated",
    )]),
    // Nhost: https://docs.nhost.io/products/auth/overview (permission variables)
    Row(ANONYMOUS, None, &[Clause(
        "https://hasura.io/jwt/claims>x-hasura-user-is-anonymous", Is, "true 1",
    )]),
    // The role of PostgREST for those who did not sign in.
    // https://postgrest.org/en/stable/references/auth.html
    Row(ANONYMOUS, None, &[Clause("role sub", Is, "anonymous web_anon")]),
    // Auth0's anonymous sessions: https://auth0.github.io/auth0-spa-js (AnonymousSessionClaims)
    Row(ANONYMOUS, None, &[Clause("sub", Begins, "anon@")]),

    // Clerk: https://clerk.com/docs/guides/sessions/session-tokens (`sts`)
    Row(Pending, None, &[Clause("sts", Is, "pending")]),
    // Stack Auth: https://docs.stack-auth.com/docs/concepts/jwt (`is_restricted`)
    Row(Pending, None, &[Clause("is_restricted isRestricted", Is, "true 1")]),
    // SuperTokens, before the second factor: https://supertokens.com/docs/additional-verification/mfa
    Row(Pending, None, &[Clause("st-mfa>v", Is, "false")]),

    // Supabase as an OAuth server: https://supabase.com/docs/guides/auth/oauth-server/token-security
    Row(OtherClient, Some(Product::Supabase), &[Clause("client_id", There, "")]),
    Row(OtherClient, None, &[Clause("client_id", There, ""), Clause("iss", Ends, "/auth/v1")]),
    // Clerk as one: https://clerk.com/docs/guides/configure/auth-strategies/oauth/verify-oauth-tokens
    Row(OtherClient, Some(Product::Clerk), &[Clause("client_id", There, "")]),
    Row(OtherClient, None, &[
        Clause("client_id", There, ""), Clause("iss", Ends, ".clerk.accounts.dev"),
    ]),
    Row(OtherClient, None, &[Clause("client_id", There, ""), Clause("jti", Begins, "oat_")]),
    // Stytch as one: https://stytch.com/docs/b2b/api/connected-app-access-token
    Row(OtherClient, None, &[Clause("client_id", Begins, "connected-app-")]),
    // Better Auth as one, which signs its clients' tokens like its own users':
    // github.com/better-auth/better-auth, packages/oauth-provider/src/token.ts
    Row(OtherClient, Some(Product::BetterAuth), &[Clause("azp", There, "")]),

    // Auth0, FusionAuth, Kinde `gty`, a text or a list.
    // https://auth0.com/docs/get-started/authentication-and-authorization-flow/client-credentials-flow
    // https://fusionauth.io/docs/lifecycle/authenticate-users/oauth/tokens
    // https://docs.kinde.com/machine-to-machine-applications/about-m2m/token-structure-and-claims-for-m2m-applications
    Row(PROGRAM, None, &[Clause(
        "gty grant_type grantType",
        Is, "client-credentials client_credentials clientCredentials",
    )]),
    // Auth0's clients, and Google's service accounts.
    // https://cloud.google.com/iam/docs/service-account-types
    Row(PROGRAM, None, &[Clause("sub email", Ends, "@clients .gserviceaccount.com")]),
    // Keycloak, Kubernetes, SPIFFE, Stytch.
    // https://www.keycloak.org/docs/latest/server_admin/#_service_accounts
    // https://kubernetes.io/docs/reference/access-authn-authz/service-accounts-admin
    // https://spiffe.io/docs/latest/spiffe-about/spiffe-concepts
    // https://stytch.com/docs/api-reference/b2b/api/m2m/overview
    Row(PROGRAM, None, &[Clause(
        "preferred_username sub",
        Begins, "service-account- system:serviceaccount: spiffe:// m2m-client-",
    )]),
    // Keycloak's scope `service_account`: https://www.keycloak.org/docs/latest/server_admin/#_service_accounts
    Row(PROGRAM, None, &[Clause("clientHost clientAddress", There, "")]),
    // Descope's access keys, which get tokens of the form that sessions have.
    // https://docs.descope.com/manage/accesskeys
    Row(PROGRAM, None, &[Clause("sub", Begins, "K2 K3"), Clause("drn", There, "")]),
    // Oracle's identity domains say of whom `sub` is.
    // https://docs.oracle.com/en-us/iaas/Content/Identity/api-getstarted/AccessToken.htm
    Row(PROGRAM, None, &[Clause("sub_type", Is, "client")]),
    // ForgeRock and PingAM: agents, beside `(usr!…)`.
    // https://docs.pingidentity.com/pingam/8/oauth2-guide/oauth2-client-grant.html
    Row(PROGRAM, None, &[Clause("sub subname", Begins, "(age!")]),
    // authentik: https://docs.goauthentik.io/add-secure-apps/providers/oauth2/client_credentials
    Row(PROGRAM, None, &[Clause("preferred_username", Ends, "-client_credentials")]),
    // Clerk's machines: https://clerk.com/docs/guides/development/machine-auth/m2m-tokens
    Row(PROGRAM, Some(Product::Clerk), &[Clause("sub", Begins, "mch_")]),
    Row(PROGRAM, None, &[Clause("sub", Begins, "mch_"), Clause("jti", Begins, "mt_")]),
    // RFC 9068 §2.2: where no person is involved, `sub` names the client. (Cognito, Hydra, Logto,
    // Okta `cid`, Entra and AD FS `appid`, WorkOS; RFC 7523 §3 `iss`.) A client may also be the
    // audience, and no person is.
    Row(PROGRAM, None, &[Clause("sub", Equals, "client_id clientId cid appid app_id azp iss aud")]),
    // Duende, Ping: no `sub` at all, whatever claim names the user here.
    // https://docs.duendesoftware.com/identityserver/tokens/requesting
    Row(PROGRAM, None, &[Clause("sub", Missing, ""), Clause("client_id cid appid", There, "")]),
    // Okta, whatever its `sub` was made: a token for a user has a `uid`, and access tokens, of which it
    // says so in `jti`, are all that has `cid`.
    // https://developer.okta.com/docs/api/openapi/okta-oauth/guides/overview/#access-token-scopes-and-claims
    Row(PROGRAM, None, &[
        Clause("jti", Begins, "AT."), Clause("cid", There, ""), Clause("uid", Missing, ""),
    ]),
    // Cognito: https://docs.aws.amazon.com/cognito/latest/developerguide/amazon-cognito-user-pools-using-the-access-token.html
    Row(PROGRAM, None, &[Clause("token_use", Is, "access"), Clause("username", Missing, "")]),
    // Entra: https://learn.microsoft.com/en-us/entra/identity-platform/optional-claims-reference
    Row(PROGRAM, None, &[Clause("idtyp", Is, "app device")]),
    // Entra without the optional `idtyp`: an access token (only those have `azp` or `appid`) has a
    // `scp` where there is a user. Azure AD B2C (`tfp`, formerly `acr`) is another matter.
    // https://learn.microsoft.com/en-us/entra/identity-platform/access-token-claims-reference
    Row(PROGRAM, None, &[
        Clause("ver", Is, "1.0 2.0"), Clause("tid", There, ""), Clause("azp appid", There, ""),
        Clause("scp tfp acr", Missing, ""),
    ]),
    // The same, with what Microsoft's own samples ask: a user's `sub` is made for one application
    // and is never the `oid`. That of B2C is.
    Row(PROGRAM, None, &[
        Clause("ver", Is, "1.0 2.0"), Clause("tid", There, ""), Clause("oid", Equals, "sub"),
        Clause("tfp acr", Missing, ""),
    ]),
    // Frontegg `type`, Casdoor `type`: application; and what others call the same.
    // https://developers.frontegg.com/guides/authentication/entities-tokens
    Row(PROGRAM, None, &[Clause(
        "type typ token_type tokenType user_type userType sub_type",
        Is, "application client_credentials machine m2m service_account service-account \
             tenantApiToken tenantAccessToken userApiToken userAccessToken",
    )]),
    // Descope: https://docs.descope.com/project-settings/jwt-templates (`drn`)
    Row(OtherKind, None, &[Clause("drn", Is, "DSR")]),
    Row(OtherKind, Some(Product::Descope), &[Clause("drn", IsNot, "DS")]),
    // What a session's token has, and no other that is signed with the same keys.
    // Stytch: github.com/stytchauth/stytch-node, lib/shared/sessions.ts
    Row(OtherKind, Some(Product::Stytch), &[Clause("https://stytch.com/session", Missing, "")]),
    // Hanko, whose web hooks are signed, too: https://docs.hanko.io/guides/session-management
    Row(OtherKind, Some(Product::Hanko), &[Clause("session_id", Missing, "")]),
    // SuperTokens, which signs what the application likes, and as an OAuth server:
    // github.com/supertokens/supertokens-node, lib/ts/recipe/session/accessToken.ts
    Row(OtherKind, Some(Product::SuperTokens), &[Clause("sessionHandle", Missing, "")]),
    // Keycloak `typ`, django-rest-framework-simplejwt `token_type`, Flask-JWT-Extended `type`.
    // https://django-rest-framework-simplejwt.readthedocs.io
    // https://flask-jwt-extended.readthedocs.io
    Row(OtherKind, None, &[Clause(
        "typ type token_type tokenType token_use use", Is, "refresh refresh_token offline logout",
    )]),
    // OpenID Connect Back-Channel Logout §2.4: it has the audience and the `sub` of a session.
    Row(OtherKind, None, &[Clause(
        "events>http://schemas.openid.net/event/backchannel-logout", There, "",
    )]),
    // Cloudflare Access: the token for the team's domain is of type `org`.
    // https://developers.cloudflare.com/cloudflare-one/access-controls/applications/http-apps/authorization-cookie
    Row(OtherKind, Some(Product::Access), &[Clause("type", IsNot, "app")]),
    Row(OtherKind, None, &[
        Clause("iss", Ends, ".cloudflareaccess.com"), Clause("type", IsNot, "app"),
    ]),
];

/// Refuses claims that stand for no person, unless for one that is accepted.
///
/// # Errors
/// What they stand for.
pub fn check(claims: &Object, product: Product, accepted: Accepted) -> Result<(), Nobody> {
    let mut rows = ROWS.iter();
    let nobody = rows.find_map(|row| matched(row, claims, product, accepted));
    nobody.map_or(Ok(()), Err)
}

fn matched(
    Row(nobody, of, clauses): &Row,
    claims: &Object,
    product: Product,
    accepted: Accepted,
) -> Option<Nobody> {
    let wanted = matches!(nobody, Unaccepted(who) if accepted.contains(&Some(*who)));
    let applies = !wanted && of.is_none_or(|of| of == product);
    (applies && clauses.iter().all(|clause| holds(clause, claims))).then_some(*nobody)
}

fn holds(Clause(names, test, texts): &Clause, claims: &Object) -> bool {
    let is_wanted = |text: &str| {
        texts.split(' ').any(|word| match test {
            Begins => text.starts_with(word),
            Ends => text.ends_with(word),
            Equals => !text.is_empty() && has_text(find(claims, word), &|other| other == text),
            Is | IsNot | There | Missing => text.eq_ignore_ascii_case(word),
        })
    };
    let found = names.split(' ').any(|name| {
        let value = find(claims, name);
        match test {
            There | Missing => !value.is_none_or(Value::is_empty),
            IsNot => value.and_then(Value::as_str) == Some(*texts),
            Is | Begins | Ends | Equals => has_text(value, &is_wanted),
        }
    });
    found != matches!(test, IsNot | Missing)
}

fn find<'a>(claims: &'a Object, way: &str) -> Option<&'a Value> {
    let mut names = way.split('>');
    let first = claims.get(names.next()?)?;
    names.try_fold(first, |value, name| value.as_object()?.get(name))
}

/// Whether a value, or one that it has inside, is a text of that kind. A whole number is its digits, as
/// it is where it names somebody, and a flag the text of its value; 1 is how some write one.
fn has_text(value: Option<&Value>, wanted: &dyn Fn(&str) -> bool) -> bool {
    match value {
        Some(Value::String(text)) => wanted(text),
        Some(Value::Bool(flag)) => wanted(if *flag { "true" } else { "false" }),
        Some(Value::Integer(number)) => wanted(&number.to_string()),
        Some(Value::Number(number)) => number.to_bits() == 1_f64.to_bits() && wanted("1"),
        Some(Value::Array(list)) => list.iter().any(|value| has_text(Some(value), wanted)),
        Some(Value::Object(object)) => object
            .members()
            .any(|(_, value)| has_text(Some(value), wanted)),
        Some(Value::Null) | None => false,
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::proptest;
    use proptest::sample::select;
    use serde_json::Value;

    use super::{
        ANONYMOUS, Acceptable, Accepted, Clause, Missing, Nobody, OtherClient, OtherKind, PROGRAM,
        Pending, Product, ROWS, Role, Row, There, check, matched,
    };
    use crate::json::Object;

    use Product::{Access, Any, Clerk, Supabase};

    const PERSONS: Accepted = [None; 2];

    /// What vendors sign that is no session, and of whom.
    #[rustfmt::skip]
    const NOBODY: &[(Nobody, Product, &str)] = &[
        (Role, Any, r#"{"role": "anon"}"#),
        (Role, Any, r#"{"role": "service_role"}"#),
        (Role, Any, r#"{"role": ["user", "service_role"]}"#),
        (Role, Any, r#"{"role": "supabase_admin"}"#),
        (Role, Any, r#"{"role": "supabase_auth_admin"}"#),
        (Role, Supabase, r#"{"role": "dashboard_user"}"#),
        (Role, Supabase, r#"{"role": "Authenticated"}"#),
        (Role, Supabase, r#"{"role": ["authenticated"]}"#),
        (Role, Supabase, r#"{"role": ""}"#),
        (Role, Supabase, r#"{"role": null}"#),
        (Role, Supabase, r#"{"sub": "ada"}"#),
        (ANONYMOUS, Any, r#"{"is_anonymous": true, "role": "authenticated"}"#),
        (ANONYMOUS, Any, r#"{"is_anonymous": "true"}"#),
        (ANONYMOUS, Any, r#"{"is_anonymous": 1}"#),
        (ANONYMOUS, Any, r#"{"isAnonymous": true}"#),
        (ANONYMOUS, Any, r#"{"anonymous": true}"#),
        (ANONYMOUS, Any, r#"{"firebase": {"sign_in_provider": "anonymous", "identities": {}}}"#),
        (ANONYMOUS, Any, r#"{"provider_id": "anonymous"}"#),
        (ANONYMOUS, Any, r#"{"provider": "anonymous"}"#),
        (ANONYMOUS, Any, r#"{"app_metadata": {"provider": "anonymous"}}"#),
        (ANONYMOUS, Any, r#"{"amr": ["unauthenticated"]}"#),
        (ANONYMOUS, Any, r#"{"amr": [{"method": "anonymous", "timestamp": 1}]}"#),
        (ANONYMOUS, Any, r#"{"https://hasura.io/jwt/claims": {"x-hasura-user-is-anonymous": "true"}}"#),
        (ANONYMOUS, Any, r#"{"https://hasura.io/jwt/claims": {"x-hasura-user-is-anonymous": 1}}"#),
        (ANONYMOUS, Any, r#"{"role": "anonymous"}"#),
        (ANONYMOUS, Any, r#"{"role": "web_anon"}"#),
        (ANONYMOUS, Any, r#"{"sub": "anonymous"}"#),
        (ANONYMOUS, Any, r#"{"sub": "anon@6f1c"}"#),
        (Pending, Any, r#"{"sts": "pending"}"#),
        (Pending, Clerk, r#"{"sts": "pending"}"#),
        (Pending, Any, r#"{"is_restricted": true}"#),
        (Pending, Any, r#"{"is_restricted": 1}"#),
        (Pending, Any, r#"{"isRestricted": true}"#),
        (Pending, Any, r#"{"st-mfa": {"c": {}, "v": false}}"#),
        (OtherClient, Supabase, r#"{"role": "authenticated", "client_id": "9a8b"}"#),
        (OtherClient, Supabase, r#"{"role": "authenticated", "client_id": 7}"#),
        (OtherClient, Any, r#"{"client_id": "9a8b", "iss": "https://r.supabase.co/auth/v1"}"#),
        (OtherClient, Clerk, r#"{"sub": "user_1", "client_id": "c1"}"#),
        (OtherClient, Any, r#"{"client_id": "c1", "iss": "https://a-1.clerk.accounts.dev"}"#),
        (OtherClient, Any, r#"{"client_id": "c1", "jti": "oat_1"}"#),
        (PROGRAM, Any, r#"{"gty": "client-credentials"}"#),
        (PROGRAM, Any, r#"{"gty": ["client_credentials"]}"#),
        (PROGRAM, Any, r#"{"gty": ["x", "CLIENT_CREDENTIALS"]}"#),
        (PROGRAM, Any, r#"{"grant_type": "client_credentials"}"#),
        (PROGRAM, Any, r#"{"grantType": "clientCredentials"}"#),
        (PROGRAM, Any, r#"{"sub": "abc@clients"}"#),
        (PROGRAM, Any, r#"{"sub": "x@p.iam.gserviceaccount.com"}"#),
        (PROGRAM, Any, r#"{"email": "1-compute@developer.gserviceaccount.com"}"#),
        (PROGRAM, Any, r#"{"preferred_username": "service-account-batch", "sub": "6f1c"}"#),
        (PROGRAM, Any, r#"{"sub": "system:serviceaccount:default:batch"}"#),
        (PROGRAM, Any, r#"{"sub": "spiffe://example.org/batch"}"#),
        (PROGRAM, Any, r#"{"sub": "m2m-client-live-1"}"#),
        (PROGRAM, Any, r#"{"clientHost": "10.0.0.1", "sub": "6f1c"}"#),
        (PROGRAM, Any, r#"{"clientAddress": "10.0.0.1"}"#),
        (PROGRAM, Any, r#"{"preferred_username": "ak-app-client_credentials"}"#),
        (PROGRAM, Any, r#"{"drn": "DS", "sub": "K2abc", "iss": "P2abc"}"#),
        (PROGRAM, Any, r#"{"drn": "DS", "sub": "K3abc"}"#),
        (PROGRAM, Any, r#"{"sub": "c1", "sub_type": "client", "tok_type": "AT"}"#),
        (PROGRAM, Any, r#"{"sub": "(age!batch)"}"#),
        (PROGRAM, Any, r#"{"sub": "6f1c", "subname": "(age!batch)"}"#),
        (PROGRAM, Any, r#"{"jti": "AT.6f1c", "cid": "0oa1", "sub": "batch@example.com", "scp": ["x"]}"#),
        (PROGRAM, Any, r#"{"jti": "AT.6f1c", "cid": "0oa1", "uid": null, "sub": "batch"}"#),
        (PROGRAM, Clerk, r#"{"sub": "mch_1"}"#),
        (PROGRAM, Any, r#"{"sub": "mch_1", "jti": "mt_1"}"#),
        (OtherClient, Any, r#"{"sub": "user-live-1", "client_id": "connected-app-live-1"}"#),
        (OtherClient, Product::BetterAuth, r#"{"sub": "6f1c", "azp": "c1", "scope": "openid"}"#),
        (PROGRAM, Any, r#"{"sub": "c1", "client_id": "c1"}"#),
        (PROGRAM, Any, r#"{"sub": "c1", "clientId": "c1"}"#),
        (PROGRAM, Any, r#"{"sub": "c1", "cid": "c1"}"#),
        (PROGRAM, Any, r#"{"sub": "c1", "appid": "c1"}"#),
        (PROGRAM, Any, r#"{"sub": "c1", "app_id": "c1"}"#),
        (PROGRAM, Any, r#"{"sub": "c1", "azp": "c1"}"#),
        (PROGRAM, Any, r#"{"sub": "c1", "iss": "c1"}"#),
        (PROGRAM, Any, r#"{"sub": "c1", "aud": ["api", "c1"]}"#),
        (PROGRAM, Any, r#"{"sub": 7, "client_id": 7}"#),
        (PROGRAM, Any, r#"{"sub": 7, "azp": "7"}"#),
        (PROGRAM, Any, r#"{"sub": "7", "aud": [7]}"#),
        (PROGRAM, Any, r#"{"client_id": "c1", "scope": "x"}"#),
        (PROGRAM, Any, r#"{"sub": "", "client_id": "c1"}"#),
        (PROGRAM, Any, r#"{"sub": null, "cid": "c1"}"#),
        (PROGRAM, Any, r#"{"sub": [], "appid": "c1"}"#),
        (PROGRAM, Any, r#"{"token_use": "access", "client_id": "c1", "sub": "6f1c"}"#),
        (PROGRAM, Any, r#"{"token_use": "access", "username": "", "sub": "6f1c"}"#),
        (PROGRAM, Any, r#"{"idtyp": "app"}"#),
        (PROGRAM, Any, r#"{"idtyp": "device"}"#),
        (PROGRAM, Any, r#"{"ver": "2.0", "iss": "https://login.microsoftonline.com/t/v2.0", "tid": "t", "azp": "a", "sub": "s", "roles": ["r"]}"#),
        (PROGRAM, Any, r#"{"ver": "1.0", "tid": "t", "appid": "a", "sub": "s"}"#),
        (PROGRAM, Any, r#"{"ver": "2.0", "tid": "t", "oid": "o", "sub": "o", "scp": "x"}"#),
        (PROGRAM, Any, r#"{"ver": "1.0", "tid": "t", "oid": "o", "sub": "o"}"#),
        (PROGRAM, Any, r#"{"type": "application"}"#),
        (PROGRAM, Any, r#"{"typ": "m2m"}"#),
        (PROGRAM, Any, r#"{"token_type": "client_credentials"}"#),
        (PROGRAM, Any, r#"{"tokenType": "machine"}"#),
        (PROGRAM, Any, r#"{"user_type": "service-account"}"#),
        (PROGRAM, Any, r#"{"userType": "service_account"}"#),
        (PROGRAM, Any, r#"{"sub_type": "machine"}"#),
        (PROGRAM, Any, r#"{"type": "tenantApiToken"}"#),
        (PROGRAM, Any, r#"{"type": "tenantAccessToken"}"#),
        (PROGRAM, Any, r#"{"type": "userApiToken"}"#),
        (PROGRAM, Any, r#"{"type": "userAccessToken"}"#),
        (OtherKind, Any, r#"{"drn": "DSR", "sub": "U2abc"}"#),
        (OtherKind, Product::Descope, r#"{"drn": "dsr2", "sub": "U2abc"}"#),
        (OtherKind, Product::Descope, r#"{"sub": "U2abc"}"#),
        (OtherKind, Product::Stytch, r#"{"sub": "user-live-1", "scope": "openid"}"#),
        (OtherKind, Product::Stytch, r#"{"sub": "user-live-1", "https://stytch.com/session": null}"#),
        (OtherKind, Product::Hanko, r#"{"sub": "hanko webhooks", "evt": "user.create"}"#),
        (OtherKind, Product::Hanko, r#"{"sub": "6f1c", "session_id": ""}"#),
        (OtherKind, Product::SuperTokens, r#"{"sub": "6f1c", "stt": 1, "scp": ["openid"]}"#),
        (OtherKind, Any, r#"{"typ": "Refresh"}"#),
        (OtherKind, Any, r#"{"typ": "Offline"}"#),
        (OtherKind, Any, r#"{"typ": "Logout"}"#),
        (OtherKind, Any, r#"{"type": "refresh"}"#),
        (OtherKind, Any, r#"{"token_type": "refresh"}"#),
        (OtherKind, Any, r#"{"tokenType": "refresh_token"}"#),
        (OtherKind, Any, r#"{"token_use": "refresh"}"#),
        (OtherKind, Any, r#"{"use": "refresh"}"#),
        (OtherKind, Any, r#"{"sub": "ada", "events": {"http://schemas.openid.net/event/backchannel-logout": {}}}"#),
        (OtherKind, Access, r#"{"type": "org"}"#),
        (OtherKind, Access, r#"{"type": null}"#),
        (OtherKind, Access, r#"{"sub": "ada"}"#),
        (OtherKind, Any, r#"{"iss": "https://team.cloudflareaccess.com", "type": "org"}"#),
    ];

    /// What the same vendors sign for people.
    #[rustfmt::skip]
    const PEOPLE: &[(Product, &str)] = &[
        (Any, "{}"),
        (Any, r#"{"sub": "ada", "aud": "api", "iss": "https://i.example"}"#),
        (Any, r#"{"sub": 7, "client_id": 8}"#),
        (Supabase, r#"{"role": "authenticated", "client_id": null}"#),
        (Clerk, r#"{"sub": "user_1", "client_id": "", "sts": null}"#),
        (Any, r#"{"clientHost": null, "clientAddress": "", "is_anonymous": null, "gty": null}"#),
        (Any, r#"{"sub": 1, "client_id": "c1"}"#),
        (Supabase, r#"{"role": "authenticated", "is_anonymous": false, "sub": "6f1c", "aud": "authenticated", "amr": [{"method": "password", "timestamp": 1}], "app_metadata": {"provider": "email"}}"#),
        (Any, r#"{"role": "admin", "isAnonymous": false, "is_anonymous": null}"#),
        (Any, r#"{"role": "dashboard_user", "iss": "https://r.supabase.co/auth/v1"}"#),
        (Any, r#"{"firebase": {"sign_in_provider": "password"}, "anonymous": 0}"#),
        (Any, r#"{"https://hasura.io/jwt/claims": {"x-hasura-user-is-anonymous": "false", "x-hasura-default-role": "user"}}"#),
        (Clerk, r#"{"sub": "user_1", "sts": "active", "azp": "https://app.example"}"#),
        (Any, r#"{"sub": "user_1", "iss": "https://a-1.clerk.accounts.dev"}"#),
        (Any, r#"{"sub": "user_1", "jti": "oat_1"}"#),
        (Any, r#"{"sub": "user_1", "jti": "mt_1"}"#),
        (Any, r#"{"sub": "", "azp": ""}"#),
        (Any, r#"{"sub": "mch_1"}"#),
        (Any, r#"{"sub": "mch_1", "jti": "6f1c"}"#),
        (Any, r#"{"sub": "user_1", "client_id": "c1", "iss": "https://t.logto.app/oidc"}"#),
        (Any, r#"{"sub": "user_1", "client_id": "c1", "jti": "6f1c"}"#),
        (Any, r#"{"is_restricted": false, "selected_team_id": null}"#),
        (Any, r#"{"st-mfa": {"c": {}, "v": true}}"#),
        (Any, r#"{"sub": "auth0|1", "azp": "c1", "gty": "password"}"#),
        (Any, r#"{"gty": ["authorization_code", "refresh_token"], "sub": "kp_1"}"#),
        (Any, r#"{"sub": "117", "email": "ada@gmail.com", "azp": "c1", "aud": "c1"}"#),
        (Any, r#"{"typ": "Bearer", "azp": "app", "preferred_username": "ada"}"#),
        (Any, r#"{"azp": "app", "sid": "6f1c"}"#),
        (Any, r#"{"token_use": "access", "username": "ada", "client_id": "c1", "sub": "6"}"#),
        (Any, r#"{"token_use": "id", "cognito:username": "ada", "aud": "c1"}"#),
        (Any, r#"{"cid": "c1", "uid": "00u1", "sub": "ada@example.com"}"#),
        (Any, r#"{"jti": "AT.6f1c", "cid": "0oa1", "uid": "00u1", "sub": "ada@example.com"}"#),
        (Any, r#"{"jti": "6f1c", "cid": "0oa1", "user_id": "7", "sub": "7"}"#),
        (Any, r#"{"jti": "AT.6f1c", "sub": "ada"}"#),
        (Any, r#"{"sub": "K2abc"}"#),
        (Any, r#"{"sub": "(usr!ada)", "subname": "ada", "sub_type": "user"}"#),
        (Any, r#"{"idtyp": "user", "ver": "2.0", "tid": "t", "oid": "o", "sub": "s"}"#),
        (Any, r#"{"ver": "2.0", "tid": "t", "azp": "a", "scp": "x", "oid": "o", "sub": "s"}"#),
        (Any, r#"{"ver": "1.0", "tid": "t", "azp": "a", "oid": "o", "sub": "o", "tfp": "B2C_1_in"}"#),
        (Any, r#"{"ver": "1.0", "tid": "t", "appid": "a", "oid": "o", "sub": "o", "acr": "b2c_1_in"}"#),
        (Any, r#"{"tid": "t", "azp": "app", "oid": "o", "sub": "o"}"#),
        (Any, r#"{"ver": "2.0", "azp": "app", "oid": "o", "sub": "o"}"#),
        (Any, r#"{"ver": 1, "tid": "t", "azp": "app"}"#),
        (Any, r#"{"type": "userToken", "tokenType": "access-token", "use": "sig"}"#),
        (Any, r#"{"type": "normal-user"}"#),
        (Any, r#"{"drn": "DS", "sub": "U2abc"}"#),
        (Product::Descope, r#"{"drn": "DS", "sub": "U2abc"}"#),
        (Product::Stytch, r#"{"sub": "user-live-1", "https://stytch.com/session": {"id": "session-live-1"}}"#),
        (Product::Hanko, r#"{"sub": "6f1c", "session_id": "9b2e"}"#),
        (Product::SuperTokens, r#"{"sub": "6f1c", "sessionHandle": "9b2e", "st-mfa": {"v": true}}"#),
        (Product::BetterAuth, r#"{"sub": "6f1c", "azp": null, "role": "anything"}"#),
        (Any, r#"{"sub": "6f1c", "client_id": "my-connected-app-"}"#),
        (Any, r#"{"events": {"sign_in": 1}}"#),
        (Access, r#"{"type": "app", "sub": "0f1e", "aud": ["tag"]}"#),
        (Any, r#"{"type": "app", "iss": "https://team.cloudflareaccess.com"}"#),
    ];

    fn object(claims: &str) -> Object {
        Object::parse(claims.as_bytes()).unwrap()
    }

    #[test]
    fn refuses_by_name_what_stands_for_no_person() {
        for (nobody, product, claims) in NOBODY {
            let found = check(&object(claims), *product, PERSONS);
            assert_eq!(found, Err(*nobody), "{product:?} {claims}");
        }
    }

    #[test]
    fn takes_people_of_the_same_vendors() {
        for (product, claims) in PEOPLE {
            assert_eq!(
                check(&object(claims), *product, PERSONS),
                Ok(()),
                "{claims}"
            );
        }
    }

    #[test]
    fn accepts_what_is_wanted_and_nothing_else() {
        for (nobody, product, claims) in NOBODY {
            for (accepted, wanted) in [
                (Acceptable::Anonymous, ANONYMOUS),
                (Acceptable::Programs, PROGRAM),
            ] {
                let found = check(&object(claims), *product, [Some(accepted), None]);
                assert_eq!(found.is_ok(), *nobody == wanted, "{accepted:?} {claims}");
            }
        }
        // Two reasons, of which one is no reason any more.
        let both = object(r#"{"is_anonymous": true, "role": "service_role"}"#);
        let all = [Some(Acceptable::Anonymous), Some(Acceptable::Programs)];
        assert_eq!(check(&both, Any, all), Err(Role));
        let both = object(r#"{"is_anonymous": true, "sub": "c1", "azp": "c1"}"#);
        assert_eq!(
            check(&both, Any, [None, Some(Acceptable::Programs)]),
            Err(ANONYMOUS)
        );
        assert_eq!(
            check(&both, Any, [Some(Acceptable::Anonymous), None]),
            Err(PROGRAM)
        );
        assert_eq!(check(&both, Any, all), Ok(()));
    }

    /// Every list that lacks one of its entries.
    fn without_one(texts: &'static str) -> impl Iterator<Item = &'static str> {
        let texts: Vec<&str> = texts.split(' ').collect();
        (0..texts.len()).map(move |index| {
            let mut fewer = texts.clone();
            fewer.remove(index);
            &*fewer.join(" ").leak()
        })
    }

    /// The clause with a name or a text less.
    fn weakened(Clause(names, test, texts): &'static Clause) -> Vec<Clause> {
        let fewer_names = without_one(names).map(|names| Clause(names, *test, texts));
        let fewer_texts = without_one(texts).map(|texts| Clause(names, *test, texts));
        let has_texts = !matches!(test, There | Missing);
        fewer_names
            .filter(|Clause(names, ..)| !names.is_empty())
            .chain(fewer_texts.filter(|_| has_texts))
            .collect()
    }

    /// The row with a clause less, or with one that says less.
    fn variants(Row(nobody, of, clauses): &'static Row) -> Vec<Row> {
        let mut variants = Vec::new();
        for (index, clause) in clauses.iter().enumerate() {
            let with = |put: Option<Clause>| {
                let mut changed = clauses.to_vec();
                changed.splice(index..=index, put);
                Row(*nobody, *of, changed.leak())
            };
            variants.push(with(None));
            variants.extend(
                weakened(clause)
                    .into_iter()
                    .map(|clause| with(Some(clause))),
            );
        }
        if of.is_some() {
            variants.push(Row(*nobody, None, clauses));
        }
        variants
    }

    #[test]
    fn has_nothing_in_its_table_that_no_case_needs() {
        let nobody = NOBODY.iter().map(|(_, product, claims)| (product, claims));
        let people = PEOPLE.iter().map(|(product, claims)| (product, claims));
        let cases: Vec<(Product, Object)> = nobody
            .chain(people)
            .map(|(product, claims)| (*product, object(claims)))
            .collect();
        let judged = |rows: &[&Row]| -> Vec<Option<Nobody>> {
            let judge = |(product, claims): &(Product, Object)| {
                rows.iter()
                    .find_map(|row| matched(row, claims, *product, PERSONS))
            };
            cases.iter().map(judge).collect()
        };
        let rows: Vec<&Row> = ROWS.iter().collect();
        let real = judged(&rows);
        let (mut tried, mut idle) = (0, Vec::new());
        for (index, row) in ROWS.iter().enumerate() {
            let mut fewer = rows.clone();
            fewer.remove(index);
            if judged(&fewer) == real {
                idle.push(format!("row {index}"));
            }
            for (number, variant) in variants(row).iter().enumerate() {
                let mut changed = rows.clone();
                changed[index] = variant;
                if judged(&changed) == real {
                    let names: Vec<_> = variant.2.iter().map(|Clause(names, ..)| names).collect();
                    idle.push(format!("row {index}, change {number}: {names:?}"));
                }
                tried += 1;
            }
        }
        assert!(idle.is_empty(), "{idle:#?}");
        assert!(tried > 150, "{tried}");
    }

    proptest! {
        /// Whatever stands beside it, a mark is a mark.
        #[test]
        fn sees_a_mark_beside_any_other_claims(
            (_, product, marked) in select(NOBODY),
            others in proptest::collection::btree_map("[a-z_]{1,12}", "[a-z]{0,8}", 0..12),
        ) {
            let mut claims = serde_json::Map::new();
            claims.extend(others.into_iter().map(|(name, text)| (name, Value::from(text))));
            // Where a mark is that another claim is missing, it has to be.
            for name in
                ["username", "scp", "tfp", "acr", "sub", "role", "type", "uid", "drn", "session_id"]
            {
                claims.remove(name);
            }
            let marked: Value = serde_json::from_str(marked).unwrap();
            claims.extend(marked.as_object().unwrap().clone());
            let claims = Value::Object(claims).to_string();
            assert!(check(&object(&claims), product, PERSONS).is_err());
        }
    }
}
