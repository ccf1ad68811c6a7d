// The first token of a new isolate, in upstream round trips: what it knows, and what came before.
import { setTimeout as sleep } from "node:timers/promises";
import { edge, launch } from "./contestants.mjs";
import { median, rotated } from "./statistics.mjs";
import { bareRequest, catalogueOf, preflight, time, tokenRequest } from "./tokens.mjs";

/** The pages of the catalogue. */
export const PAGES = 3;

const known = { cacheMs: 0, isSeen: true };

/**
 * What is there when the first token is asked for. `cacheMs` is how long the data centre's cache
 * takes; without it there is none. `isSeen` is whether another isolate of the data centre has made a
 * token before. With `isStored` its secrets are as far away as the upstream. With `isFirst` the token is the
 * very first request; else one to another path came before, and the isolate had `restMs` since then.
 */
export const scenes = [
  { name: "unknown", what: "nothing is known" },
  { name: "rested", what: "the same, the other request came 60 ms before", restMs: 60 },
  { name: "start", what: "the same, with the isolate's start", isFirst: true },
  { name: "secrets", what: "the same, all secrets in the Secrets Store", isFirst: true, isStored: true },
  { name: "preflight", what: "nothing is known, a preflight came 60 ms before", preflightMs: 60 },
  { name: "expected", what: "nothing is known, `EXPECTED_PAGES = 3`", bindings: { EXPECTED_PAGES: String(PAGES) } },
  { name: "expected-preflight", what: "both", preflightMs: 60, bindings: { EXPECTED_PAGES: String(PAGES) } },
  { name: "note", what: "the data centre has seen the account and the issuer", ...known },
  { name: "note-5", what: "the same, its cache takes 5 ms", ...known, cacheMs: 5 },
  { name: "note-15", what: "the same, 15 ms", ...known, cacheMs: 15 },
  { name: "miss-5", what: "a cache that takes 5 ms and has nothing", cacheMs: 5 },
  { name: "hanging", what: "a cache that hangs", cacheMs: Infinity },
];

/** What is measured of each: jose as its documentation has it knows neither preflight nor cache. */
const SCENES_OF = {
  jose: ["unknown", "rested", "start"],
  remembering: ["unknown", "rested", "start", "expected"],
};
/** Of a road that is measured in short. */
const SHORT = ["unknown", "note"];
/** That of a grant has two secrets. */
const ALSO = { grant: ["start", "secrets"] };

/** How long V8 may go on compiling after an answer. */
const AFTERWARDS_MS = 20;

/**
 * `{upstream, roads, cpu}`: milliseconds of one upstream call by the same client, the median of each
 * round; of the first token by road, by contestant and by scene; and of CPU that this took.
 */
export async function measureCold(opened, { sandbox, issuer, cache, cpus }, plan, say) {
  const starts = opened.flatMap(({ road, contestants }, place) =>
    contestants.flatMap((contestant) =>
      scenesOf(contestant, road.name, place > 0).map((scene) => ({ road: road.name, contestant, scene })),
    ),
  );
  const slow = async (ms) => {
    await sandbox.set({ ...(await catalogueOf(sandbox, PAGES)), latency_ms: ms });
    issuer.latencyMs = ms;
  };
  const at = { sandbox, cache, cpus };
  await slow(0);
  for (const { contestant, scene } of starts) {
    if (scene.name === "note") await see(contestant, at);
  }
  await slow(plan.upstreamMs);
  say(`First token of an isolate: ${plan.fresh} times ${starts.length} starts`);
  const samples = { upstream: [], roads: {}, cpu: {} };
  for (let round = 0; round < plan.fresh; round += 1) {
    const calls = [];
    for (let n = 0; n < plan.requests; n += 1) calls.push(await time(sandbox.port, bareRequest));
    samples.upstream.push(median(calls));
    for (const { road, contestant, scene } of rotated(starts, round)) {
      const { ms, cpuMs } = await first(contestant, scene, at, plan.upstreamMs);
      for (const [field, value] of [["roads", ms], ["cpu", cpuMs]]) {
        const ofRoad = (samples[field][road] ??= {});
        const ofOne = (ofRoad[contestant.name] ??= {});
        (ofOne[scene.name] ??= []).push(value);
      }
    }
  }
  return samples;
}

function scenesOf({ name }, road, isShort) {
  const all = scenes.map((scene) => scene.name);
  const own = SCENES_OF[name] ?? all.filter((scene) => scene !== "secrets" || name === edge.name);
  const wanted = isShort ? [...SHORT, ...(ALSO[road] ?? [])] : all;
  return scenes.filter((scene) => own.includes(scene.name) && wanted.includes(scene.name));
}

/** Has an isolate of the data centre make a token, and waits until it has kept its notes. */
async function see(contestant, { sandbox, cache, cpus }) {
  Object.assign(cache, { latencyMs: 0, isForgetful: false });
  const { port, stop } = await launch(contestant, sandbox.url, cpus, { cachePort: cache.port });
  try {
    await time(port, tokenRequest(contestant));
    await cache.settled();
  } finally {
    await stop();
  }
}

async function first(contestant, scene, { sandbox, cache, cpus }, farMs) {
  const { cacheMs, isSeen = false, isStored = false, isFirst = false, preflightMs, restMs, bindings } = scene;
  Object.assign(cache, { latencyMs: cacheMs, isForgetful: !isSeen });
  const cachePort = cacheMs === undefined ? undefined : cache.port;
  const { port, group, stop } = await launch(contestant, sandbox.url, cpus, { cachePort, bindings, secretsMs: isStored ? farMs : undefined });
  try {
    // The isolate is there then, and has done nothing yet.
    if (!isFirst) await time(port, { ...tokenRequest(contestant), path: "/elsewhere" }, 404);
    if (restMs !== undefined) await sleep(restMs);
    if (preflightMs !== undefined) {
      const begin = performance.now();
      await time(port, preflight(contestant), 204);
      await sleep(preflightMs - (performance.now() - begin));
    }
    const before = group.exactCpuMs();
    const ms = await time(port, tokenRequest(contestant));
    await sleep(AFTERWARDS_MS);
    return { ms, cpuMs: group.exactCpuMs() - before };
  } finally {
    await stop();
  }
}
