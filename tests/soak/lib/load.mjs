// Many clients at once, and an upstream that changes under them.
import { Agent } from "node:http";
import { setTimeout as sleep } from "node:timers/promises";
import { ask } from "./client.mjs";
import { healthy, PATIENCE_MS, untilIdle } from "./server.mjs";

/**
 * Sends the requests of all phases, `clients` at a time, and switches to the next phase while
 * others are under way: such a request may meet either. `tally` counts, and lives from one run to the
 * next.
 */
export async function run({ sandbox, worker, rows }, phases, clients, tally) {
  const agent = new Agent({ keepAlive: true, maxSockets: clients });
  // The last phase that is surely in force, the newest that may be, and requests left in that.
  let [certain, newest, left] = [-1, -1, 0];
  let switching;
  const advance = async () => {
    if (phases[newest]?.lingers) await settle({ sandbox, worker, rows }, () => under === 0, tally);
    newest += 1;
    if (newest === phases.length) return;
    await sandbox.set(phases[newest].settings);
    left = phases[newest].requests;
    certain = newest;
  };
  let under = 0;
  const client = async () => {
    for (;;) {
      while (left === 0 && newest < phases.length) {
        switching ??= advance().finally(() => (switching = undefined));
        await switching;
      }
      if (newest === phases.length) return;
      left -= 1;
      await one(phases[newest]);
    }
  };
  const one = async (phase) => {
    const from = certain;
    const number = tally.next();
    const leavesAfterMs = phase.leaves ? number % 40 : undefined;
    under += 1;
    // A connection whose client has gone is of no use to another.
    const connection = phase.leaves ? {} : { agent };
    const answer = await ask(worker.port, `user-${number}`, rows, { ...connection, leavesAfterMs });
    under -= 1;
    tally.take(answer, phases.slice(from, newest + 1));
  };
  try {
    await Promise.all(Array.from({ length: clients }, client));
  } finally {
    agent.destroy();
  }
  await untilIdle(sandbox);
}

/** Waits until all are answered and the isolate asks its upstream again. */
async function settle({ sandbox, worker, rows }, isQuiet, tally) {
  const end = Date.now() + PATIENCE_MS;
  while (!isQuiet()) await sleep(5);
  await sandbox.set(healthy());
  for (;;) {
    const { outcome } = await ask(worker.port, `user-${tally.next()}`, rows);
    if (outcome === "200") return;
    if (Date.now() > end) throw new Error(`Still ${outcome} after ${PATIENCE_MS} ms with a healthy upstream.`);
    await sleep(50);
  }
}

/** What was answered, and whether it may have been. */
export class Tally {
  outcomes = {};
  times = { well: [], fault: [] };
  #number = 0;
  #tokens = new Set();
  #seen = new Map();

  next() {
    return (this.#number += 1);
  }

  /** `phases` are those that the request may have met. */
  take({ outcome, ms, requestId }, phases) {
    const possible = phases.filter(({ allows }) => allows.has(outcome));
    if (possible.length === 0) {
      throw new Error(`${outcome} is no answer while: ${phases.map(({ name }) => name).join(", ")}.`);
    }
    if (requestId !== undefined) {
      if (this.#tokens.has(requestId)) throw new Error(`Token ${requestId} was given twice.`);
      this.#tokens.add(requestId);
    }
    this.outcomes[outcome] = (this.outcomes[outcome] ?? 0) + 1;
    // It can only have come from there.
    if (possible.length === 1) this.#seen.set(possible[0].name, (this.#seen.get(possible[0].name) ?? 0) + 1);
    if (outcome === "left") return;
    const isWell = phases.every(({ name }) => name === "well");
    this.times[isWell ? "well" : "fault"].push(ms);
  }

  get requests() {
    return Object.values(this.outcomes).reduce((sum, count) => sum + count, 0);
  }

  /** A fault that never struck shows nothing. */
  checkThatAllWereMet(phases) {
    const missed = phases.filter(({ name, must }) => must && !this.#seen.has(name)).map(({ name }) => name);
    if (missed.length > 0) throw new Error(`These were never met: ${[...new Set(missed)].join(", ")}.`);
  }
}
