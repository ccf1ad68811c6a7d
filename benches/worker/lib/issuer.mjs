// What stands for the products that know who is signed in: an issuer of JWTs with its keys, and an
// application that is asked for its session. Both answer after the same time.
import { generateKeyPairSync, sign } from "node:crypto";
import { once } from "node:events";
import { createServer } from "node:http";
import { setTimeout as sleep } from "node:timers/promises";

export const AUDIENCE = "bench";
export const USER = "user-1";
export const COOKIE = "sid";

const SESSION = "signed-in";
/** Longer than any run. */
const TOKEN_SECONDS = 4 * 3600;

const pairs = {
  RS256: generateKeyPairSync("rsa", { modulusLength: 2048 }),
  ES256: generateKeyPairSync("ec", { namedCurve: "P-256" }),
};

/** Starts it on a free port. `latencyMs` may be set at any time. */
export async function startIssuer() {
  const issuer = { latencyMs: 0, loads: 0 };
  const server = createServer(async (request, response) => {
    if (issuer.latencyMs > 0) await sleep(issuer.latencyMs);
    const [status, value] = answer(issuer, request);
    const body = JSON.stringify(value);
    response.writeHead(status, { "content-type": "application/json", "content-length": Buffer.byteLength(body) });
    response.end(body);
  });
  server.keepAliveTimeout = 60_000;
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  server.unref();
  const url = `http://127.0.0.1:${server.address().port}`;
  return Object.assign(issuer, {
    url,
    keysUrl: `${url}/keys`,
    sessionUrl: `${url}/session`,
    cookie: `${COOKIE}=${SESSION}`,
    token: (algorithm) => token(algorithm, url),
    stop: () => server.close(),
  });
}

function answer(issuer, { url, headers }) {
  if (url === "/keys") {
    issuer.loads += 1;
    return [200, { keys: Object.entries(pairs).map(jwk) }];
  }
  const isSignedIn = url === "/session" && headers.cookie === `${COOKIE}=${SESSION}`;
  return isSignedIn ? [200, { user: { id: USER } }] : [401, {}];
}

const jwk = ([alg, { publicKey }]) => ({ ...publicKey.export({ format: "jwk" }), kid: alg.toLowerCase(), alg, use: "sig" });

function token(alg, iss) {
  const now = Math.floor(Date.now() / 1000);
  const part = (value) => Buffer.from(JSON.stringify(value)).toString("base64url");
  const header = part({ alg, kid: alg.toLowerCase(), typ: "JWT" });
  const claims = part({ iss, aud: AUDIENCE, sub: USER, iat: now, exp: now + TOKEN_SECONDS });
  const input = `${header}.${claims}`;
  // As RFC 7518 wants it for ECDSA; RSA has but one form.
  const key = { key: pairs[alg].privateKey, dsaEncoding: "ieee-p1363" };
  return `${input}.${sign("sha256", Buffer.from(input), key).toString("base64url")}`;
}
