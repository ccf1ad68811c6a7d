// `make dev` as somebody types it, and the application beside it.
import { spawn } from "node:child_process";
import { once } from "node:events";
import { createServer } from "node:net";
import { delimiter, join } from "node:path";
import { apps } from "./apps.mjs";
import { root } from "./page.mjs";

const PATIENCE_MS = 300_000;
const bin = join(apps, "node_modules/.bin");

/** Of the user who types it: nothing that make, npm or a test has set. */
const environment = Object.fromEntries(
  Object.entries(process.env).filter(([name]) => !/^(MAKE|npm_|NODE_|CI$|HOST$|PORT$|APP$|PRESET$|ISSUER$|JWT_|SESSION_|ACCESS_|IDENTITY_|ONLY$|WRITE$)/.test(name)),
);
const quiet = { CI: "1", NO_COLOR: "1", NEXT_TELEMETRY_DISABLED: "1", WRANGLER_SEND_METRICS: "false", CLOUDFLARE_CF_FETCH_ENABLED: "false" };

/** Programs of a user who has Node.js 22. */
const path = [bin, join(root, "node_modules/.bin"), environment.PATH].join(delimiter);

/** A free port, which is this process's until it is released. */
export async function reserve() {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address();
  return {
    port,
    async release() {
      server.close();
      await once(server, "close");
    },
  };
}

/** Starts a program in a process group of its own. `says` waits for a text of its output. */
export function start(command, args, { cwd, env }) {
  const child = spawn(command, args, { cwd, env: { ...environment, ...quiet, PATH: path, ...env }, detached: true, stdio: ["ignore", "pipe", "pipe"] });
  let output = "";
  const closed = once(child, "close").catch(() => {});
  const end = () => {
    try {
      process.kill(-child.pid, "SIGTERM");
    } catch {
      // Gone already.
    }
  };
  process.once("exit", end);
  const waiting = new Set();
  for (const stream of [child.stdout, child.stderr]) {
    stream.on("data", (bytes) => {
      output += bytes;
      for (const look of waiting) look();
    });
  }
  return {
    output: () => output,
    closed,
    exitCode: () => child.exitCode,
    async says(pattern) {
      let look, timer;
      const found = new Promise((resolve, reject) => {
        look = () => pattern.test(output) && resolve();
        waiting.add(look);
        look();
        closed.then(() => reject(new Error(`${command} ended:\n${output}`)));
        timer = setTimeout(() => reject(new Error(`${command} does not say ${pattern}:\n${output}`)), PATIENCE_MS);
      });
      await found.finally(() => (waiting.delete(look), clearTimeout(timer)));
      return output.match(pattern);
    },
    async stop() {
      process.removeListener("exit", end);
      end();
      await closed;
    },
  };
}

/** Runs a program to its good end. */
export async function run(command, args, options) {
  const child = start(command, args, options);
  await child.closed;
  if (child.exitCode() !== 0) throw new Error(`${command} ${args.join(" ")}:\n${child.output()}`);
}

/** The Worker and the stand-ins for an application: `settings` are what is typed behind `make dev`. */
export async function makeDev(settings, { port, sandboxPort }) {
  const typed = Object.entries({ PORT: port, SANDBOX_PORT: sandboxPort, ...settings }).map(([name, value]) => `${name}=${value}`);
  const child = start("make", ["dev", ...typed], { cwd: root, env: { PATH: environment.PATH } });
  await child.says(/Ctrl-C stops both/);
  return child;
}
