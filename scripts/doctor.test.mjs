// The doctor's own parts: where values are from and what wrangler's parser makes of them, what stands in
// front of a deployment, and what is said of a credential.
import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";

import { explain, nextTry, readCredential } from "./doctor/credential.mjs";
import { checkIssuer } from "./doctor/issuer.mjs";
import { isOneZone, sameZone, whatAnswers, whyNoAnswer } from "./doctor/front.mjs";
import { originOf, readVariables, variableWarnings, withOrigins } from "./doctor/variables.mjs";

const folders = [];
after(() => {
  for (const folder of folders) rmSync(folder, { recursive: true });
});

const TOML = `name = "x"
compatibility_date = "2026-10-01"
secrets_store_secrets = [{ binding = "STORED", store_id = "1", secret_name = "s" }]
[vars]
ENVIRONMENT = "production"
JWT_ISSUER = ""
[secrets]
required = ["PICA_SECRET_KEY"]
[env.staging.vars]
ENVIRONMENT = "staging"
[env.staging.secrets]
required = ["PICA_SECRET_KEY"]
`;

function folderOf(files) {
  const folder = mkdtempSync(join(tmpdir(), "doctor-test-"));
  folders.push(folder);
  for (const [name, text] of Object.entries({ "wrangler.toml": TOML, ...files })) writeFileSync(join(folder, name), text);
  return join(folder, "wrangler.toml");
}

const read = (files, { env = "", shell = {} } = {}) => readVariables({ config: folderOf(files), env, shell });

test("says where each value is from", async () => {
  const dev = "PICA_SECRET_KEY=a\nENVIRONMENT=prod\n";
  for (const [files, options, name, place] of [
    [{}, {}, "ENVIRONMENT", "[vars] of wrangler.toml"],
    [{}, { env: "staging" }, "ENVIRONMENT", "[env.staging.vars] of wrangler.toml"],
    [{}, {}, "STORED", "the Secrets Store, by secrets_store_secrets of wrangler.toml"],
    [{}, {}, "JWT_ISSUER", undefined],
    [{}, {}, "PICA_SECRET_KEY", undefined],
    [{}, { shell: { ENVIRONMENT: "prod" } }, "ENVIRONMENT", "a variable of this shell, which goes before wrangler.toml"],
    [{}, { shell: { ENVIRONMENT: "" } }, "ENVIRONMENT", "a variable of this shell, which goes before wrangler.toml"],
    [{}, { shell: { JWT_AUDIENCE: "a" } }, "JWT_AUDIENCE", undefined],
    [{ ".dev.vars": dev }, {}, "ENVIRONMENT", ".dev.vars"],
    // With a .dev.vars the shell does not count.
    [{ ".dev.vars": dev }, { shell: { ENVIRONMENT: "prod" } }, "ENVIRONMENT", ".dev.vars"],
    [{ ".dev.vars": "A=1\n" }, { shell: { ENVIRONMENT: "prod" } }, "ENVIRONMENT", "[vars] of wrangler.toml"],
    [{ ".dev.vars": "A=1\n", ".dev.vars.staging": dev }, { env: "staging" }, "ENVIRONMENT", ".dev.vars.staging"],
    [{ ".env": dev }, {}, "PICA_SECRET_KEY", ".env"],
    [{ ".env": dev, ".env.local": dev }, {}, "PICA_SECRET_KEY", ".env.local"],
    [{ ".env": dev }, { shell: { PICA_SECRET_KEY: "b" } }, "PICA_SECRET_KEY", "a variable of this shell, which goes before .env"],
  ]) {
    const found = originOf(name, await read(files, options));
    assert.equal(found?.place, place, JSON.stringify([Object.keys(files), options, name]));
  }
});

test("blames the place that a value is from", async () => {
  const check = { name: "ENVIRONMENT", status: "failing", advice: 'must be this. In [vars] of wrangler.toml: ENVIRONMENT = "…"' };
  const shell = await read({}, { shell: { ENVIRONMENT: "prod" } });
  assert.match(withOrigins(check, shell).advice, /^must be this\nENVIRONMENT is from a variable of this shell.*unset ENVIRONMENT/);
  assert.deepEqual(variableWarnings(shell).map(({ name }) => name), ["shell"]);
  const own = await read({});
  assert.match(withOrigins(check, own).advice, /ENVIRONMENT = "…"\nENVIRONMENT is from \[vars\] of wrangler.toml$/);
  const staging = await read({}, { env: "staging" });
  assert.match(withOrigins(check, staging).advice, /In \[env\.staging\.vars\] of wrangler\.toml: ENVIRONMENT/);
  const left = withOrigins({ name: "JWT_AUDIENCE", status: "failing", advice: "must be set" }, await read({}, { shell: { JWT_AUDIENCE: "a" } }));
  assert.match(left.advice, /JWT_AUDIENCE of this shell is not read: name it in wrangler.toml, in \[vars\]: JWT_AUDIENCE = ""/);
  // A deploy asks for every name that is in `required`, and this one is for a stand-in.
  const base = withOrigins({ name: "AUTHKIT_BASE_URL", status: "failing", advice: "must be this" }, await read({}, { shell: { AUTHKIT_BASE_URL: "a" } }));
  assert.doesNotMatch(base.advice, /required/);
  const key = withOrigins({ name: "GRANT_KEY", status: "failing", advice: "is not set" }, await read({}, { shell: { GRANT_KEY: "a" } }));
  assert.match(key.advice, /GRANT_KEY of this shell is not read: name it in wrangler.toml, in \[secrets\] required$/);
});

// The kind: wherever what wrangler's parser gives is not what a person reads in the line.
test("says what wrangler's parser changes", async () => {
  const key = "PICA_SECRET_KEY";
  for (const [text, said, value] of [
    [`${key}=sk_test_a#b\n`, /line 1, PICA_SECRET_KEY: is cut at `#`/, "sk_test_a"],
    [`\n${key}=#sk_test\n`, /line 2.*is cut at `#`/, ""],
    [`export ${key}=a#b`, /is cut at `#`/, "a"],
    [`${key}: a#b`, /is cut at `#`/, "a"],
    [`${key}=a # note`, undefined, "a"],
    [`${key}='a#b'`, undefined, "a#b"],
    [`${key}="a#b" # note`, undefined, "a#b"],
    [`${key}='a#b'c`, /quotes do not end|cut at/, "'a"],
    [`${key}="abc`, /a quote is part of the value/, '"abc'],
    [`${key}=“abc”`, /a quote is part of the value/, "“abc”"],
    [`${key}="a\\nb"`, /become line ends/, "a\nb"],
    [`${key}='a\\nb'`, undefined, "a\\nb"],
    [`${key}="a\\"b"`, /`\\` before a quote/, 'a\\"b'],
    [`${key}= abc `, /spaces around it are dropped/, "abc"],
    [`${key}=" abc "`, /spaces within the quotes/, " abc "],
    [`${key} = abc`, /spaces around it/, "abc"],
    [`${key}=a\n${key}=b\n`, /is there twice: line 2 counts, line 1 does not/, "b"],
    [`\ufeff${key}=abc\n`, undefined, "abc"],
    [`${key}=abc\r\nENVIRONMENT=x\r\n`, undefined, "abc"],
    [`${key}=a#b\r\n`, /is cut at `#`/, "a"],
    [`${key}="one\ntwo"\n`, undefined, "one\ntwo"],
    [`set ${key}=abc\n`, /line 1 is no NAME=value/, undefined],
    [`$env:${key}="abc"\n`, /line 1 is no NAME=value/, undefined],
    [`PICA SECRET_KEY=abc\n`, /line 1 is no NAME=value/, undefined],
    [`# note\n\n${key}=sk_test_abc\n`, undefined, "sk_test_abc"],
    [`${key}=a=b==\n`, undefined, "a=b=="],
    [Buffer.from(`\ufeff${key}=abc\r\n`, "utf16le"), /is not UTF-8/, undefined],
  ]) {
    const variables = await read({ ".dev.vars": text });
    assert.equal(variables.files[0].parsed[key], value, JSON.stringify(text));
    const advice = variableWarnings(variables)[0]?.advice;
    if (said) assert.match(advice ?? "", said, JSON.stringify(text));
    else assert.equal(advice, undefined, JSON.stringify(text));
    // No value is told.
    for (const secret of ["sk_test", "abc", "one"]) assert.ok(!advice?.includes(secret), advice);
  }
  const expanded = await read({ ".env": `${key}=sk_a$b\n` });
  assert.match(variableWarnings(expanded)[0].advice, /`\$` and `\\` are replaced in a file \.env/);
});

async function answering(answer, check) {
  const server = createServer((_request, response) => {
    const { status = 200, headers = {}, body = "" } = answer;
    response.writeHead(status, headers).end(body);
  }).listen(0, "127.0.0.1");
  await once(server, "listening");
  try {
    return await check(`http://127.0.0.1:${server.address().port}`);
  } finally {
    server.close();
  }
}

const HTML = { "content-type": "text/html; charset=utf-8" };

// The kind: whatever answers in place of the Worker has a row, or is told by its status.
test("says what stands in front", async () => {
  for (const [answer, said] of [
    [{ status: 302, headers: { location: "https://team.cloudflareaccess.com/cdn-cgi/access/login/x?kid=1" } }, /Cloudflare Access stands in front/],
    [{ status: 302, headers: { location: "/cdn-cgi/access/login/app" } }, /Cloudflare Access/],
    [{ status: 401, headers: { "www-authenticate": 'Cloudflare-Access resource_metadata="x"' } }, /Cloudflare Access/],
    [{ status: 403, headers: { "cf-access-domain": "x", ...HTML }, body: "<html>Forbidden" }, /Cloudflare Access/],
    [{ status: 403, headers: { "cf-mitigated": "challenge", ...HTML } }, /challenge.*WAF custom rule with the action Skip/],
    [{ status: 503, headers: HTML, body: "<title>Just a moment...</title>" }, /challenge/],
    [{ status: 403, headers: { server: "cloudflare", ...HTML }, body: "<html>Sorry, you have been blocked" }, /Cloudflare's firewall/],
    [{ status: 403, headers: { server: "cloudflare" }, body: "error code: 1020" }, /firewall refuses the doctor \(error 1020\)/],
    [{ status: 429, headers: { server: "cloudflare" }, body: "error code: 1015" }, /rate limiting rule/],
    [{ status: 530, body: "error code: 1016" }, /530, error 1016.*no Worker is on this path/],
    [{ status: 522, headers: HTML, body: "<html>" }, /\(522\), so no Worker is on this path/],
    [{ status: 521 }, /\(521\)/],
    [{ status: 500, body: "error code: 1101" }, /threw an exception.*wrangler tail/],
    [{ status: 301, headers: { location: "https://127.0.0.1/api/authkit/health" } }, /redirects to https:\/\/: begin URL/],
    [{ status: 308, headers: { location: "https://www.example.com/" } }, /Something in front redirects \(308\) to https:\/\/www\.example\.com/],
    [{ status: 307, headers: { location: "/login?next=/api" } }, /redirects \(307\) to \/login/],
    [{ status: 401, headers: { "www-authenticate": 'Basic realm="x"' } }, /basic authentication/],
    [{ status: 401, headers: { server: "Vercel", "set-cookie": "_vercel_sso_nonce=1", ...HTML } }, /Vercel's Deployment Protection/],
    [{ status: 403, headers: { "x-amz-cf-id": "1", ...HTML } }, /CloudFront stands in front.*403/],
    [{ status: 403, headers: { server: "AkamaiGHost", ...HTML } }, /Akamai stands/],
    [{ status: 403, headers: { "x-iinfo": "1" } }, /Imperva/],
    [{ status: 403, headers: { "x-azure-ref": "1" } }, /Azure Front Door/],
    [{ status: 202, headers: { "x-amzn-waf-action": "challenge" } }, /AWS WAF/],
    [{ status: 403, headers: { server: "nginx" } }, /Something in front \(nginx\) refuses/],
    [{ status: 200, headers: HTML, body: "<html>This domain is for sale" }, /The domain is parked/],
    [{ status: 200, headers: HTML, body: "<!doctype html><div id=root>" }, /An HTML page answers/],
    [{ status: 404, body: JSON.stringify({ error: "Not found", message: "m", code: "not_found", request_id: "1" }) }, /One is on this host.*ROUTE_PREFIX/],
    [{ status: 502, headers: { server: "nginx" } }, /answers 502/],
    [{ status: 429 }, /too often/],
    [{ status: 404, headers: HTML, body: "<html>Not Found" }, undefined],
  ]) {
    const text = await answering(answer, async (url) => whatAnswers(await fetch(url, { redirect: "manual" }), new URL(`${url}/api/authkit/health`)));
    if (said) assert.match(text ?? "", said, JSON.stringify(answer));
    else assert.equal(text, undefined, JSON.stringify(answer));
  }
  const www = new Response(null, { status: 301, headers: { location: "https://www.example.com/" } });
  assert.match(await whatAnswers(www, new URL("https://example.com/api/authkit/health")), /URL=https:\/\/www\.example\.com/);
});

test("says why nothing answers", async () => {
  const url = new URL("https://nobody.invalid");
  for (const [error, said] of [
    [{ cause: { code: "ENOTFOUND" } }, /no such host: nobody\.invalid/],
    [{ cause: { code: "ECONNREFUSED" } }, /nothing listens there/],
    [{ name: "TimeoutError" }, /no answer came in time/],
    [{ cause: { code: "SELF_SIGNED_CERT_IN_CHAIN" } }, /NODE_EXTRA_CA_CERTS/],
    [{ cause: { code: "OTHER" } }, /\(OTHER\)/],
  ]) assert.match(whyNoAnswer(error, url), said);
});

test("names an issuer on the zone of the Worker", () => {
  for (const [one, other, same] of [
    ["app.example.com", "app.example.com", true],
    ["app.example.com", "auth.example.com", true],
    ["example.com", "auth.example.com", true],
    ["app.example.com", "example.org", false],
    ["app.example.co.uk", "auth.another.co.uk", false],
    ["app.example.co.uk", "auth.example.co.uk", true],
    ["a.workers.dev", "b.workers.dev", false],
    ["127.0.0.1", "127.1.0.1", false],
    ["localhost", "example.com", false],
  ]) assert.equal(isOneZone(one, other), same, `${one} ${other}`);
  const failed = (status) => ({ name: "jwt_keys", status: "failing", advice: `The issuer's keys could not be loaded: the answer was ${status}.` });
  const base = "https://app.example.com/api/authkit";
  for (const status of [404, 500, 522, 530]) {
    assert.match(sameZone(failed(status), "https://app.example.com", base).advice, /Worker on a route.*global_fetch_strictly_public.*custom domain/s);
  }
  assert.match(sameZone(failed(403), "https://auth.example.com", base).advice, /passes that zone's firewall/);
  for (const [status, origin] of [[403, "https://issuer.example"], [404, "https://issuer.example"]]) {
    assert.doesNotMatch(sameZone(failed(status), origin, base).advice, /zone/);
  }
});

const part = (value) => Buffer.from(JSON.stringify(value)).toString("base64url");
const tokenOf = (claims, header = { alg: "ES256", kid: "k" }) => `${part(header)}.${part(claims)}.c2ln`;
const NOW = 1_800_000_000;

function judge(claims, { reason, iss = ["https://x/"], decided = "jwt", more = [] } = {}) {
  const credential = readCredential({ TOKEN: tokenOf(claims) });
  const facts = [["decided", decided], ["source", decided], ...iss.map((one) => ["iss", one]), ["aud", "app"], ["alg", "ES256"], ["user", "sub"], ...more];
  const report = { checks: [{ name: "credential", status: "failing", advice: reason }], facts };
  return explain(credential, report, credential.first, NOW * 1000).advice;
}

test("says by how little an issuer is another one", () => {
  const reason = "token: iss is not in JWT_ISSUER";
  for (const [own, iss, said] of [
    ["https://x/", "https://x", 'JWT_ISSUER is "https://x/" and the token says "https://x": take the slash at the end away'],
    ["https://x", "https://x/", "add a slash at the end"],
    ["http://x", "https://x", "write it with https://"],
    ["https://x", "x", "write it without https://"],
    ["https://X.example", "https://x.example", "upper and lower case differ"],
    ["https://www.x.example", "https://x.example", "www. is too much"],
    ["https://x.example/a", "https://x.example/b", "the path is another"],
    ["https://x.example:8443", "https://x.example", "the ports differ"],
    ["https://y", undefined, "the token says not there"],
  ]) {
    const advice = judge({ iss, aud: "app", sub: "u" }, { reason, iss: [own] });
    assert.ok(advice.includes(said), advice);
    assert.ok(advice.includes("✓ signature"), advice);
  }
});

test("says what else would be refused, and nobody's name", () => {
  const claims = { iss: "https://x", aud: ["b", "c"], azp: "front", exp: NOW - 7200, sub: "whom", email: "whom@example.com" };
  const advice = judge(claims, { reason: "token: iss is not in JWT_ISSUER", more: [["azp", "back"]] });
  for (const line of ["✗ issuer", '! audience: JWT_AUDIENCE is "app" and the token\'s aud is ["b","c"]', '! party: JWT_AZP is "back"', "! times: It expired 2 hours ago"]) {
    assert.ok(advice.includes(line), `${line} in ${advice}`);
  }
  assert.ok(!advice.includes("whom"), advice);
});

test("says what a deployment of another version says", () => {
  assert.match(judge({ sub: "u" }, { reason: "token: of a later kind" }), /✗ refused: token: of a later kind$/);
});

test("finds the header for a credential", () => {
  const token = tokenOf({ iss: "https://team.cloudflareaccess.com" });
  for (const [given, headers] of [
    [{ TOKEN: token }, { authorization: `Bearer ${token}` }],
    [{ TOKEN: ` "Bearer ${token}"\n` }, { authorization: `Bearer ${token}` }],
    [{ TOKEN: "v1.e30.mac" }, { "x-authkit-grant": "v1.e30.mac" }],
    [{ TOKEN: "x-authkit-grant: v1.e30.mac" }, { "x-authkit-grant": "v1.e30.mac" }],
    [{ COOKIE: `Cookie: a=1; s=${token}` }, { cookie: `a=1; s=${token}` }],
    [{ COOKIE: token }, {}],
  ]) assert.deepEqual(readCredential(given).first, headers, JSON.stringify(given));
  assert.equal(readCredential({}), undefined);
  assert.equal(readCredential({ TOKEN: "", COOKIE: " " }), undefined);
  for (const given of [{ TOKEN: "a\nb" }, { TOKEN: "é" }, { TOKEN: "a", COOKIE: "a=b" }]) assert.ok(readCredential(given).fault);
  const access = [["source", "access"], ["iss", "https://team.cloudflareaccess.com"]];
  assert.deepEqual(nextTry(readCredential({ TOKEN: token }), { facts: access }), { "cf-access-jwt-assertion": token });
  const both = [["decided", "jwt"], ["source", "jwt"], ["iss", "https://x"], ["cookie", "s"], ...access];
  assert.deepEqual(nextTry(readCredential({ TOKEN: token }), { facts: both }), { "cf-access-jwt-assertion": token });
  assert.equal(nextTry(readCredential({ TOKEN: tokenOf({ iss: "https://x" }) }), { facts: both }), undefined);
  assert.deepEqual(nextTry(readCredential({ COOKIE: token }), { facts: both.slice(1) }), { cookie: `s=${token}` });
  assert.deepEqual(nextTry(readCredential({ COOKIE: token }), { facts: access }), { cookie: `CF_Authorization=${token}` });
});

test("finds the token in a session of Supabase", () => {
  const token = tokenOf({ iss: "https://x", aud: "app", sub: "whom" });
  const session = JSON.stringify({ access_token: token, refresh_token: "r3fresh" });
  const base64 = `base64-${Buffer.from(session).toString("base64url")}`;
  const facts = [["decided", "jwt"], ["source", "jwt"], ["iss", "https://x/"], ["aud", "app"], ["alg", "ES256"], ["cookie", "sb-auth-auth-token"], ["cookie", "sb-ref-auth-token"], ["user", "sub"]];
  const report = { checks: [{ name: "credential", status: "failing", advice: "token: iss is not in JWT_ISSUER" }], facts };
  const name = "sb-ref-auth-token";
  for (const cookies of [
    `${name}=${base64}`,
    `a=1; ${name}.0=${base64.slice(0, 50)}; ${name}.1=${base64.slice(50)}`,
    `${name}=${encodeURIComponent(session)}`,
    `${name}=${token}`,
    base64,
  ]) {
    const credential = readCredential({ COOKIE: cookies });
    const { advice } = explain(credential, report, { cookie: cookies }, NOW * 1000);
    assert.ok(advice.includes('the token says "https://x"'), advice);
    for (const secret of ["whom", "r3fresh", token]) assert.ok(!advice.includes(secret), advice);
  }
});

test("finds a claim below a name with dots", () => {
  const claims = { iss: "https://x/", aud: "app", "https://x.example/org": { id: 7.5, "a.b": { c: "" } } };
  for (const [path, said] of [["https://x.example/org.id", "which is a number"], ["https://x.example/org.a.b.c", "which is empty"], ["https://x.example/org.b", "which is not there"]]) {
    const advice = judge(claims, { reason: "token: the identity claim is missing or empty", more: [["user", path]] });
    assert.ok(advice.includes(said), advice);
  }
});

/** An issuer over HTTP: what it answers at which path, of its own origin. */
async function issuerOf(answers) {
  const server = createServer((request, response) => {
    const answer = answers(`http://127.0.0.1:${server.address().port}`)[request.url];
    const [status, body] = Array.isArray(answer) ? answer : [answer === undefined ? 404 : 200, answer];
    const location = status === 302 ? { location: body } : {};
    response.writeHead(status, { "content-type": "application/json", ...location }).end(typeof body === "string" ? body : JSON.stringify(body));
  }).listen(0, "127.0.0.1");
  await once(server, "listening");
  servers.push(server);
  return `http://127.0.0.1:${server.address().port}`;
}

const servers = [];
after(() => {
  for (const server of servers) server.close().closeAllConnections();
});

const OPENID = "/.well-known/openid-configuration";
const RSA = { kty: "RSA", kid: "r", e: "AQAB", n: Buffer.alloc(256, 1).toString("base64url") };
const EC = { kty: "EC", crv: "P-256", kid: "e", x: "x", y: "y", alg: "ES256", use: "sig" };

test("prints the lines for an issuer that says what it is", async () => {
  for (const [path, keys, announced, algorithms] of [
    ["", [RSA], ["RS256"], "RS256"],
    ["/realms/my-realm", [RSA, EC], ["PS256", "RS256", "ES256", "HS256", "none"], "RS256,PS256,ES256"],
    ["", [EC, { ...RSA, use: "enc" }], ["RS256", "ES256"], "ES256"],
    ["", [{ ...RSA, alg: "RS256" }], ["RS256", "PS256"], "RS256"],
    ["", [{ kty: "OKP", crv: "Ed25519", x: "x" }], ["EdDSA", "Ed25519"], "EdDSA"],
    ["", [RSA, EC], undefined, "ES256"],
    ["", [RSA], undefined, "RS256"],
  ]) {
    const own = (origin) => origin + path;
    const origin = await issuerOf((origin) => ({
      [path + OPENID]: { issuer: own(origin), jwks_uri: `${origin}/keys`, id_token_signing_alg_values_supported: announced },
      "/keys": { keys },
    }));
    for (const asked of [own(origin), `${own(origin)}${OPENID}`]) {
      const { checks, lines } = await checkIssuer(asked);
      assert.deepEqual(checks.map(({ status }) => status), ["ok", "ok", "ok", "ok"], JSON.stringify(checks));
      assert.deepEqual(lines, [
        'IDENTITY_SOURCE = "jwt"',
        `JWT_ISSUER = "${own(origin)}"`,
        'JWT_AUDIENCE = "…"',
        `JWT_ALGORITHMS = "${algorithms}"`,
        `JWT_JWKS_URL = "${origin}/keys"`,
      ]);
    }
  }
});

test("looks where OAuth servers have it, too, and keeps the slash of an issuer", async () => {
  const origin = await issuerOf((origin) => ({
    "/.well-known/oauth-authorization-server/oauth2": { issuer: `${origin}/oauth2`, jwks_uri: `${origin}/keys` },
    [OPENID]: { issuer: `${origin}/`, jwks_uri: `${origin}/keys` },
    "/keys": { keys: [RSA] },
  }));
  assert.equal((await checkIssuer(`${origin}/oauth2`)).lines[1], `JWT_ISSUER = "${origin}/oauth2"`);
  assert.equal((await checkIssuer(`${origin}/`)).lines[1], `JWT_ISSUER = "${origin}/"`);
});

// The kind: whatever of it would have the Worker believe another issuer, or nobody.
test("prints nothing for an issuer that is another one or has no keys that fit", async () => {
  const document = (origin, more) => ({ issuer: origin, jwks_uri: `${origin}/keys`, ...more });
  for (const [answers, step, said] of [
    [(origin) => ({ [OPENID]: document(origin, { issuer: `${origin}/` }) }), "issuer", /calls itself .*\/".*the slash at the end counts.*ISSUER=http.*\/ make doctor/],
    [(origin) => ({ [OPENID]: document(origin, { issuer: "https://evil.example" }) }), "issuer", /to the letter\. If that is whose/],
    [(origin) => ({ [OPENID]: document(origin, { issuer: "https://login.microsoftonline.com/{tenantid}/v2.0" }) }), "issuer", /tenant id/],
    [(origin) => ({ [OPENID]: document(origin, { issuer: "https://x.example/$(id)" }) }), "issuer", /ISSUER=… make doctor/],
    [(origin) => ({ [OPENID]: document(origin, { issuer: undefined }) }), "issuer", /does not say/],
    [(origin) => ({ [OPENID]: document(origin, { jwks_uri: undefined }) }), "keys", /no jwks_uri/],
    [(origin) => ({ [OPENID]: document(origin, { jwks_uri: "http://keys.example/set" }) }), "keys", /starts with https/],
    [(origin) => ({ [OPENID]: document(origin) }), "keys", /answers 404/],
    [(origin) => ({ [OPENID]: document(origin), "/keys": { kid: "X.509" } }), "keys", /is not {"keys"/],
    [(origin) => ({ [OPENID]: document(origin), "/keys": "<html>" }), "keys", /is not JSON/],
    [(origin) => ({ [OPENID]: document(origin), "/keys": "x".repeat(600 * 1024) }), "keys", /more than 512 KiB/],
    [(origin) => ({ [OPENID]: document(origin), "/keys": [302, `${origin}/other`], "/other": { keys: [RSA] } }), "keys", /answers 302/],
    [(origin) => ({ [OPENID]: document(origin, { id_token_signing_alg_values_supported: ["HS256"] }), "/keys": { keys: [RSA] } }), "algorithms", /announces \("HS256"\)/],
    [(origin) => ({ [OPENID]: document(origin), "/keys": { keys: [{ ...RSA, n: "AQAB" }, null, { kty: "oct" }] } }), "algorithms", /No key fits/],
    [() => ({}), "discovery", /answers 404\. Is that its issuer.*docs\/identity\.md/],
    [() => ({ [OPENID]: [302, "https://evil.example"] }), "discovery", /answers 302/],
    [() => ({ [OPENID]: [200, "[]"] }), "discovery", /is not a JSON object/],
  ]) {
    const { checks, lines } = await checkIssuer(await issuerOf(answers));
    assert.equal(lines, undefined);
    assert.deepEqual([checks.at(-1).name, checks.at(-1).status], [step, "failing"], JSON.stringify(checks));
    assert.match(checks.at(-1).advice, said);
  }
  for (const text of ["login.example.com", "http://login.example.com", "ftp://x", "https://x?y", "https://x#y", "https://u@x"]) {
    const { checks, lines } = await checkIssuer(text);
    assert.deepEqual([checks[0].name, lines], ["ISSUER", undefined], text);
  }
  const gone = await issuerOf(() => ({}));
  servers.pop().close();
  assert.match((await checkIssuer(gone)).checks[0].advice, /nothing listens there/);
});

test("tells what to paste by make doctor, and fails where there is nothing", async () => {
  const origin = await issuerOf((origin) => ({ [OPENID]: { issuer: origin, jwks_uri: `${origin}/keys` }, "/keys": { keys: [RSA] } }));
  const run = (ISSUER) =>
    new Promise((resolve) => {
      const env = { ...process.env, ISSUER, URL: "", TOKEN: "", COOKIE: "" };
      execFile("sh", [join(import.meta.dirname, "doctor.sh")], { env }, (error, stdout) => resolve({ code: error?.code ?? 0, stdout }));
    });
  const [good, bad] = await Promise.all([run(origin), run(`${origin}/other`)]);
  assert.equal(good.code, 0, good.stdout);
  assert.match(good.stdout, /✓ discovery\n[^]*✓ issuer\n[^]*✓ keys\n[^]*✓ algorithms\n +RS256\n/);
  assert.ok(good.stdout.includes(`\nJWT_JWKS_URL = "${origin}/keys"\n`), good.stdout);
  assert.equal(bad.code, 1, bad.stdout);
  assert.match(bad.stdout, /✗ discovery[^]*nothing to paste/);
});
