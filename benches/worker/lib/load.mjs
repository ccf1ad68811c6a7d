// CPU, requests per second, latency under load and memory, with an upstream that answers at once.
import { readFileSync } from "node:fs";
import { parseCpuTimes } from "./processes.mjs";
import { rotated } from "./statistics.mjs";
import { catalogueOf, checkToken, tokenRequest, valuesOf } from "./tokens.mjs";
import { load } from "./wrk.mjs";

/** Resolves to the samples of every round, by pages and by contestant. */
export async function measureLoad(servers, sandbox, cpus, plan, say) {
  const results = {};
  for (const pages of plan.pages) {
    const settings = await catalogueOf(sandbox, pages);
    const rows = await valuesOf(sandbox, settings);
    await sandbox.set(settings);
    say(`Load, ${pages} pages: checking that all answer the same, and warming up`);
    for (const server of servers) {
      server.bytes = await checkToken(server, rows);
      if (plan.warmSeconds > 0) await one(server, sandbox, cpus, { ...plan, seconds: plan.warmSeconds });
    }
    const samples = Object.fromEntries(servers.map(({ contestant }) => [contestant.name, []]));
    for (let round = 0; round < plan.rounds; round += 1) {
      say(`Load, ${pages} pages: round ${round + 1} of ${plan.rounds}`);
      for (const server of rotated(servers, round)) {
        samples[server.contestant.name].push(await one(server, sandbox, cpus, plan));
      }
    }
    results[pages] = samples;
  }
  return results;
}

/** One sample of one server. */
export async function one({ contestant, port, group, bytes }, sandbox, cpus, plan) {
  group.resetPeak();
  const before = clocks(group, sandbox, cpus);
  const found = await load(port, tokenRequest(contestant), plan);
  const after = clocks(group, sandbox, cpus);
  if (found.errors > 0) throw new Error(`${contestant.label}: ${found.errors} errors under load.`);
  if (found.requests === 0) throw new Error(`${contestant.label} answered nothing under load.`);
  // The `requestId` may have become shorter by a few digits.
  if (found.bytes < bytes - 20) throw new Error(`${contestant.label}: some tokens under load are too short.`);
  const spent = (clock) => after[clock] - before[clock];
  return {
    perSecond: found.requests / found.seconds,
    cpuMs: spent("serverMs") / found.requests,
    p50Ms: found.p50Ms,
    p99Ms: found.p99Ms,
    peakMb: group.peakMb(),
    // Shares of one CPU.
    server: spent("serverMs") / spent("wallMs"),
    sandbox: spent("sandboxMs") / spent("wallMs"),
    // What others took from the server's CPU: nothing on a quiet machine.
    lost: cpus ? Math.max(0, spent("busyMs") - spent("serverMs") + spent("stolenMs")) / spent("wallMs") : 0,
  };
}

function clocks(group, sandbox, cpus) {
  return {
    wallMs: performance.now(),
    serverMs: group.cpuMs(),
    sandboxMs: sandbox.group.cpuMs(),
    ...(cpus && parseCpuTimes(readFileSync("/proc/stat", "utf8"), cpus.server)),
  };
}
