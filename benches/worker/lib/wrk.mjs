// Load, by wrk, in a process of its own.
import { execFile, execFileSync } from "node:child_process";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { promisify } from "node:util";
import { run } from "../../../tests/conformance/lib/children.mjs";

const SCRIPT = join(import.meta.dirname, "wrk.lua");

/** Installs wrk where that can be done. */
export async function installWrk(say) {
  if (version()) return;
  if (process.getuid?.() !== 0 || !existsSync("/usr/bin/apt-get")) {
    throw new Error("The bench needs wrk (https://github.com/wg/wrk): apt-get install wrk");
  }
  say("Installing wrk with apt");
  await run("apt-get", ["update", "-qq"]);
  await run("apt-get", ["install", "-y", "-qq", "wrk"]);
}

/** `4.1.0`, or nothing. */
export function version() {
  try {
    execFileSync("wrk", ["--version"], { encoding: "utf8" });
  } catch (error) {
    // It ends with 1 after it has told its version.
    return error.stdout?.match(/^wrk \D*([\d.]+)/)?.[1];
  }
}

/**
 * Asks the same over so many connections, each as fast as it is answered:
 * `{requests, errors, seconds, p50Ms, p99Ms, bytes}`, the last per request with its head.
 */
export async function load(port, { path, headers, body }, { connections, seconds }) {
  const sent = Object.entries(headers).filter(([name]) => name !== "content-length");
  const args = [
    ...["--threads", "1", "--connections", connections, "--duration", `${seconds}s`],
    ...["--timeout", "10s", "--script", SCRIPT],
    ...sent.flatMap(([name, value]) => ["--header", `${name}: ${value}`]),
    ...[`http://127.0.0.1:${port}${path}`, "--", body],
  ];
  const { stdout } = await promisify(execFile)("wrk", args.map(String), { timeout: (seconds + 30) * 1000 });
  return parse(stdout);
}

/** What wrk.lua printed among wrk's own lines. */
export function parse(output) {
  const line = output.split("\n").find((text) => text.startsWith("{"));
  if (!line) throw new Error(`wrk did not report:\n${output}`);
  const { requests, errors, us, bytes, p50us, p99us } = JSON.parse(line);
  return {
    requests,
    errors,
    seconds: us / 1e6,
    bytes: requests === 0 ? 0 : bytes / requests,
    p50Ms: p50us / 1000,
    p99Ms: p99us / 1000,
  };
}
