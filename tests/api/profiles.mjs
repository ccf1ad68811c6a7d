// The deployments that are tested, and with whose credential.
//
// The document is of every deployment, and none reads all that it names: what a deployment does not
// read, it cannot refuse. So each profile says what its deployment reads, the rest is taken out of
// the document, and run.mjs sees to it that nothing is taken out everywhere.
const CALLER_KEY = "caller_key_published_on_purpose_too";
const GRANT_KEY = "grant_key_published_on_purpose_three";

/** Claims in the request itself, believed for the key that comes with them, for grants too. */
const claimed = (source) => () => ({
  ENVIRONMENT: "production",
  IDENTITY_SOURCE: `${source},grant`,
  GRANT_KEY,
  TRUSTED_CALLER_KEY: CALLER_KEY,
  CONNECTIONS: "manage",
});

/** Tokens of the sandbox's issuer, and grants. */
const verified = (sandbox) => ({
  ENVIRONMENT: "development",
  IDENTITY_SOURCE: "grant,jwt",
  GRANT_KEY,
  TRUSTED_CALLER_KEY: CALLER_KEY,
  CONNECTIONS: "manage",
  JWT_ISSUER: sandbox.url,
  JWT_AUDIENCE: "authkit-sandbox",
  JWT_ALGORITHMS: "ES256",
  JWT_JWKS_URL: `${sandbox.url}/_sandbox/keys`,
});

/** The application's own session, which the application is asked about. */
const session = (_sandbox, application) => ({
  ENVIRONMENT: "development",
  IDENTITY_SOURCE: "grant,session",
  GRANT_KEY,
  CONNECTIONS: "manage",
  SESSION_URL: `${application}/api/session`,
  SESSION_COOKIES: "sid",
  SESSION_IDENTITY_PATH: "user.id",
});

/** The document has no name for a cookie that is each application's own. */
const signedIn = { cookie: "theme=dark; sid=ada" };

const wishes = ["query identity", "query identityType", "body identity", "body identityType"];

const byKey = () => ({ callerKey: { api_key: CALLER_KEY } });

async function byToken(sandbox) {
  const body = JSON.stringify({ user: "ada" });
  const answer = await fetch(`${sandbox.url}/_sandbox/sign-in`, { method: "POST", body });
  return { ...byKey(), bearer: { bearer: (await answer.json()).token } };
}

const failing = { not_a_server_error: "a 5xx is what this deployment has to answer" };

const answers = (status, body) => (_, response) =>
  response.writeHead(status, { "content-type": "application/json", "set-cookie": "sid=ada; Path=/" }).end(JSON.stringify(body));

/**
 * `application`: what the application answers, if it is asked. `headers`: of every request.
 * `reads`: what of the document the deployment reads, beside `page`, `limit` and the body's form.
 * `auth`: the credentials, by their names in the document. `names`: identities to try besides
 * made-up ones. `mints`: whether anybody gets a token. `without`: checks that make no sense there,
 * each with its reason. `short`: whether it is a part of the short form.
 */
export const profiles = [
  {
    name: "anonymous",
    short: true,
    mints: true,
    variables: () => ({
      ENVIRONMENT: "development",
      IDENTITY_SOURCE: "header",
      CONNECTIONS: "read",
    }),
    reads: ["header x-user-id"],
  },
  {
    name: "jwt",
    short: true,
    mints: true,
    variables: verified,
    reads: ["bearer", "grant", "callerKey", ...wishes],
    auth: byToken,
    names: ["ada"],
  },
  {
    name: "jwt without a token",
    variables: verified,
    reads: ["bearer", "grant", "callerKey", ...wishes],
  },
  {
    name: "header",
    short: true,
    mints: true,
    variables: claimed("header"),
    reads: ["callerKey", "header x-user-id"],
    auth: byKey,
  },
  {
    name: "body",
    short: true,
    mints: true,
    variables: claimed("body"),
    reads: ["callerKey", "body identity", "body identityType"],
    auth: byKey,
  },
  {
    name: "session",
    short: true,
    mints: true,
    variables: session,
    application: answers(200, { user: { id: "ada" } }),
    headers: signedIn,
    reads: wishes,
    names: ["ada"],
  },
  ...[
    ["signed out", answers(200, null)],
    ["of an application that limits", answers(429, {})],
    ["of an application that hangs", () => {}, { SESSION_TIMEOUT_MS: "100" }],
  ].map(([name, application, more]) => ({
    name: `session ${name}`,
    variables: (...place) => ({ ...session(...place), ...more }),
    application,
    headers: signedIn,
    reads: wishes,
    without: name === "signed out" ? {} : failing,
  })),
  {
    name: "unconfigured",
    short: true,
    variables: () => ({ TRUSTED_CALLER_KEY: CALLER_KEY, CONNECTIONS: "manage" }),
    reads: ["callerKey", "query credential"],
    auth: byKey,
    without: {
      ...failing,
      missing_required_header: "nobody is asked for a credential before there is a configuration",
    },
  },
  ...[
    ["limited", { kind: { status: { status: 429 } } }],
    ["refused", { kind: { status: { status: 401 } } }],
    ["hanging", { kind: "hang" }],
  ].map(([name, fault]) => ({
    name: `upstream ${name}`,
    variables: () => ({ ...claimed("header")(), UPSTREAM_DEADLINE_MS: "100" }),
    reads: ["callerKey", "header x-user-id"],
    auth: byKey,
    faults: [fault],
    without: failing,
  })),
];
