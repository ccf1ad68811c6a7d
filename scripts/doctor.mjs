// Tells what is wrong with a deployment and what to type: see docs/doctor.md.
//
// With URL it asks that deployment, by TRUSTED_CALLER_KEY. Without, it starts the Worker here, with
// wrangler.toml and .dev.vars as they are, and asks that one. `--config` and `--env` are wrangler's.
// With ISSUER it asks that issuer what to set, and starts nothing.
// With TOKEN or COOKIE it has that credential judged, too, for an identity of TYPE.
import { randomBytes } from "node:crypto";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { parseArgs } from "node:util";

import { findUnread } from "./dev-vars.mjs";
import { explain, nextTry, readCredential, readFacts } from "./doctor/credential.mjs";
import { sameZone, whatAnswers, whyNoAnswer } from "./doctor/front.mjs";
import { checkIssuer } from "./doctor/issuer.mjs";
import { readVariables, variableWarnings, withOrigins } from "./doctor/variables.mjs";

const ROOT = join(import.meta.dirname, "..");
const TOKEN_PATH = "/api/authkit";
/** More than a deep check may take: two issuers and UPSTREAM_DEADLINE_MS. */
const PATIENCE_MS = 60_000;

const SIGNS = { ok: "✓", warning: "!", failing: "✗" };
const failing = (name, advice) => ({ name, status: "failing", advice });

// No child of this process gets them.
const { URL: deployed, TRUSTED_CALLER_KEY: ownKey, TYPE: type } = process.env;
const { CF_ACCESS_CLIENT_ID: accessId, CF_ACCESS_CLIENT_SECRET: accessSecret } = process.env;
const credential = readCredential(process.env);
for (const name of ["TOKEN", "COOKIE", "CF_ACCESS_CLIENT_SECRET"]) delete process.env[name];

/** One request to a deployment; a redirect is an answer, so the key goes to no other host. */
const ask = (url, { headers, ...options } = {}) =>
  fetch(url, {
    redirect: "manual",
    signal: AbortSignal.timeout(PATIENCE_MS),
    headers: {
      // A service token that Cloudflare Access takes in front of a deployment.
      ...(accessId && accessSecret && { "cf-access-client-id": accessId, "cf-access-client-secret": accessSecret }),
      ...headers,
    },
    ...options,
  });

/** The deep check of the deployment whose token route is at `base`, with a credential in these headers. */
function deepCheck(base, key, headers) {
  const query = headers ? `?credential${type ? `&identityType=${encodeURIComponent(type)}` : ""}` : "";
  return ask(`${base}/health/deep${query}`, { headers: { ...headers, "x-authkit-key": key } });
}

/** The answer of a deep check and its report, with the credential explained. */
async function judged(base, key) {
  let sent = credential && !credential.fault ? credential.first : undefined;
  let answer = await deepCheck(base, key, sent);
  let report = await answer.clone().json().catch(() => undefined);
  const next = sent && report?.checks && nextTry(credential, report);
  if (next) {
    sent = next;
    answer = await deepCheck(base, key, next);
    report = await answer.clone().json().catch(() => undefined);
  }
  if (!report?.checks) return { answer, report };
  // Whatever this machine's clock says: that of the Worker judges.
  const date = Date.parse(answer.headers.get("date") ?? "");
  const explained = sent && explain(credential, report, sent, Number.isNaN(date) ? Date.now() : date);
  const checks = report.checks.map((check) => (explained && check.name === "credential" ? explained : sameZone(check, readFacts(report).origins[check.name], base)));
  if (credential?.fault) checks.push(failing(credential.name, credential.fault));
  else if (sent && !explained && checks.some(({ name }) => name === "configuration")) {
    checks.push(failing("credential", "This deployment is of an older version, which judges no credential. Deploy this one: make deploy"));
  }
  return { answer, report: { ...report, checks } };
}

async function isHealthy(base) {
  const answer = await ask(`${base}/health`).catch(() => undefined);
  return answer !== undefined && (await saysOk(answer));
}

async function saysOk(answer) {
  const body = answer.status === 200 && (await answer.clone().json().catch(() => undefined));
  return body?.status === "ok";
}

async function checkDeployed(text, key) {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  const local = ["localhost", "127.0.0.1", "[::1]"].includes(url?.hostname);
  if (url?.protocol !== "https:" && !(url?.protocol === "http:" && local)) {
    return [failing("URL", "must be an https:// address, as URL=https://app.example.com")];
  }
  const path = url.pathname.replace(/\/+$/, "");
  const base = url.origin + (path.endsWith(TOKEN_PATH) ? path : path + TOKEN_PATH);
  // A session of Access goes with it, if there is one: the doctor is in front of it, too.
  const through = credential?.cookies && /\bCF_Authorization=/.test(credential.cookies) ? { cookie: credential.cookies } : {};
  let answer;
  try {
    answer = await ask(`${base}/health`, { headers: through });
  } catch (error) {
    return [failing("health", `There is no authkit-edge at ${base}: ${whyNoAnswer(error, url)}`)];
  }
  if (!(await saysOk(answer))) return [failing("health", await noEdge(answer, base))];
  const health = { name: "health", status: "ok" };
  if (!key) {
    const advice = "Its value is needed, too: TRUSTED_CALLER_KEY=… URL=… make doctor";
    return [health, failing("TRUSTED_CALLER_KEY", advice)];
  }
  if (/[^\x20-\x7e]/.test(key)) return [health, failing("TRUSTED_CALLER_KEY", "has characters that no header carries")];
  const { answer: deep, report } = await judged(base, key);
  if (report?.checks) return [health, ...report.checks];
  const isOwn = report?.code && report?.request_id;
  const advice = isOwn && {
    401: "is another one there. Set this one with: npx wrangler secret put TRUSTED_CALLER_KEY",
    404:
      "is not set there, or shorter than 32 characters. Make one with: openssl rand -hex 32 | " +
      "npx wrangler secret put TRUSTED_CALLER_KEY",
  }[deep.status];
  if (advice) return [health, failing("TRUSTED_CALLER_KEY", advice)];
  // A rate limiter, plain http behind something that ends TLS, or something in front of this path alone.
  const front = isOwn ? undefined : await whatAnswers(deep, new URL(base));
  const said = report?.message ? `: ${report.message}` : ` and no report${front ? `. ${front}` : ""}`;
  return [health, failing("health", `The deep check answers ${deep.status}${said}`)];
}

/** What answers where authkit-edge should. */
async function noEdge(answer, base) {
  const front = await whatAnswers(answer, new URL(`${base}/health`));
  if (front) return `There is no authkit-edge at ${base} to be seen. ${front}`;
  return (
    `There is no authkit-edge at ${base}. Deploy it with: make deploy. If it is deployed, look at ` +
    "[[routes]] in wrangler.toml; with ROUTE_PREFIX, add that to URL"
  );
}

async function checkHere(options) {
  const work = mkdtempSync(join(tmpdir(), "authkit-doctor-"));
  try {
    const { TRUSTED_CALLER_KEY: key, ROUTE_PREFIX: prefix } = await bindings(options);
    const variables = await readVariables(options);
    const unread = await checkFiles(options);
    const found = (checks) => [...unread, ...variableWarnings(variables), ...checks.map((check) => withOrigins(check, variables))];
    // Where there are `routes`, the Worker would believe that it was called there, over plain http.
    const here = ["--local-upstream", "localhost"];
    const own = await askWorker(work, prefix, key ?? "", {
      args: ["--config", options.config, "--env", options.env, ...here],
    });
    if (own.checks) return found(own.checks);
    // Nobody may ask this Worker, so one is asked that has a key besides. With a key, `header` and
    // `body` are right where they were wrong without: what the first one said of itself counts too.
    const temporary = randomBytes(32).toString("hex");
    const keyFile = join(work, "key");
    writeFileSync(keyFile, temporary, { mode: 0o600, flag: "wx" });
    const keyed = await askWorker(work, prefix, temporary, {
      program: join(import.meta.dirname, "doctor-worker.mjs"),
      args: [options.config, options.env, join(work, "state"), keyFile],
    });
    const said = ({ name }) => keyed.checks.some((check) => check.name === name);
    return found([...own.faults.filter((fault) => !said(fault)), ...keyed.checks]);
  } finally {
    rmSync(work, { recursive: true, force: true, maxRetries: 5 });
  }
}

/** The variables and secrets as `wrangler dev` gives them to the Worker. */
async function bindings({ config, env }) {
  process.env.WRANGLER_LOG ??= "error";
  const { getPlatformProxy } = await import("wrangler");
  const options = { configPath: config, environment: env, persist: false, remoteBindings: false };
  const proxy = await getPlatformProxy(options);
  const found = { ...proxy.env };
  await proxy.dispose();
  return found;
}

/** What .dev.vars sets and wrangler drops, of which it says nothing. */
async function checkFiles({ config, env }) {
  const files = Object.groupBy(await findUnread(config, env), ({ file }) => file);
  return Object.entries(files).map(([name, lines]) => {
    const advice = lines.map(({ line, name, advice }) => `Line ${line}: ${name} ${advice}`).join("\n");
    return { name, status: "warning", advice };
  });
}

/** Starts the Worker and asks it: `checks`, or `faults` of its log if it lets nobody ask. */
async function askWorker(work, prefix, key, how) {
  const { serveWrangler } = await import("../tests/conformance/lib/children.mjs");
  const worker = await serveWrangler("the Worker", {
    cwd: ROOT,
    // Its log is read.
    env: { WRANGLER_LOG: "log" },
    folder: work,
    ...how,
  });
  try {
    const origin = `http://127.0.0.1:${worker.port}`;
    const prefixed = `${origin}${prefix ?? ""}${TOKEN_PATH}`;
    // A prefix that is wrong is not used.
    const base = (await isHealthy(prefixed)) ? prefixed : origin + TOKEN_PATH;
    const { answer, report } = await judged(base, key);
    if (answer.status !== 404) return { checks: report.checks };
    return { faults: await loggedFaults(base, worker) };
  } finally {
    await worker.stop();
  }
}

/** What the log line of a request for a token says of the configuration: one fault, and names. */
async function loggedFaults(base, worker) {
  const { code, request_id: id } = await (await ask(base, { method: "POST" })).json();
  if (code !== "misconfigured") return [];
  const { reason } = JSON.parse(await lineOf(worker, id));
  const [, name, advice, others] = reason.match(/^([A-Z_]+): (.*?)(?:; also wrong: (.*))?$/s);
  const later = "is wrong, too. Ask again once the others are mended";
  const more = others?.split(", ") ?? [];
  return [failing(name, advice), ...more.map((other) => failing(other, later))];
}

/** The log line of a request, which may come a little after its answer. */
async function lineOf(worker, id) {
  for (let tries = 0; tries < 100; tries += 1) {
    const lines = worker.tail().split("\n");
    const line = lines.find((text) => text.startsWith("{") && text.includes(id));
    if (line) return line;
    await sleep(50);
  }
  throw new Error(`the Worker logs nothing:\n${worker.tail()}`);
}

function list(checks) {
  for (const { name, status, advice } of checks) {
    const lines = advice?.split("\n").map((line) => `\n    ${line}`) ?? [];
    console.log(`${SIGNS[status]} ${name}${lines.join("")}`);
  }
}

/** Lines to paste, if the issuer has what it takes. */
async function printIssuer(issuer) {
  const { checks, lines } = await checkIssuer(issuer);
  list(checks);
  console.log(
    lines
      ? `\nFor [vars] of wrangler.toml:\n\n${lines.join("\n")}\n\nJWT_AUDIENCE is the \`aud\` of your tokens. Then let one be judged: TOKEN=… make doctor`
      : "\nThere is nothing to paste until that is mended.",
  );
  return lines !== undefined;
}

function print(checks) {
  list(checks);
  const failed = checks.filter((check) => check.status === "failing").map(({ name }) => name);
  const settings = checks.some((check) => check.name === "upstream");
  const isCredential = (name) => name.startsWith("credential");
  const tried = checks.some(({ name }) => isCredential(name));
  console.log(`\n${verdict({ failed, settings, isCredential, tried })}`);
  return failed.length === 0;
}

function verdict({ failed, settings, isCredential, tried }) {
  if (failed.length === 0 && tried) return "The key works, and this credential gets a token.";
  if (failed.length === 0) {
    return "The settings are whole and the key works. No credential was tried: TOKEN=… make doctor tries one.";
  }
  if (settings && failed.every(isCredential)) return "The key works, and this credential gets no token until that is mended.";
  if (settings) return "No token can be minted until that is mended.";
  if (credential) return "Once that is mended, ask again: issuer, credential and upstream are looked at last.";
  return "Once that is mended, ask again: issuer and upstream are looked at last.";
}

const { values: options } = parseArgs({
  options: {
    config: { type: "string", default: join(ROOT, "wrangler.toml") },
    env: { type: "string", default: "" },
  },
});
if (process.env.ISSUER) process.exitCode = (await printIssuer(process.env.ISSUER)) ? 0 : 1;
else process.exitCode = print(deployed ? await checkDeployed(deployed, ownKey) : await checkHere(options)) ? 0 : 1;
