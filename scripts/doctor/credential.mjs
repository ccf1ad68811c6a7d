// Why a credential is refused, step by step. The Worker judges, and says what its log would say; here
// that becomes the steps, and what to change. Of a credential nothing is ever said but `iss`, `aud`,
// `azp`, `alg`, `kid`, `typ`, its times, and which kind of value a claim has.
import { readFileSync } from "node:fs";
import { join } from "node:path";

/** What the log says, the step at which it is found, and what to change: docs/doctor.md has it, too. */
const FAULTS = JSON.parse(readFileSync(join(import.meta.dirname, "faults.json"), "utf8"));

/** The steps of a judgement, in its order. */
const STEPS = {
  jwt: ["form", "algorithm", "key", "signature", "payload", "issuer", "audience", "party", "client", "times", "person", "tenant", "identity"],
  access: ["form", "algorithm", "key", "signature", "payload", "issuer", "audience", "times", "person", "identity"],
  grant: ["form", "signature", "audience", "times", "identity"],
};

const ACCESS_COOKIE = "CF_Authorization";
const NO_CREDENTIAL = FAULTS[0].reason;
const MAX_SHOWN = 200;

/**
 * The credential in TOKEN or COOKIE: `tries` has the headers to send it in, one after the other, as long as
 * none finds it. `fault` says why it cannot be sent; nothing at all if there is none.
 */
export function readCredential({ TOKEN, COOKIE }) {
  if (!TOKEN?.trim() && !COOKIE?.trim()) return undefined;
  if (TOKEN?.trim() && COOKIE?.trim()) return { name: "TOKEN", fault: "Give either TOKEN or COOKIE, so that it is clear which is judged" };
  const name = TOKEN?.trim() ? "TOKEN" : "COOKIE";
  // People copy them with what stands around.
  const text = (name === "TOKEN" ? TOKEN : COOKIE)
    .trim()
    .replace(/^(authorization|cookie)\s*:\s*/i, "")
    .replace(/^(["'])(.*)\1$/s, "$2")
    .replace(/^bearer\s+/i, "");
  if (!/^[\x20-\x7e]+$/.test(text)) {
    return { name, fault: "It has line ends, or characters that no header carries: copy it again, in one piece" };
  }
  if (name === "TOKEN") {
    const isGrant = /^v1\.[^.]*\.[^.]*$/.test(text);
    const value = text.replace(/^x-authkit-grant\s*:\s*/i, "");
    return isGrant || value !== text
      ? { name, kind: "grant", token: undefined, first: { "x-authkit-grant": value } }
      : { name, kind: "bearer", token: text, first: { authorization: `Bearer ${text}` } };
  }
  // The value alone: the Worker says the name.
  if (!text.includes("=") || /^[\w-]+\.[\w-]+\.[\w-]*$/.test(text)) return { name, kind: "value", token: text, first: {} };
  return { name, kind: "cookie", cookies: text, first: { cookie: text } };
}

/** What to send next, when `report` says that nobody found the credential, or the wrong source did. */
export function nextTry(credential, report) {
  const { decided, sources } = readFacts(report);
  const jwt = sources.find(({ source }) => source === "jwt");
  const access = sources.find(({ source }) => source === "access");
  if (credential.kind === "value" && !decided) {
    if (jwt?.cookie.length > 0) return { cookie: `${jwt.cookie[0]}=${credential.token}` };
    const session = sources.find(({ source }) => source === "session");
    if (session) return { cookie: `${session.cookie[0]}=${credential.token}` };
    if (access) return { cookie: `${ACCESS_COOKIE}=${credential.token}` };
  }
  if (credential.kind === "bearer" && access) {
    const { iss } = decode(credential.token).claims ?? {};
    const isOfAccess = access.iss.includes(iss) && !jwt?.iss.includes(iss);
    if (!decided || (decided === "jwt" && isOfAccess)) return { "cf-access-jwt-assertion": credential.token };
  }
  return undefined;
}

/** The lines of a report about a credential. `now` is when it was judged, in milliseconds. */
export function explain(credential, report, sent, now) {
  const check = report.checks.find(({ name }) => name === "credential");
  if (!check) return undefined;
  const facts = readFacts(report);
  const { decided, sources } = facts;
  const reason = check.advice;
  const row = FAULTS.find((fault) => fault.reason === reason);
  const where = Object.keys(sent)[0] ?? "cookie";
  const name = decided ? `credential, judged by ${decided}` : "credential";
  const lines = [];
  if (where === "cf-access-jwt-assertion") {
    lines.push(
      sources.some(({ source }) => source === "jwt")
        ? "The token is of Access, so it was tried as Cf-Access-Jwt-Assertion."
        : "IDENTITY_SOURCE has no jwt, so a bearer token is not read: it was tried as Cf-Access-Jwt-Assertion. " +
            "Is it your sign-in product's? Then add jwt to IDENTITY_SOURCE.",
    );
  }
  if (reason === NO_CREDENTIAL || !decided) {
    lines.push(...(reason === NO_CREDENTIAL ? whyNotRead(credential, sources) : [row?.advice ?? reason]));
    return { name, status: check.status, advice: lines.join("\n") };
  }
  const source = sources.find((known) => known.source === decided);
  const steps = STEPS[decided] ?? [];
  const token = decode(tokenOf(credential, decided, source));
  const at = row ? steps.indexOf(row.step) : reason ? -1 : steps.length;
  const shown = shownOf(token, source);
  for (const [index, step] of steps.entries()) {
    if (index < at) lines.push(`✓ ${step}${shown[step] ? `: ${shown[step]}` : ""}`);
    else if (index === at) lines.push(`✗ ${step}: ${[...compare(step, token, source, now), row.advice].join(". ")}`);
    else if (at >= 0) {
      // What is not looked at any more, and would be refused next.
      // A token without `azp` may be one that JWT_WITHOUT_AZP allows.
      const isSilent = step === "key" || (step === "party" && token.claims?.azp === undefined);
      const next = isSilent ? [] : compare(step, token, source, now);
      if (next.length > 0) lines.push(`! ${step}: ${next.join(". ")}`);
    }
  }
  // A deployment of another version, or before any step.
  if (reason && at < 0) lines.push(`✗ ${row?.step ?? "refused"}: ${row?.advice ?? reason}`);
  return { name, status: check.status, advice: lines.join("\n") };
}

/** The pairs of a report, as one object for each source. */
export function readFacts(report) {
  const facts = { decided: undefined, sources: [], origins: {} };
  for (const [name, value] of report.facts ?? []) {
    const source = facts.sources.at(-1);
    if (name === "decided") facts.decided = value;
    else if (name === "source") facts.sources.push({ source: value, iss: [], aud: [], azp: [], alg: [], cookie: [] });
    else if (!source) facts.origins[name] = value;
    else if (Array.isArray(source[name])) source[name].push(value);
    else source[name] = value;
  }
  return facts;
}

/** Why no source has read the credential. */
function whyNotRead({ kind, cookies }, sources) {
  const names = sources.map(({ source }) => source);
  const reads = {
    jwt: ({ cookie }) => `jwt reads a bearer token${cookie.length > 0 ? ` and the cookie ${cookie.join(" or ")}` : ", and no cookie until JWT_COOKIE names one"}`,
    session: ({ cookie }) => `session sends your application the cookie ${cookie.join(" or ")}`,
    access: () => `access reads Cf-Access-Jwt-Assertion and the cookie ${ACCESS_COOKIE}`,
    grant: () => "grant reads a grant, in x-authkit-grant",
    header: () => "header believes your own server, and reads no credential",
    body: () => "body believes your own server, and reads no credential",
  };
  const what = { bearer: "A bearer token", grant: "A grant", cookie: "This cookie", value: "This cookie" }[kind];
  const lines = [`${what} is not read: IDENTITY_SOURCE is ${names.join(",")}.`];
  lines.push(...sources.map((source) => `${(reads[source.source] ?? (() => source.source))(source)}.`));
  const wanted = { bearer: "jwt", grant: "grant", cookie: "jwt", value: "jwt" }[kind];
  if (!names.includes(wanted)) lines.push(`To take it, add ${wanted} to IDENTITY_SOURCE, with what docs/identity.md has for it.`);
  if (kind === "cookie") lines.push(`COOKIE has: ${cookieNames(cookies).map((name) => show(name)).join(", ")}.`);
  return lines;
}

const cookieNames = (cookies) => cookies.split(";").map((pair) => pair.split("=")[0].trim()).filter(Boolean);

/** The token that a source has read out of the credential. */
function tokenOf({ token, cookies = "" }, decided, source) {
  if (token) return tokenIn(token);
  // The first of those that are configured and there.
  const names = decided === "access" ? [ACCESS_COOKIE] : (source?.cookie ?? []);
  const values = new Map(cookies.split(";").map((pair) => [pair.split("=")[0].trim(), pair.slice(pair.indexOf("=") + 1).trim().replace(/^"(.*)"$/, "$1")]));
  const found = names.map((name) => values.get(name) || joined(values, name)).find(Boolean);
  return found && tokenIn(found);
}

/** A value that Supabase's library has cut, as the Worker joins it. */
function joined(values, name) {
  let text = "";
  for (let number = 0; values.get(`${name}.${number}`); number += 1) text += values.get(`${name}.${number}`);
  return text;
}

/** The access token of a session in Supabase's form; or the text itself. */
function tokenIn(text) {
  try {
    if (text.startsWith("base64-")) return JSON.parse(Buffer.from(text.slice(7), "base64url").toString("utf8")).access_token;
    return /^[{%]/.test(text) ? JSON.parse(decodeURIComponent(text)).access_token : text;
  } catch {
    return text;
  }
}

/** Header and claims of a token that nobody has verified here: to compare, not to believe. */
function decode(token) {
  const parts = token?.split(".") ?? [];
  const read = (part) => {
    try {
      const value = JSON.parse(Buffer.from(part, "base64url").toString("utf8").replace(/^\ufeff/, ""));
      return typeof value === "object" && !Array.isArray(value) ? value : undefined;
    } catch {
      return undefined;
    }
  };
  return { parts: token === undefined ? undefined : parts.length, header: read(parts[0] ?? ""), claims: read(parts[1] ?? "") };
}

/** A value that is no secret and no identity, in plain letters and not too long. */
function show(value) {
  if (value === undefined) return "not there";
  const text = JSON.stringify(value).replace(/[^\x20-\x7e]/g, (letter) => `\\u${letter.charCodeAt(0).toString(16).padStart(4, "0")}`);
  return text.length > MAX_SHOWN ? `${text.slice(0, MAX_SHOWN)}…` : text;
}

const showAll = (values) => (values.length === 1 ? show(values[0]) : `one of ${values.slice(0, 8).map(show).join(", ")}${values.length > 8 ? ", …" : ""}`);

/** What stands beside the steps that are passed. */
function shownOf({ header, claims }, source) {
  return {
    algorithm: header && show(header.alg),
    key: header?.kid === undefined ? undefined : `kid ${show(header.kid)}`,
    issuer: claims && show(claims.iss),
    audience: claims && `aud ${show(claims.aud)}`,
    party: claims?.azp === undefined ? undefined : `azp ${show(claims.azp)}`,
    identity: source?.user && `the claim ${show(source.user)}`,
  };
}

/** How token and configuration differ at a step, as far as that can be seen from here. */
function compare(step, { parts, header, claims }, source, now) {
  const { source: name, iss, aud, azp, alg } = source ?? {};
  const of = (jwt, access) => (name === "access" ? access : jwt);
  switch (step) {
    case "form": {
      if (parts === undefined || parts === 3) return header?.typ === undefined ? [] : [`Its typ is ${show(header.typ)}`];
      return [`It has ${parts} part${parts === 1 ? "" : "s"} instead of three${parts === 1 ? ", as an opaque token has" : ""}`];
    }
    case "algorithm":
      if (!header || alg.length === 0 || alg.includes(header.alg)) return [];
      return [`${of("JWT_ALGORITHMS is", "Access signs with")} ${showAll(alg)} and the token's alg is ${show(header.alg)}`];
    case "key":
      return header?.kid === undefined ? [] : [`Its kid is ${show(header.kid)}, for ${show(header.alg)}`];
    case "issuer":
      return claims && iss && !iss.includes(claims.iss) ? [compareIssuer(of("JWT_ISSUER", "ACCESS_TEAM_DOMAIN"), iss, claims.iss)] : [];
    case "audience": {
      if (!claims || !aud || aud.length === 0) return [];
      const own = [claims.aud, claims.token_use === "access" ? claims.client_id : []].flat();
      if (own.some((one) => aud.includes(one)) || (claims.aud === undefined && azp.length > 0)) return [];
      return [`${of("JWT_AUDIENCE", "ACCESS_AUD")} is ${showAll(aud)} and the token's aud is ${show(claims.aud)}`];
    }
    case "party":
      if (!claims || azp.length === 0 || azp.includes(claims.azp)) return [];
      return [`JWT_AZP is ${showAll(azp)} and the token's azp is ${show(claims.azp)}${nearMiss(azp, claims.azp)}`];
    case "times":
      return claims ? compareTimes(claims, now) : [];
    case "identity": {
      if (!claims || !source?.user) return [];
      const value = find(claims, source.user);
      if ((typeof value === "string" && value !== "") || Number.isSafeInteger(value)) return [];
      const others = ["sub", "uid", "oid", "user_id", "userId", "id"].filter((id) => typeof claims[id] === "string" && claims[id] !== "");
      const instead = others.length > 0 ? `; these are texts: ${others.join(", ")}` : "";
      return [`JWT_IDENTITY_CLAIM is ${show(source.user)}, which is ${kindOf(value)}${instead}`];
    }
    default:
      return [];
  }
}

function compareIssuer(variable, known, iss) {
  const is = `${variable} is ${showAll(known)} and the token says ${show(iss)}`;
  if (typeof iss !== "string") return is;
  return `${is}${nearMiss(known, iss)}`;
}

/** By how little a text misses one of those that are known. */
function nearMiss(known, text) {
  if (typeof text !== "string") return "";
  const parts = (url) => (URL.canParse(url) ? new URL(url) : undefined);
  for (const own of known) {
    if (own === `${text}/`) return ": take the slash at the end away";
    if (`${own}/` === text) return ": add a slash at the end";
    if (own.trim() === text.trim()) return ": there is a space at an end";
    if (own.toLowerCase() === text.toLowerCase()) return ": upper and lower case differ";
    if (own.replace(/^\w+:\/\//, "") === text.replace(/^\w+:\/\//, "")) {
      return text.includes("://") ? `: write it with ${text.split("://")[0]}://` : ": write it without https://";
    }
    if (own.replace(/\/+$/, "") === text.replace(/\/+$/, "")) return ": the slashes at the end differ";
    const [one, other] = [parts(own), parts(text)];
    if (!one || !other) continue;
    if (one.href.replace(/\/$/, "") === other.href.replace(/\/$/, "")) return ": they are written differently (port, slash or case)";
    if (one.hostname.replace(/^www\./, "") === other.hostname.replace(/^www\./, "")) {
      if (one.hostname !== other.hostname) return `: www. is ${other.hostname.startsWith("www.") ? "missing" : "too much"}`;
      if (one.port !== other.port) return ": the ports differ";
      return ": the host is the same, the path is another";
    }
  }
  return "";
}

function compareTimes({ exp, nbf, iat }, now) {
  const seconds = now / 1000;
  const wrong = Object.entries({ exp, nbf, iat }).filter(([, time]) => time !== undefined && typeof time !== "number");
  if (wrong.length > 0) return wrong.map(([name, time]) => `${name} is ${kindOf(time)}`);
  if (exp === undefined) return ["exp is not there"];
  const clock = `, by the clock of ${new Date(now).toISOString().slice(0, 19)}Z`;
  if (exp <= seconds - 60) return [`It expired ${ago(seconds - exp)} ago${clock}${exp < 1e8 ? ". exp is seconds since 1970, not a lifetime" : ""}`];
  const early = Object.entries({ nbf, iat }).find(([, time]) => time > seconds + 60);
  if (!early) return [];
  const milliseconds = early[1] > 1e11 ? ". It is in milliseconds, and must be in seconds" : "";
  return [`${early[0]} is ${ago(early[1] - seconds)} ahead${clock}${milliseconds}`];
}

function ago(seconds) {
  const units = [["day", 86_400], ["hour", 3600], ["minute", 60], ["second", 1]];
  const [unit, length] = units.find(([, size]) => seconds >= size * 2) ?? units[3];
  const count = Math.floor(seconds / length);
  return `${count} ${unit}${count === 1 ? "" : "s"}`;
}

/** The value of a claim, as the Worker finds it: the longest name that is there comes first. */
function find(claims, path) {
  if (claims === null || typeof claims !== "object") return undefined;
  if (Object.hasOwn(claims, path)) return claims[path];
  for (let at = path.lastIndexOf("."); at >= 0; at = at === 0 ? -1 : path.lastIndexOf(".", at - 1)) {
    const inner = Object.hasOwn(claims, path.slice(0, at)) ? claims[path.slice(0, at)] : undefined;
    if (inner !== null && typeof inner === "object" && !Array.isArray(inner)) return find(inner, path.slice(at + 1));
  }
  return undefined;
}

function kindOf(value) {
  if (value === undefined) return "not there";
  if (value === null) return "null";
  if (value === "") return "empty";
  if (Array.isArray(value)) return value.length === 0 ? "an empty list" : "a list";
  return { string: "a text", number: "a number", boolean: "true or false", object: "an object" }[typeof value];
}
