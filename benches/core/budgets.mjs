// Compares the counts that the bench `instructions` prints, one line of JSON for each case, with
// budgets.toml: node budgets.mjs < COUNTS. Fails when a case has too many instructions, or so few
// that its budget would let the next loss pass.
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { createInterface } from "node:readline";

/** What of a budget must be used. */
const LEAST_USE = 0.7;
/** A new budget is so many times the count: compilers differ by a few percent. */
const HEADROOM = 1.1;

/** Reads budgets.toml, of which this knows one form: `name = 1_234`. */
export function parseBudgets(text) {
  const lines = text.split("\n").map((line) => line.replace(/#.*/, "").trim());
  return new Map(
    lines.filter((line) => line !== "").map((line) => {
      const [, name, number] = /^(\w+) = (\d[\d_]*)$/.exec(line) ?? [];
      if (!name) throw new Error(`not a budget: ${line}`);
      return [name, Number(number.replaceAll("_", ""))];
    }),
  );
}

/** Reads a line of the runner's output. */
export function parseCount(line) {
  const { id, profiles } = JSON.parse(line);
  const instructions = profiles[0].data.total.metrics.Ir.values.new;
  if (typeof id !== "string" || !Number.isInteger(instructions)) throw new Error(`not a count: ${line}`);
  return { name: id, instructions };
}

/** What is wrong with a count, or nothing. */
export function fault(instructions, budget) {
  if (budget === undefined) return "has no budget";
  if (instructions > budget) return "ABOVE its budget";
  if (instructions < LEAST_USE * budget) return "far below its budget: lower it";
}

/** The budget that fits a count, in three digits. */
export function fitting(instructions) {
  const most = Math.ceil(instructions * HEADROOM);
  const step = 10 ** Math.max(0, String(most).length - 3);
  return Math.ceil(most / step) * step;
}

async function main() {
  const budgets = parseBudgets(readFileSync(join(import.meta.dirname, "budgets.toml"), "utf8"));
  const uncounted = new Set(budgets.keys());
  const mend = [];
  const row = (...cells) => console.log(cells[0].padEnd(22), ...cells.slice(1, 4).map((cell) => String(cell).padStart(12)), cells[4] ?? "");
  row("", "instructions", "allowed", "used");
  for await (const line of createInterface({ input: process.stdin })) {
    const { name, instructions } = parseCount(line);
    const budget = budgets.get(name);
    const wrong = fault(instructions, budget);
    uncounted.delete(name);
    row(name, instructions, budget ?? "-", budget ? `${Math.round((100 * instructions) / budget)} %` : "-", wrong);
    if (wrong) mend.push(`${name} = ${fitting(instructions).toLocaleString("en").replaceAll(",", "_")}`);
  }
  for (const name of uncounted) row(name, "not counted", budgets.get(name), "-");
  if (mend.length > 0) console.log(`\nIf this is meant, benches/core/budgets.toml should say:\n\n${mend.join("\n")}\n`);
  if (mend.length > 0 || uncounted.size > 0) process.exitCode = 1;
}

if (import.meta.main ?? process.argv[1] === import.meta.filename) await main();
