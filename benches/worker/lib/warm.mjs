// The roads in an isolate that has made tokens before: CPU and requests per second with an upstream that
// answers at once, and upstream round trips with a slow one.
import { PAGES } from "./cold.mjs";
import { launch } from "./contestants.mjs";
import { one } from "./load.mjs";
import { median, rotated } from "./statistics.mjs";
import { bareRequest, catalogueOf, checkToken, time, tokenRequest, valuesOf } from "./tokens.mjs";

/** `{load, latency}`: the samples of every round by road and by contestant, and `latency.upstream`. */
export async function measureWarm(opened, { sandbox, issuer, cpus }, plan, say) {
  const settings = await catalogueOf(sandbox, PAGES);
  const rows = await valuesOf(sandbox, settings);
  const setLatency = async (ms) => {
    await sandbox.set({ ...settings, latency_ms: ms });
    issuer.latencyMs = ms;
  };
  const servers = [];
  try {
    for (const { road, contestants } of opened) {
      for (const contestant of contestants) {
        servers.push({ road: road.name, ...(await launch(contestant, sandbox.url, cpus)) });
      }
    }
    await setLatency(0);
    for (const server of servers) {
      server.bytes = await checkToken(server, rows);
      if (plan.load.warmSeconds > 0) await one(server, sandbox, cpus, { ...plan.load, seconds: plan.load.warmSeconds });
    }
    const load = {};
    for (let round = 0; round < plan.load.rounds; round += 1) {
      say(`Load by road, ${servers.length} servers: round ${round + 1} of ${plan.load.rounds}`);
      for (const server of rotated(servers, round)) push(load, server, await one(server, sandbox, cpus, plan.load));
    }
    await setLatency(plan.latency.upstreamMs);
    say(`Latency by road: ${plan.latency.rounds} rounds`);
    const latency = { upstream: [] };
    for (const { contestant, port } of servers) await time(port, tokenRequest(contestant));
    for (let round = 0; round < plan.latency.rounds; round += 1) {
      latency.upstream.push(await timed(sandbox.port, bareRequest, plan.latency));
      for (const server of rotated(servers, round)) {
        push(latency, server, await timed(server.port, tokenRequest(server.contestant), plan.latency));
      }
    }
    return { load, latency };
  } finally {
    for (const { stop } of servers) await stop();
  }
}

function push(samples, { road, contestant }, sample) {
  const ofRoad = (samples[road] ??= {});
  (ofRoad[contestant.name] ??= []).push(sample);
}

async function timed(port, request, { requests }) {
  const times = [];
  for (let n = 0; n < requests; n += 1) times.push(await time(port, request));
  return median(times);
}
