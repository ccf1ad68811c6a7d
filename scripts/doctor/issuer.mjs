// ISSUER=https://… make doctor: what an issuer says of itself (OpenID Connect Discovery, RFC 8414), as
// lines to paste, once its keys were loaded and fit. The Worker looks nothing up by itself: what it trusts
// stands in its configuration.
import { whyNoAnswer } from "./front.mjs";

const PATIENCE_MS = 10_000;
const MAX_BYTES = 512 * 1024;
const WELL_KNOWN = "/.well-known/openid-configuration";
const MIN_RSA_BYTES = 256;

/** What the Worker takes, and which keys fit: `kty` and `crv`. HS* is no matter of published keys. */
const ALGORITHMS = {
  RS256: ["RSA"], RS384: ["RSA"], RS512: ["RSA"], PS256: ["RSA"], PS384: ["RSA"], PS512: ["RSA"],
  ES256: ["EC", "P-256"], ES384: ["EC", "P-384"], ES512: ["EC", "P-521"], EdDSA: ["OKP", "Ed25519"], Ed25519: ["OKP", "Ed25519"],
};

const ok = (name, advice) => ({ name, status: "ok", advice });
const failing = (name, advice) => ({ name, status: "failing", advice });

/** The checks of an issuer, and the lines for `[vars]` if none fails. */
export async function checkIssuer(text) {
  const issuer = text.trim().replace(WELL_KNOWN, "");
  const wrong = urlFault(issuer);
  if (wrong) return { checks: [failing("ISSUER", wrong)] };
  const found = await discover(issuer);
  if (found.fault) return { checks: [failing("discovery", found.fault)] };
  const checks = [ok("discovery", found.url)];
  const add = (check) => {
    checks.push(check);
    return check.status === "ok";
  };
  if (!add(checkName(issuer, found.document.issuer))) return { checks };
  const { jwks_uri: url, id_token_signing_alg_values_supported: announced } = found.document;
  if (typeof url !== "string" || urlFault(url)) {
    add(failing("keys", "It names no jwks_uri that starts with https://, so that its tokens cannot be verified"));
    return { checks };
  }
  const { fault, document } = await load(url);
  if (!Array.isArray(document?.keys)) {
    add(failing("keys", `${url}: ${fault ?? "is not {\"keys\": […]}"}`));
    return { checks };
  }
  const keys = document.keys.filter(isUsable);
  add(ok("keys", `${url}: ${keys.length} to verify with`));
  const algorithms = algorithmsOf(keys, Array.isArray(announced) ? announced : []);
  if (algorithms.length === 0) {
    const those = Array.isArray(announced) ? announced.map(show).join(", ") : "nothing";
    add(failing("algorithms", `No key fits an algorithm that it announces (${those}) and that is known here: ${Object.keys(ALGORITHMS).join(", ")}`));
    return { checks };
  }
  add(ok("algorithms", algorithms.join(", ")));
  return { checks, lines: linesOf(issuer, url, algorithms) };
}

/** Why this can be no issuer's address. */
function urlFault(text) {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  const local = ["localhost", "127.0.0.1", "[::1]"].includes(url?.hostname);
  if (url?.protocol !== "https:" && !(url?.protocol === "http:" && local)) {
    return "must be an https:// address, as ISSUER=https://login.example.com";
  }
  return url.search || url.hash || url.username ? "must have no ?, # or @ in it" : undefined;
}

/** The document of an issuer: where OpenID Connect has it, else where RFC 8414 has it. */
async function discover(issuer) {
  const { origin, pathname } = new URL(issuer);
  const path = pathname.replace(/\/+$/, "");
  const first = origin + path + WELL_KNOWN;
  let said;
  for (const url of [first, `${origin}/.well-known/oauth-authorization-server${path}`]) {
    const { document, fault } = await load(url);
    if (document) return { url, document };
    said ??= fault;
  }
  return {
    fault:
      `${first}: ${said}. Is that its issuer, with all of its path? Some products publish no such document ` +
      "(WorkOS, Stack Auth, SuperTokens, Hanko, Firebase sessions): docs/identity.md has what to set for them",
  };
}

/** A JSON object, without a redirect, in good time and of a sensible size; or why there is none. */
async function load(url) {
  try {
    const answer = await fetch(url, { redirect: "manual", headers: { accept: "application/json" }, signal: AbortSignal.timeout(PATIENCE_MS) });
    if (answer.status !== 200) {
      await answer.body?.cancel();
      return { fault: `answers ${answer.status}` };
    }
    const chunks = [];
    let size = 0;
    for await (const chunk of answer.body ?? []) {
      size += chunk.length;
      if (size > MAX_BYTES) return { fault: "answers more than 512 KiB" };
      chunks.push(chunk);
    }
    const document = JSON.parse(Buffer.concat(chunks).toString("utf8").replace(/^\ufeff/, ""));
    const isObject = document !== null && typeof document === "object" && !Array.isArray(document);
    return isObject ? { document } : { fault: "is not a JSON object" };
  } catch (error) {
    return { fault: error instanceof SyntaxError ? "is not JSON" : whyNoAnswer(error, new URL(url)) };
  }
}

/** Whether it calls itself what it was called, to the letter: that is what its tokens say. */
function checkName(asked, said) {
  if (said === asked) return ok("issuer", said);
  if (typeof said !== "string" || said === "") return failing("issuer", "It does not say what its issuer is");
  if (/[{}]/.test(said)) {
    return failing("issuer", `It calls itself ${show(said)}, which is in no token: every tenant is an issuer of its own. Ask with your tenant id in it`);
  }
  const slash = said === `${asked}/` || asked === `${said}/`;
  return failing(
    "issuer",
    `It calls itself ${show(said)}, and tokens are compared to the letter${slash ? ": the slash at the end counts" : ""}. ` +
      `If that is whose tokens you get, ask: ISSUER=${/^[\w:/.-]+$/.test(said) ? said : "…"} make doctor`,
  );
}

/** Keys that verify signatures, of a size that the Worker takes. */
function isUsable(key) {
  if (key === null || typeof key !== "object") return false;
  if (key.use !== undefined && key.use !== "sig") return false;
  if (Array.isArray(key.key_ops) && !key.key_ops.includes("verify")) return false;
  return key.kty !== "RSA" || (typeof key.n === "string" && Buffer.from(key.n, "base64url").length >= MIN_RSA_BYTES);
}

/** The algorithms that its keys are for, as far as it announces them. */
function algorithmsOf(keys, announced) {
  const fits = (name) =>
    keys.some(({ kty, crv, alg }) => {
      const [type, curve] = ALGORITHMS[name];
      return kty === type && crv === curve && (alg === undefined ? true : alg === name);
    });
  const possible = Object.keys(ALGORITHMS).filter(fits);
  const names = possible.filter((name) => announced.includes(name));
  // Ed25519 is a newer name of EdDSA, and both are one to the Worker.
  if (announced.length > 0) return names.includes("EdDSA") ? names.filter((name) => name !== "Ed25519") : names;
  // OpenID Connect Core §3.1.3.7: RS256 unless it says otherwise.
  const named = keys.flatMap(({ alg }) => (alg in ALGORITHMS ? [alg] : []));
  return [...new Set(named.length > 0 ? named : possible.filter((name) => /^(RS256|ES\d+|EdDSA)$/.test(name)))];
}

function linesOf(issuer, url, algorithms) {
  return [
    'IDENTITY_SOURCE = "jwt"',
    `JWT_ISSUER = ${JSON.stringify(issuer)}`,
    'JWT_AUDIENCE = "…"',
    `JWT_ALGORITHMS = ${JSON.stringify(algorithms.join(","))}`,
    `JWT_JWKS_URL = ${JSON.stringify(url)}`,
  ];
}

/** What a stranger has written, in plain letters and not too long. */
function show(value) {
  const text = JSON.stringify(value)?.replace(/[^\x20-\x7e]/g, "?") ?? "nothing";
  return text.length > 200 ? `${text.slice(0, 200)}…` : text;
}
