// The soak: node tests/soak/run.mjs [--short]. Without --short it writes its figures into
// docs/reliability.md.
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fill } from "../../benches/worker/lib/report.mjs";
import { removeWork } from "../../benches/worker/lib/workerd.mjs";
import { run, Tally } from "./lib/load.mjs";
import { sample, trend } from "./lib/memory.mjs";
import { cycle, DEADLINE_MS } from "./lib/phases.mjs";
import { block } from "./lib/report.mjs";
import { start } from "./lib/server.mjs";

const PAGE = join(import.meta.dirname, "../../docs/reliability.md");

/** Requests in all, clients at once, and the minutes after which it gives up. */
const PLANS = {
  short: { requests: 3000, clients: 8, share: 0.2, minutes: 5 },
  full: { requests: 100_000, clients: 32, share: 1, minutes: 60 },
};

process.on("exit", removeWork);
for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"]) process.on(signal, () => process.exit(1));

const begun = performance.now();
const say = (text) => console.log(`[${Math.round((performance.now() - begun) / 1000)} s] ${text}`);

async function soak(plan) {
  const variables = { UPSTREAM_DEADLINE_MS: String(DEADLINE_MS), FLAGS_CACHE_SECONDS: "1" };
  const setup = await start("the-soak", { say, variables, inspector: true });
  try {
    const phases = cycle.map((phase) => ({ ...phase, requests: Math.round(phase.requests * plan.share) }));
    const tally = new Tally();
    const samples = [];
    const loading = performance.now();
    for (let round = 1; tally.requests < plan.requests; round += 1) {
      await run(setup, phases, plan.clients, tally);
      samples.push(await sample(setup));
      const { heapMb, wasmMb, residentMb } = samples.at(-1);
      const memory = [heapMb, wasmMb, residentMb].map((mb) => mb.toFixed(1)).join(" + ");
      say(`${tally.requests} requests, ${round} times through all faults; heap, WASM, process: ${memory} MB`);
    }
    tally.checkThatAllWereMet(phases);
    const seconds = (performance.now() - loading) / 1000;
    return { tally, samples, phases: phases.length, memory: trend(samples), seconds, plan };
  } finally {
    await setup.stop();
  }
}

async function main(args) {
  const isShort = args[0] === "--short";
  if (args.length > (isShort ? 1 : 0)) throw new Error("Usage: node tests/soak/run.mjs [--short]");
  if (process.platform !== "linux") {
    // The memory of the process is read from /proc.
    if (isShort) return say("Not run: the soak needs Linux");
    throw new Error("The soak needs Linux.");
  }
  const plan = isShort ? PLANS.short : PLANS.full;
  setTimeout(() => {
    console.error(`The soak takes longer than ${plan.minutes} minutes; giving up.`);
    process.exit(1);
  }, plan.minutes * 60_000).unref();
  const results = await soak(plan);
  const text = block(results);
  console.log(text);
  if (!isShort) writeFileSync(PAGE, fill(readFileSync(PAGE, "utf8"), { figures: text }, "soak"));
  const leaks = Object.entries(results.memory).filter(([, { grows }]) => grows);
  if (leaks.length > 0) throw new Error(`It leaks: ${JSON.stringify(Object.fromEntries(leaks))}`);
  say("No hang, no wrong answer, no leak");
}

try {
  await main(process.argv.slice(2));
  process.exit(0);
} catch (error) {
  console.error(error);
  process.exit(1);
}
