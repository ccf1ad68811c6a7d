// The programs that a run starts.
import { spawn } from "node:child_process";
import { once } from "node:events";
import { createServer } from "node:net";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";

const ROOT = join(import.meta.dirname, "../../..");
const START_MS = 60_000;
const GUARD = join(import.meta.dirname, "guard.mjs");

/** Runs a program to its end; fails with its last output when that is not a good one. */
export async function run(command, args, { cwd, env } = {}) {
  const child = launch(command, args, cwd, env);
  await child.closed;
  if (child.process.exitCode !== 0) throw new Error(`${command} ${args.join(" ")} failed:\n${child.tail()}`);
}

/**
 * Starts a server and waits until it prints `ready`, whose first group is its port. `args` gets a
 * free port, for servers that cannot choose one; such a port may be taken by another program in
 * the meantime, so a server that ends at once is given another. `guard` is the process whose only
 * child leads the process group that all processes of the server are in.
 */
export async function serve(name, { command, args, cwd, env, ready }) {
  for (let attempt = 1; ; attempt += 1) {
    const port = await freePort();
    const child = launch(command, args(port), cwd, env(port));
    const found = await waitFor(child, ready);
    if (found) {
      const { pid: guard } = child.process;
      const { stdout } = child.process;
      return { port: Number(found[1] ?? port), guard, stdout, stop: () => stop(child), tail: child.tail };
    }
    await stop(child);
    if (attempt === 3) throw new Error(`${name} does not start:\n${child.tail()}`);
  }
}

/**
 * Starts `wrangler dev` as `serve` does, on a free port. It asks no questions, is on no network but that
 * port's, finds no other Worker, and writes into `folder`. A `program` does it instead, if there is one:
 * it gets the `args` alone.
 */
export function serveWrangler(name, { cwd, args, env, folder, program }) {
  const bin = join(ROOT, "node_modules/.bin");
  const dev = [
    ...["dev", "--ip", "127.0.0.1", "--port", "0", "--inspector-port", "0"],
    ...["--persist-to", join(folder, "state")],
  ];
  return serve(name, {
    cwd,
    command: join(bin, program ? "node" : "wrangler"),
    args: () => [...(program ? [program] : dev), ...args],
    env: () => ({
      // wrangler needs a newer Node.js than the machine may have.
      PATH: `${bin}:${process.env.PATH}`,
      CI: "1",
      NO_COLOR: "1",
      CLOUDFLARE_CF_FETCH_ENABLED: "false",
      WRANGLER_SEND_METRICS: "false",
      WRANGLER_REGISTRY_PATH: join(folder, "registry"),
      WRANGLER_LOG_PATH: join(folder, "logs"),
      ...env,
    }),
    ready: /Ready on http:\/\/127\.0\.0\.1:(\d+)/,
  });
}

function launch(command, args, cwd, env) {
  const child = spawn(process.execPath, [GUARD, command, ...args], {
    cwd,
    env: { ...process.env, ...env },
    stdio: ["pipe", "pipe", "pipe"],
  });
  let output = "";
  const keep = (data) => {
    output += data;
    // Not each time: a server under load prints a lot.
    if (output.length > 200_000) output = output.slice(-100_000);
  };
  child.stdout.on("data", keep);
  child.stderr.on("data", keep);
  const closed = once(child, "close");
  const tail = () => output.split("\n").slice(-40).join("\n");
  return { process: child, closed, output: () => output, tail };
}

async function waitFor(child, ready) {
  let ended = false;
  child.closed.then(() => {
    ended = true;
  });
  for (const start = Date.now(); !ended && Date.now() - start < START_MS; await sleep(50)) {
    const found = child.output().match(ready);
    if (found) return found;
  }
}

async function stop(child) {
  child.process.stdin.destroy();
  await child.closed;
}

/** A port that was free at this address a moment ago. */
export async function freePort(host = "127.0.0.1") {
  const server = createServer().listen(0, host);
  await once(server, "listening");
  const { port } = server.address();
  server.close();
  await once(server, "close");
  return port;
}
