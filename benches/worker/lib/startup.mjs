// How long a new workerd with one Worker takes: until it listens, until its first answer, which
// asks nobody, and until its first token.
import { spawn } from "node:child_process";
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { parseStat } from "./processes.mjs";
import { rotated } from "./statistics.mjs";
import { catalogueOf, preflight, time, tokenRequest } from "./tokens.mjs";
import { binary, configure, CONTROL, LISTENING } from "./workerd.mjs";

const START_MS = 20_000;

/** Resolves to `{listeningMs, answerMs, tokenMs, cpuMs}` of every start, by Worker. */
export async function measureStartup(workers, sandbox, cpus, plan, say) {
  await sandbox.set(await catalogueOf(sandbox, 3));
  say(`Start-up: ${plan.times} times`);
  const samples = Object.fromEntries(workers.map(({ name }) => [name, []]));
  for (let round = 0; round < plan.times; round += 1) {
    for (const worker of rotated(workers, round)) {
      samples[worker.name].push(await start(worker, sandbox, cpus));
    }
  }
  return samples;
}

async function start(worker, sandbox, cpus) {
  const config = configure(worker.name, worker.files(), worker.bindings(sandbox.url));
  // Not by the guard, whose own start would be measured: the kernel ends it together with this.
  const command = ["setpriv", "--pdeathsig", "KILL", binary, "serve", config, CONTROL];
  if (cpus) command.unshift("taskset", "--cpu-list", String(cpus.server));
  const begin = performance.now();
  const child = spawn(command[0], command.slice(1), { stdio: ["ignore", "pipe", "inherit"] });
  const ended = once(child, "exit");
  const timer = setTimeout(() => child.kill("SIGKILL"), START_MS);
  try {
    const port = await listening(child);
    const listeningMs = performance.now() - begin;
    await time(port, preflight(worker), 204);
    const answerMs = performance.now() - begin;
    await time(port, tokenRequest(worker));
    const tokenMs = performance.now() - begin;
    const { cpuMs } = parseStat(readFileSync(`/proc/${child.pid}/stat`, "utf8"));
    return { listeningMs, answerMs, tokenMs, cpuMs };
  } finally {
    clearTimeout(timer);
    child.kill("SIGKILL");
    await ended;
  }
}

function listening(child) {
  return new Promise((resolve, reject) => {
    let output = "";
    // It is listened to until the end: workerd prints what the Workers log.
    child.stdout.on("data", (data) => {
      output += data;
      const found = output.match(LISTENING);
      if (found) resolve(Number(found[1]));
    });
    child.on("error", reject);
    child.on("exit", () => reject(new Error(`workerd does not start:\n${output}`)));
  });
}
