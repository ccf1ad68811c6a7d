// Measures the Worker beside two hand-written JavaScript Workers and the five samples, and writes
// docs/performance.md: node benches/worker/run.mjs [--full | --smoke | --render]. A smoke run writes
// nothing: it shows that the bench works and that all answer the same. --render writes the page
// anew from the last run's figures.
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { startSandbox } from "../../tests/conformance/lib/sandbox.mjs";
import { install } from "../../tests/conformance/lib/install.mjs";
import { edge, everyone, launch, plain, workers } from "./lib/contestants.mjs";
import { measureGrowth } from "./lib/growth.mjs";
import { measureFresh, measureLatency, measureNews } from "./lib/latency.mjs";
import { measureLoad } from "./lib/load.mjs";
import { machine } from "./lib/machine.mjs";
import { plots } from "./lib/plots.mjs";
import { divideCpus, Group, pin } from "./lib/processes.mjs";
import { profiles } from "./lib/profiles.mjs";
import { blocks, fill } from "./lib/report.mjs";
import { measureStartup } from "./lib/startup.mjs";
import { removeWork } from "./lib/workerd.mjs";
import { installWrk } from "./lib/wrk.mjs";

const docs = join(import.meta.dirname, "../../docs");
const DOCUMENT = join(docs, "performance.md");
const RESULTS = join(import.meta.dirname, ".results.json");

const MODES = { "--smoke": "smoke", "--full": "full", "--render": "render" };

process.on("exit", removeWork);
for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"]) process.on(signal, () => process.exit(1));

const started = Date.now();
const say = (text) => console.log(`[${Math.round((Date.now() - started) / 1000)} s] ${text}`);

async function main(args) {
  const mode = args.length === 0 ? "quick" : MODES[args[0]];
  if (!mode || args.length > 1) throw new Error(`Usage: node benches/worker/run.mjs [${Object.keys(MODES).join(" | ")}]`);
  if (mode === "render") return write(JSON.parse(readFileSync(RESULTS, "utf8")));
  if (process.platform !== "linux") {
    // CPU time and memory of the servers are read from /proc.
    if (mode === "smoke") return say("Not run: the bench needs Linux");
    throw new Error("The bench needs Linux.");
  }

  const profile = profiles[mode];
  setTimeout(() => {
    console.error(`The bench takes longer than ${profile.minutes} minutes; giving up.`);
    process.exit(1);
  }, profile.minutes * 60_000).unref();
  await installWrk(say);
  const binary = await install(say, profile.sandbox);
  const results = await measure(profile, binary);
  // Rendered after a smoke run, too: that is half of what could break.
  const files = rendered(results);
  if (mode === "smoke") return say("All answer the same, nobody failed");
  writeFileSync(RESULTS, JSON.stringify(results, null, 1));
  save(files);
}

async function measure(profile, binary) {
  const cpus = divideCpus();
  // Before anything is started, which stays there then; servers are moved to their own CPU.
  if (cpus) pin(process.pid, cpus.others);
  const sandbox = await startSandbox(binary, "the bench", ["--quiet"]);
  sandbox.group = new Group(sandbox.guard);
  const results = { command: profile.command, profile, machine: machine(cpus) };

  const servers = [];
  try {
    say(`Starting ${everyone.length} servers`);
    for (const contestant of everyone) servers.push(await launch(contestant, sandbox.url, cpus));
    results.load = await measureLoad(servers, sandbox, cpus, profile.load, say);
    results.latency = await measureLatency(servers, sandbox, profile.latency, say);
    const running = servers.filter(({ contestant }) => workers.includes(contestant));
    results.news = await measureNews(running, sandbox, profile.latency, say);
  } finally {
    for (const { stop } of servers) await stop();
  }
  // The rest starts its own servers, and these would only be in the way.
  results.fresh = await measureFresh(workers, sandbox, cpus, profile.latency, say);
  results.startup = await measureStartup(workers, sandbox, cpus, profile.startup, say);
  results.growth = await measureGrowth([edge, plain], edge, sandbox, cpus, profile.growth, say);
  await sandbox.stop();
  return results;
}

/** The text of every file that is written, by path. */
function rendered(results) {
  const page = fill(readFileSync(DOCUMENT, "utf8"), blocks(results));
  const pictures = Object.entries(plots(results)).map(([name, svg]) => [join(docs, "performance", name), svg]);
  return [[DOCUMENT, page], ...pictures];
}

function save(files) {
  for (const [path, text] of files) writeFileSync(path, text);
  say("Wrote docs/performance.md and its plots");
}

const write = (results) => save(rendered(results));

try {
  await main(process.argv.slice(2));
  process.exit(0);
} catch (error) {
  console.error(error.message);
  process.exit(1);
}
