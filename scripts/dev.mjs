// Starts the sandbox and the Worker, and stops both together: see dev.sh, which has built them. Says
// what to paste into an application of your own (APP), and starts the Worker again when its settings change.
//
// The Worker gets a configuration of its own, made of wrangler.toml. So wrangler watches no file that an
// editor replaces, which would end it, and reads no real key.
import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdtempSync, readFileSync, rmSync, unwatchFile, watchFile, writeFileSync } from "node:fs";
import net from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { setTimeout as sleep } from "node:timers/promises";
import { parseArgs, parseEnv } from "node:util";
import { isSecret } from "./dev-vars.mjs";
import { ROUTE, devSettings, toPaste } from "./dev/settings.mjs";

const ROOT = join(import.meta.dirname, "..");
const TOML = join(ROOT, "wrangler.toml");
const DEV_VARS = join(ROOT, ".dev.vars");
/** How long a program has to end by itself, in milliseconds. */
const GRACE_MS = 5_000;
/** How long the first answer may take: the Worker may have to ask the application. */
const FIRST_ANSWER_MS = 10_000;
/** How many lines of the Worker's log are kept. */
const LOG_LINES = 50;
/** How often a file is looked at, in milliseconds. A file that is replaced is not lost out of sight. */
const LOOK_MS = 500;

const { values: given } = parseArgs({
  options: { check: { type: "boolean" }, listen: { type: "string" }, reached: { type: "string" }, sandbox: { type: "string" } },
});
const { APP: app, PORT: port = "8787", SANDBOX_PORT: sandboxPort = "8788" } = process.env;
const reached = given.reached ?? "127.0.0.1";
const sandboxUrl = `http://${reached}:${sandboxPort}`;
const shown = reached === "127.0.0.1" ? "localhost" : reached;

const say = (text) => console.log(`==> ${text}`);
const fail = (text) => {
  console.error(`error: ${text}`);
  process.exitCode = 1;
};

/** What wrangler.toml and the other files say now. */
async function read() {
  const { unstable_readConfig: readConfig } = await import("wrangler");
  const of = (env) => readConfig({ config: TOML, env }, { hideWarnings: true });
  const config = of("dev");
  const base = {
    ...filled(config.vars),
    ...parseEnv(readFileSync(join(ROOT, "sandbox/dev.env"), "utf8")),
    JWT_ISSUER: sandboxUrl,
    JWT_JWKS_URL: `${sandboxUrl}/_sandbox/keys`,
  };
  base.ONE_SECRET_KEY = base.PICA_SECRET_KEY;
  const devVars = app && existsSync(DEV_VARS) ? parseEnv(readFileSync(DEV_VARS, "utf8")) : {};
  const toml = app ? filled(of(undefined).vars) : {};
  return { config, ...devSettings({ shell: process.env, devVars, toml, base, sandbox: sandboxUrl }) };
}

/** An empty value counts as not set; a list is written with commas, as settings are. */
function filled(vars = {}) {
  return Object.fromEntries(Object.entries(vars).map(([name, value]) => [name, String(value)]).filter(([, value]) => value !== ""));
}

/** The configuration for wrangler, in a folder that is only this user's. */
function write(folder, { config, variables }) {
  const entries = Object.entries(variables);
  const { name, compatibility_date, compatibility_flags, services, ratelimits, assets, build } = config;
  const text = JSON.stringify({
    name,
    main: join(ROOT, "build/index.js"),
    compatibility_date,
    compatibility_flags,
    ...(services?.length && { services }),
    ...(ratelimits?.length && { ratelimits }),
    // The demo's page would sign in where nobody is believed.
    ...(!app && { assets: { ...assets, directory: join(ROOT, "demo/dist") } }),
    build: { command: build.command, cwd: ROOT, watch_dir: ["src", "worker"].map((name) => join(ROOT, name)) },
    vars: Object.fromEntries(entries.filter(([name]) => !isSecret(name))),
  });
  writeFileSync(join(folder, "wrangler.json"), text, { mode: 0o600 });
  const quote = (value) => ["'", '"', "`"].find((mark) => !value.includes(mark)) ?? "";
  const secrets = entries.filter(([name]) => isSecret(name)).map(([name, value]) => `${name}=${quote(value)}${value}${quote(value)}\n`);
  writeFileSync(join(folder, ".dev.vars"), secrets.join(""), { mode: 0o600 });
}

const running = new Set();
let stopping = false;

/** Starts a program in a process group of its own, so that it can be ended with what it starts. */
function start(command, args, { pipe = false } = {}) {
  const child = spawn(command, args, { cwd: ROOT, detached: true, stdio: ["ignore", pipe ? "pipe" : "inherit", "inherit"] });
  running.add(child);
  child.ended = once(child, "close").catch(() => {}).then(() => running.delete(child));
  child.once("error", (error) => fail(`${command}: ${error.message}`));
  return child;
}

async function end(child) {
  if (!running.has(child)) return;
  const signal = (name) => {
    try {
      process.kill(-child.pid, name);
    } catch {
      // Gone already.
    }
  };
  signal("SIGTERM");
  await Promise.race([child.ended, sleep(GRACE_MS, undefined, { ref: false })]);
  signal("SIGKILL");
  await child.ended;
}

async function stop() {
  if (stopping) return;
  stopping = true;
  for (const file of [TOML, DEV_VARS]) unwatchFile(file);
  await Promise.all([...running].map(end));
}

/** The last lines of the Worker's log: what is wrong with a setting stands there. */
let log = [];

function startWorker(folder) {
  const args = ["dev", "--config", join(folder, "wrangler.json"), "--ip", given.listen ?? "127.0.0.1", "--port", port];
  const child = start("wrangler", [...args, "--persist-to", join(ROOT, ".wrangler/state"), "--show-interactive-dev-session=false"], { pipe: true });
  child.stdout.on("data", (bytes) => process.stdout.write(bytes));
  createInterface({ input: child.stdout }).on("line", (line) => (log = [...log, line].slice(-LOG_LINES)));
  return child;
}

const isUp = () =>
  new Promise((resolve) => {
    const socket = net.connect({ host: reached, port: Number(port) }, () => resolve(true)).once("error", () => resolve(false));
    socket.once("connect", () => socket.end());
  });

/** Waits for the Worker; false when it has ended instead. */
async function isStarted(worker) {
  while (running.has(worker) && !(await isUp())) await sleep(200);
  return running.has(worker);
}

/** What the Worker goes by for an application of yours, and whether that is whole. */
async function introduce({ variables, from }) {
  const verdict = await ask(variables.ROUTE_PREFIX ?? "");
  say(`The Worker is on http://${shown}:${port}, and the sandbox stands in for Pica on ${sandboxUrl}.`);
  for (const [name, place] of Object.entries(from)) {
    console.log(`    ${name} = ${isSecret(name) ? "(a secret)" : `"${variables[name]}"`}   from ${place}`);
  }
  say(verdict);
}

/** What to write into an application of yours. */
function sayWhatToPaste({ variables }) {
  const { next, vite, widget } = toPaste({ port, host: shown, prefix: variables.ROUTE_PREFIX, sandbox: sandboxUrl });
  say(`For your application at ${app}, in development:`);
  console.log(`
    Next.js, in next.config.ts:
      ${next}

    Vite, in vite.config.ts:
      ${vite}

    The stand-in for the widget, in .env.development:
      NEXT_PUBLIC_AUTHKIT_WIDGET=${widget}
      VITE_AUTHKIT_WIDGET=${widget}
    or where you call createAuthKit, until you deploy:
      baseUrl: "${widget}",

    docs/start.md has the rest, for these and others.
`);
}

/** Asks as somebody who is not signed in. A development Worker says what it has looked for. */
async function ask(prefix) {
  try {
    const answer = await fetch(`http://${reached}:${port}${prefix}${ROUTE}`, { method: "POST", signal: AbortSignal.timeout(FIRST_ANSWER_MS) });
    const { code, message, request_id: id } = await answer.json();
    if (code === "unauthenticated") return `Who is not signed in gets 401: ${message}`;
    // Why not stands in the log. The line may come a little after the answer.
    for (let tries = 0; tries < 20 && !log.some((line) => line.includes(id)); tries += 1) await sleep(100);
    const { reason = message } = JSON.parse(log.find((line) => line.startsWith("{") && line.includes(id)) ?? "{}");
    return `NOT READY: ${reason}`;
  } catch (error) {
    return `NOT READY: ${error.message}`;
  }
}

async function run() {
  let settings = await read();
  const folder = mkdtempSync(join(tmpdir(), "authkit-dev-"));
  process.once("exit", () => rmSync(folder, { recursive: true, force: true }));
  for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"]) process.on(signal, stop);
  write(folder, settings);
  const sandbox = start(given.sandbox, ["--host", given.listen ?? "127.0.0.1", "--port", sandboxPort]);
  let worker = startWorker(folder);

  /** Files that have changed since the Worker was started. */
  const changed = new Set();
  for (const file of app ? [TOML, DEV_VARS] : [TOML]) {
    // A file that is not there is told of once, unchanged.
    watchFile(file, { interval: LOOK_MS }, (now, before) => now.mtimeMs !== before.mtimeMs && changed.add(file));
  }
  const greet = async (first) => {
    if (app) await introduce(settings);
    if (app && first) sayWhatToPaste(settings);
    if (!app) {
      say(`Demo on http://${shown}:${port} (sandbox on ${sandboxPort}). Or try:`);
      console.log(`\n    curl -sX POST ${shown}:${port}${ROUTE} -H 'x-user-id: user_123' | grep -oE '"total":[0-9]+'\n`);
    }
    for (const note of settings.notes) say(`NOT USED: ${note}`);
    if ((given.listen ?? "127.0.0.1") !== "127.0.0.1") say("Whoever reaches this machine reaches both; all that they give away is the sandbox's");
    say("Ctrl-C stops both");
  };
  if (await isStarted(worker)) await greet(true);

  while (!stopping && running.has(sandbox) && running.has(worker)) {
    await sleep(LOOK_MS);
    if (changed.size === 0 || stopping) continue;
    const names = [...changed].map((file) => file.slice(ROOT.length + 1)).join(" and ");
    changed.clear();
    try {
      const next = await read();
      if (next.faults.length > 0) throw new Error(next.faults.join("; "));
      if (JSON.stringify([next.config, next.variables]) === JSON.stringify([settings.config, settings.variables])) continue;
      settings = next;
    } catch (error) {
      say(`${names} changed, and that is NOT taken up: ${error.message}`);
      continue;
    }
    say(`${names} changed: the Worker starts again`);
    await end(worker);
    if (stopping) break;
    write(folder, settings);
    worker = startWorker(folder);
    if (await isStarted(worker)) await greet(false);
  }
  const byItself = !stopping;
  await stop();
  if (byItself) fail("the sandbox or wrangler ended by itself: see its output above");
}

if (given.check) {
  const { notes, faults } = await read();
  for (const note of notes) say(`NOT USED: ${note}`);
  for (const fault of faults) fail(fault);
} else {
  await run();
}
