// Tells what is wrong with a deployment and what to type: see docs/doctor.md.
//
// With URL it asks that deployment, by TRUSTED_CALLER_KEY. Without, it starts the Worker here, with
// wrangler.toml and .dev.vars as they are, and asks that one. `--config` and `--env` are wrangler's.
import { randomBytes } from "node:crypto";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { parseArgs } from "node:util";
import { findUnread } from "./dev-vars.mjs";

const ROOT = join(import.meta.dirname, "..");
const TOKEN_PATH = "/api/authkit";
/** More than a deep check may take: two issuers and UPSTREAM_DEADLINE_MS. */
const PATIENCE_MS = 60_000;

const SIGNS = { ok: "✓", warning: "!", failing: "✗" };
const failing = (name, advice) => ({ name, status: "failing", advice });

/** One request to a deployment; a redirect is an answer, so the key goes to no other host. */
const ask = (url, options) =>
  fetch(url, { redirect: "manual", signal: AbortSignal.timeout(PATIENCE_MS), ...options });

/** The deep check of the deployment whose token route is at `base`. */
function deepCheck(base, key) {
  return ask(`${base}/health/deep`, { headers: { "x-authkit-key": key } });
}

async function isHealthy(base) {
  const answer = await ask(`${base}/health`).catch(() => undefined);
  const body = answer?.status === 200 && (await answer.json().catch(() => undefined));
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
  if (!(await isHealthy(base))) {
    const advice =
      `There is no authkit-edge at ${base}. Deploy it with: make deploy. If it is deployed, look at ` +
      "[[routes]] in wrangler.toml; with ROUTE_PREFIX, add that to URL";
    return [failing("health", advice)];
  }
  const health = { name: "health", status: "ok" };
  if (!key) {
    const advice = "Its value is needed, too: TRUSTED_CALLER_KEY=… URL=… make doctor";
    return [health, failing("TRUSTED_CALLER_KEY", advice)];
  }
  const answer = await deepCheck(base, key);
  const advice = {
    401: "is another one there. Set this one with: npx wrangler secret put TRUSTED_CALLER_KEY",
    404:
      "is not set there, or shorter than 32 characters. Make one with: openssl rand -hex 32 | " +
      "npx wrangler secret put TRUSTED_CALLER_KEY",
  }[answer.status];
  if (advice) return [health, failing("TRUSTED_CALLER_KEY", advice)];
  const report = await answer.json().catch(() => undefined);
  if (report?.checks) return [health, ...report.checks];
  // A rate limiter, or plain http behind something that ends TLS.
  const said = report?.message ? `: ${report.message}` : " and no report";
  return [health, failing("health", `The deep check answers ${answer.status}${said}`)];
}

async function checkHere(options) {
  const work = mkdtempSync(join(tmpdir(), "authkit-doctor-"));
  try {
    const { TRUSTED_CALLER_KEY: key, ROUTE_PREFIX: prefix } = await bindings(options);
    const dropped = await checkFiles(options);
    // Where there are `routes`, the Worker would believe that it was called there, over plain http.
    const here = ["--local-upstream", "localhost"];
    const own = await askWorker(work, prefix, key ?? "", {
      args: ["--config", options.config, "--env", options.env, ...here],
    });
    if (own.checks) return [...dropped, ...own.checks];
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
    return [...dropped, ...own.faults.filter((fault) => !said(fault)), ...keyed.checks];
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
    const advice = lines.map(({ line, name, advice }) => `Line ${line}: ${name} ${advice}`).join("\n    ");
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
    const answer = await deepCheck(base, key);
    if (answer.status !== 404) return { checks: (await answer.json()).checks };
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

function print(checks) {
  for (const { name, status, advice } of checks) {
    console.log(`${SIGNS[status]} ${name}${advice ? `\n    ${advice}` : ""}`);
  }
  const wrong = checks.filter((check) => check.status === "failing").length;
  const settings = checks.some((check) => check.name === "upstream");
  if (wrong === 0) console.log("\nTokens can be minted.");
  else if (settings) console.log("\nNo token can be minted until that is mended.");
  else console.log("\nOnce that is mended, ask again: issuer and upstream are looked at last.");
  return wrong === 0;
}

const { values: options } = parseArgs({
  options: {
    config: { type: "string", default: join(ROOT, "wrangler.toml") },
    env: { type: "string", default: "" },
  },
});
const { URL: url, TRUSTED_CALLER_KEY: key } = process.env;
const checks = url ? await checkDeployed(url, key) : await checkHere(options);
process.exitCode = print(checks) ? 0 : 1;
