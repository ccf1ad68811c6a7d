// Measures the Worker beside two hand-written JavaScript Workers and the five samples, and writes
// docs/performance.md: node benches/worker/run.mjs [--full | --smoke | --render]. A smoke run writes
// nothing: it shows that the bench works and that all answer the same. --render writes the page
// anew from the last run's figures.
//
// run.mjs --roads "es256 header" [--cold | --warm] [--beside FOLDER] measures roads only, prints what it
// finds and writes nothing. FOLDER is another build/ of authkit-edge.
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { startSandbox } from "../../tests/conformance/lib/sandbox.mjs";
import { buildSandbox, install } from "../../tests/conformance/lib/install.mjs";
import { run } from "../../tests/conformance/lib/children.mjs";
import { startCache } from "./lib/cache.mjs";
import { measureCold } from "./lib/cold.mjs";
import { edge, everyone, launch, plain, workers } from "./lib/contestants.mjs";
import { measureGrowth } from "./lib/growth.mjs";
import { startIssuer } from "./lib/issuer.mjs";
import { measureFresh, measureLatency, measureNews } from "./lib/latency.mjs";
import { measureLoad } from "./lib/load.mjs";
import { machine } from "./lib/machine.mjs";
import { plots } from "./lib/plots.mjs";
import { divideCpus, Group, pin } from "./lib/processes.mjs";
import { profiles } from "./lib/profiles.mjs";
import { blocks, fill } from "./lib/report.mjs";
import { inWords } from "./lib/road-report.mjs";
import { open, roadsOf } from "./lib/roads.mjs";
import { measureStartup } from "./lib/startup.mjs";
import { measureWarm } from "./lib/warm.mjs";
import { removeWork } from "./lib/workerd.mjs";
import { installWrk } from "./lib/wrk.mjs";

const docs = join(import.meta.dirname, "../../docs");
const DOCUMENT = join(docs, "performance.md");
const RESULTS = join(import.meta.dirname, ".results.json");

const USAGE = 'Usage: node benches/worker/run.mjs [--full | --smoke | --render | --roads "NAMES" [--cold | --warm] [--beside FOLDER]]';

process.on("exit", removeWork);
for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"]) process.on(signal, () => process.exit(1));

const started = Date.now();
const say = (text) => console.log(`[${Math.round((Date.now() - started) / 1000)} s] ${text}`);

const MODES = ["full", "smoke", "render", "roads"];

async function main() {
  const { values } = parseArgs({
    options: {
      ...Object.fromEntries(["full", "smoke", "render", "cold", "warm"].map((name) => [name, { type: "boolean" }])),
      ...Object.fromEntries(["roads", "beside"].map((name) => [name, { type: "string" }])),
    },
  });
  const [mode = "quick", ...others] = MODES.filter((name) => name in values);
  const isOfRoads = mode === "roads" || !("cold" in values || "warm" in values || "beside" in values);
  if (others.length > 0 || !isOfRoads) throw new Error(USAGE);
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
  await run("sh", ["scripts/packages.sh", "benches/worker", "jose"], { cwd: join(import.meta.dirname, "../..") });
  if (mode === "roads") return measureRoadsOnly(values, profile);
  const binary = await install(say, profile.sandbox);
  const results = await measure(profile, binary);
  // Rendered after a smoke run, too: that is half of what could break.
  const files = rendered(results);
  if (mode === "smoke") return say("All answer the same, nobody failed");
  writeFileSync(RESULTS, JSON.stringify(results, null, 1));
  save(files);
}

async function measureRoadsOnly({ roads: names, cold, warm, beside }, profile) {
  const cpus = divideCpus();
  if (cpus) pin(process.pid, cpus.others);
  const sandbox = await startOwnSandbox(await buildSandbox(say, profile.sandbox));
  const found = await measureRoads(names.split(/[\s,]+/).filter(Boolean), profile.roads, { sandbox, cpus, beside, cold, warm });
  await sandbox.stop();
  say("Done");
  console.log(inWords(found));
}

/** Everything about these roads, or only what is `cold`, or `warm`. */
async function measureRoads(names, plan, { cold, warm, beside, ...at }) {
  const [issuer, cache] = [await startIssuer(), await startCache()];
  const place = { ...at, issuer, cache, beside };
  const opened = [];
  for (const road of roadsOf(names)) opened.push(await open(road, place));
  const found = {
    labels: opened.map(({ road, contestants }) => ({
      name: road.name,
      label: road.label,
      contestants: contestants.map(({ name, label }) => ({ name, label })),
    })),
  };
  if (!warm) found.cold = await measureCold(opened, place, plan.cold, say);
  if (!cold) found.warm = await measureWarm(opened, place, plan, say);
  issuer.stop();
  cache.stop();
  return found;
}

async function startOwnSandbox(binary) {
  const sandbox = await startSandbox(binary, "the bench", ["--quiet"]);
  sandbox.group = new Group(sandbox.guard);
  return sandbox;
}

async function measure(profile, binary) {
  const cpus = divideCpus();
  // Before anything is started, which stays there then; servers are moved to their own CPU.
  if (cpus) pin(process.pid, cpus.others);
  const sandbox = await startOwnSandbox(binary);
  const results = { command: profile.command, profile, machine: machine(cpus) };

  results.roads = await measureRoads([], profile.roads, { sandbox, cpus });
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
  await main();
  process.exit(0);
} catch (error) {
  console.error(error.message);
  process.exit(1);
}
