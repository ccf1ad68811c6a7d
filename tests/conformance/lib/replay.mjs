// Replays the cases at one system.
import { setTimeout as sleep } from "node:timers/promises";
import { requestOf } from "../cases.mjs";
import { facetsOf } from "./facets.mjs";
import { ask } from "./request.mjs";
import { KEY, rowsOf, startSandbox } from "./sandbox.mjs";

const KEYS = [
  ["right", KEY],
  ["wrong", "sk_test_of_somebody_else"],
  ["absent", undefined],
];

/** Resolves to records by case: `{facets, text}`. */
export async function replay(system, cases, binary, say) {
  const records = new Map();
  const sandbox = await startSandbox(binary, system.name);
  try {
    for (const [name, key] of KEYS) {
      const chosen = cases.filter((test) => (test.key ?? "right") === name);
      let server = await system.start(sandbox.url, key);
      try {
        for (const test of chosen.filter((test) => fits(test, system))) {
          if (system.remembers && !(await forget(system, server, sandbox))) {
            await server.stop();
            server = await system.start(sandbox.url, key);
          }
          records.set(test.id, await one(system, server, sandbox, test));
        }
      } finally {
        await server.stop();
      }
      say(`${system.name}: replayed the cases with the ${name} key`);
    }
  } finally {
    await sandbox.stop();
  }
  return records;
}

/**
 * Leaves the Worker with what a new one expects of its upstream: a list of one page. False when it was
 * told to leave its upstream alone, which only a new one does not know.
 */
async function forget(system, server, sandbox) {
  await sandbox.set({ catalogue: 1 });
  const plain = requestOf({}, system);
  // The first may drop calls that it began; the second comes after them.
  for (const request of [plain, plain]) {
    const { status } = await ask(server.port, request);
    if (status === 429) return false;
  }
  return true;
}

export const fits = (test, system) => !test.only || test.only === system.identity;

async function one(system, server, sandbox, test) {
  const settings = { catalogue: 1, ...test.settings };
  const rows = await rowsOf(sandbox, settings.catalogue);
  await sandbox.set(settings);
  const request = requestOf(test, system);
  const answer = await ask(server.port, request);
  // A call that the system abandoned may still be on its way.
  await sleep(20);
  const seen = await sandbox.seen();
  return { facets: facetsOf(test, request, answer, seen, rows), text: answer.body.toString("utf8") };
}
