// The figures of docs/reliability.md.
import { arch, cpus, loadavg, release, totalmem } from "node:os";
import { quantile } from "../../../benches/worker/lib/statistics.mjs";
import { version } from "../../../benches/worker/lib/workerd.mjs";
import { DEADLINE_MS } from "./phases.mjs";

const LABELS = { heapMb: "V8's heap, garbage collected", wasmMb: "WebAssembly memory", residentMb: "process" };

/** Where it was run. */
export function machine() {
  const list = cpus();
  return `Run on ${list.length} × ${list[0].model.trim()} (${arch()}), ${Math.round(totalmem() / 2 ** 30)} GiB, Linux ${release().split("-")[0]},
with a load average of ${loadavg()[1].toFixed(1)}: clients, sandbox and workerd ${version} share the machine.`;
}

/** V8's heap and the WebAssembly memory of each. */
export function memoryTable(results) {
  const rows = results.map(([name, { heapMb, wasmMb }]) => {
    const cells = [heapMb, wasmMb].map(({ before, after }) => `${mb(before)}, ${mb(after)}`);
    return `| ${name} | ${cells.join(" | ")} |`;
  });
  return `| In the second quarter and the last | V8's heap, garbage collected | WebAssembly memory |
| --- | --- | --- |
${rows.join("\n")}`;
}

export function block({ tally, samples, phases, memory, seconds, plan }) {
  const answers = Object.entries(tally.outcomes).sort(([, a], [, b]) => b - a);
  return `${machine()}

${tally.requests} requests by ${plan.clients} clients in ${Math.round(seconds)} s; ${samples.length} times through ${phases} phases.

| Answer | Requests |
| --- | --- |
${answers.map(([outcome, count]) => `| ${nameOf(outcome)} | ${count} |`).join("\n")}

| Time to answer, with a deadline of ${DEADLINE_MS} ms | p50 | p99 | longest |
| --- | --- | --- | --- |
${row("upstream well", tally.times.well)}
${row("during a fault", tally.times.fault)}

| Memory | second quarter | last quarter | a leak above |
| --- | --- | --- | --- |
${Object.entries(memory).map(([name, { before, after, allowed }]) => `| ${LABELS[name]} | ${mb(before)} | ${mb(after)} | ${mb(allowed)} |`).join("\n")}`;
}

function nameOf(outcome) {
  if (outcome === "200") return "token, with the right rows and identity";
  if (outcome === "left") return "none: the client had gone";
  const [status, code] = outcome.split(" ");
  return `${status} \`${code}\``;
}

const ms = (value) => `${Math.round(value)} ms`;
const mb = (value) => `${value.toFixed(2)} MB`;
const row = (name, times) =>
  `| ${name} | ${ms(quantile(times, 0.5))} | ${ms(quantile(times, 0.99))} | ${ms(quantile(times, 1))} |`;
