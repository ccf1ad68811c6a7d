// Replays every case at the five samples and at the Worker, prints the matrix, and writes
// docs/conformance.md: node run.mjs [CASE...]. With names of cases only those are replayed, and
// nothing is written.
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { groups as allGroups, requestOf } from "./cases.mjs";
import { connections } from "./connections.mjs";
import { differences as numbered, everywhere } from "./intended.mjs";
import { faultsOf } from "./lib/checks.mjs";
import { differences, explain } from "./lib/compare.mjs";
import { install } from "./lib/install.mjs";
import { replay } from "./lib/replay.mjs";
import { matrix, page } from "./lib/report.mjs";
import { removeWork, samples, workers } from "./lib/systems.mjs";
import { versions } from "./lib/versions.mjs";

const REPLAY_MS = 10 * 60_000;
const DOCUMENT = join(import.meta.dirname, "../../docs/conformance.md");
/** All that was recorded, for whoever wants to know more than the matrix says. */
const RECORDINGS = join(import.meta.dirname, ".recorded.json");

process.on("exit", removeWork);
for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"]) process.on(signal, () => process.exit(1));

const started = Date.now();
const say = (text) => console.log(`[${Math.round((Date.now() - started) / 1000)} s] ${text}`);

async function main(names) {
  const groups = allGroups
    .map(({ title, cases }) => ({ title, cases: cases.filter(chosen(names)) }))
    .filter(({ cases }) => cases.length > 0);
  const cases = groups.flatMap((group) => group.cases);
  if (cases.length === 0) throw new Error(`No case has a name of ${names.join(", ")}.`);

  const binary = await install(say);
  const systems = [...workers, ...samples];
  say(`Replaying ${cases.length} cases at ${systems.length} systems (about a minute)`);
  const records = await replayAll(systems, cases, binary);

  writeFileSync(RECORDINGS, JSON.stringify(records, recordable, 1));

  const cells = compared(cases, records);
  const vault = names.length > 0 ? { results: [] } : await connections(binary);
  const rules = [...everywhere, ...numbered.map((rule, index) => ({ ...rule, number: index + 1 }))];
  const broken = explain([...cells.values()], rules);
  const results = [
    ...[...cells.values()].map(cellResult),
    ...workers.flatMap((worker) => checked(worker, cases, records.get(worker.name))),
    ...(names.length > 0 ? [] : rules.map((rule) => ruleResult(rule, broken))),
    ...vault.results,
  ];
  console.log(`\n${matrix(groups, systems, records, cells)}\n`);
  if (names.length === 0) {
    writeFileSync(DOCUMENT, page(groups, systems, records, cells, everywhere, numbered, versions(), vault.section));
    say("Wrote docs/conformance.md");
  }
  return results;
}

/** Maps as objects, and no more of a body than one can read. */
function recordable(key, value) {
  if (value instanceof Map) return Object.fromEntries(value);
  return key === "text" ? value.slice(0, 1000) : value;
}

const chosen = (names) => (test) => names.length === 0 || names.includes(test.id);

async function replayAll(systems, cases, binary) {
  const timer = setTimeout(() => {
    console.error("The replay takes too long; giving up.");
    process.exit(1);
  }, REPLAY_MS);
  const done = systems.map(async (system) => [system.name, await replay(system, cases, binary, say)]);
  const records = new Map(await Promise.all(done));
  clearTimeout(timer);
  return records;
}

/** A cell for every case at every sample that it fits, by "sample case". */
function compared(cases, records) {
  const cells = samples.flatMap(({ name, worker }) =>
    cases
      .filter(({ id }) => records.get(name).has(id))
      .map(({ id }) => {
        const [theirs, ours] = [name, worker].map((one) => records.get(one).get(id).facets);
        return { id, system: name, found: differences(theirs, ours) };
      }),
  );
  return new Map(cells.map((cell) => [`${cell.system} ${cell.id}`, cell]));
}

function cellResult({ system, id, unexplained }) {
  const list = unexplained.map(({ facet, theirs, ours }) => `${facet}: ${theirs} there, ${ours} here`);
  return { name: `${id}, ${system} and the Worker`, faults: list };
}

function checked(worker, cases, records) {
  return cases
    .filter(({ id }) => records.has(id))
    .map((test) => {
      const faults = faultsOf(requestOf(test, worker), records.get(test.id));
      return { name: `${test.id}, ${worker.name} by itself`, faults };
    });
}

function ruleResult(rule, broken) {
  const faults = broken.filter((one) => one.rule === rule).map(({ what }) => `does not occur: ${what}`);
  return { name: `intended difference "${rule.title}"`, faults };
}

let results;
try {
  results = await main(process.argv.slice(2));
} catch (error) {
  results = [{ name: "run", faults: [error.message] }];
}
const failed = results.filter(({ faults }) => faults.length > 0);
for (const { name, faults } of failed) console.log(`FAILED ${name}\n    ${faults.join("\n    ")}`);
console.log(`${results.length - failed.length} passed, ${failed.length} failed`);
process.exit(failed.length > 0 ? 1 : 0);
