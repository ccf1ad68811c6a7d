// What every test here starts: a sandbox, and a Worker in plain workerd, which hands on that a
// client has gone, as `wrangler dev` does not.
import { setTimeout as sleep } from "node:timers/promises";
import { Group } from "../../../benches/worker/lib/processes.mjs";
import { edge } from "../../../benches/worker/lib/contestants.mjs";
import { serveWorker } from "../../../benches/worker/lib/workerd.mjs";
import { buildSandbox } from "../../conformance/lib/install.mjs";
import { rowsOf, startSandbox } from "../../conformance/lib/sandbox.mjs";

/** Two pages, so that there is something to merge. */
export const CATALOGUE = 120;

/** How long anything may take before it counts as hanging. */
export const PATIENCE_MS = 20_000;

/** `{sandbox, worker, rows, upstream, stop}`. `files` are those of another Worker than the project's. */
export async function start(name, { say = () => {}, files = edge.files, variables = {}, inspector = false } = {}) {
  const sandbox = await startSandbox(await buildSandbox(say), name, ["--quiet"]);
  try {
    const rows = await rowsOf(sandbox, CATALOGUE);
    await sandbox.set(healthy());
    const bindings = { ...edge.bindings(sandbox.url), ...variables };
    const worker = await serveWorker({ name, files }, bindings, { inspector });
    const group = new Group(worker.guard);
    const stop = () => Promise.all([worker.stop(), sandbox.stop()]);
    return { sandbox, worker, group, rows, stop };
  } catch (error) {
    await sandbox.stop();
    throw error;
  }
}

/** Settings of the sandbox that are good, with some changed. */
export const healthy = (changes = {}) => ({ catalogue: CATALOGUE, echo_identity: true, ...changes });

/** A fault of token calls. */
export const tokenFault = (kind, more = {}) => ({ faults: [{ target: "token", kind, ...more }] });

export async function stateOf(sandbox) {
  return (await fetch(`${sandbox.url}/_sandbox/state`)).json();
}

/** Waits until `done` holds of what the sandbox says of itself. */
export async function until(sandbox, what, done) {
  for (const end = Date.now() + PATIENCE_MS; ; await sleep(10)) {
    const state = await stateOf(sandbox);
    if (done(state)) return state;
    if (Date.now() > end) throw new Error(`Not seen in ${PATIENCE_MS} ms: ${what}. ${JSON.stringify(state)}`);
  }
}

export const untilIdle = (sandbox) => until(sandbox, "no upstream call is open", (state) => state.in_flight === 0);
