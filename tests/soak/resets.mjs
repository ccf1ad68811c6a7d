// 30 000 requests whose clients reset their connections: node tests/soak/resets.mjs. It writes its figures
// into docs/reliability.md; tests/soak/resets.test.mjs is the short form.
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fill } from "../../benches/worker/lib/report.mjs";
import { removeWork } from "../../benches/worker/lib/workerd.mjs";
import { machine, memoryTable } from "./lib/report.mjs";
import { kinds, leave } from "./lib/resets.mjs";

const PAGE = join(import.meta.dirname, "../../docs/reliability.md");
const PLAN = { rounds: 24, clients: 250 };

process.on("exit", removeWork);
for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"]) process.on(signal, () => process.exit(1));

const results = [];
for (const kind of kinds) {
  const result = { name: kind.name, ...(await leave(kind, PLAN)) };
  console.log(JSON.stringify(result));
  results.push(result);
}
const sum = (field) => results.reduce((total, result) => total + result[field], 0);
const text = `${machine()}

${sum("resets")} resets by ${PLAN.clients} clients at a time, and ${sum("honest")} requests of others meanwhile, each with its token.

${memoryTable(results.map(({ name, memory }) => [name, memory]))}`;
console.log(text);
writeFileSync(PAGE, fill(readFileSync(PAGE, "utf8"), { figures: text }, "resets"));
const leaks = results.filter(({ memory }) => Object.values(memory).some(({ grows }) => grows));
if (leaks.length > 0) throw new Error(`It leaks: ${JSON.stringify(leaks)}`);
