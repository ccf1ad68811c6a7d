// How many upstream round trips a token takes, one request at a time.
import { launch } from "./contestants.mjs";
import { median, rotated } from "./statistics.mjs";
import { bareRequest, catalogueOf, preflight, time, tokenRequest } from "./tokens.mjs";

/** The pages of a catalogue that a fresh isolate is asked for. */
const FRESH_PAGES = 3;

/**
 * Milliseconds by pages and by who is asked, the median of each round; `upstream` is one call to
 * the upstream itself by the same client.
 */
export async function measureLatency(servers, sandbox, plan, say) {
  const asked = [
    { name: "upstream", port: sandbox.port, request: bareRequest },
    ...servers.map(({ contestant, port }) => ({ name: contestant.name, port, request: tokenRequest(contestant) })),
  ];
  const results = {};
  for (const pages of plan.pages) {
    await slow(sandbox, pages, plan);
    say(`Latency, ${pages} pages: ${plan.rounds} rounds`);
    for (const { port, request } of asked) {
      for (let warm = 0; warm < 2; warm += 1) await time(port, request);
    }
    const samples = Object.fromEntries(asked.map(({ name }) => [name, []]));
    for (let round = 0; round < plan.rounds; round += 1) {
      for (const { name, port, request } of rotated(asked, round)) {
        const times = [];
        for (let n = 0; n < plan.requests; n += 1) times.push(await time(port, request));
        samples[name].push(median(times));
      }
    }
    results[pages] = samples;
  }
  return results;
}

/**
 * Milliseconds of a token whose number of pages is news to a running isolate, whose last list had one:
 * by Worker, the median of each round. `upstream` as above.
 */
export async function measureNews(servers, sandbox, plan, say) {
  say(`Latency, ${FRESH_PAGES} pages where one was: ${plan.rounds} rounds`);
  const workers = servers.map(({ contestant, port }) => ({ name: contestant.name, port, request: tokenRequest(contestant) }));
  const samples = Object.fromEntries(["upstream", ...workers.map(({ name }) => name)].map((name) => [name, []]));
  for (let round = 0; round < plan.rounds; round += 1) {
    const calls = [];
    for (let n = 0; n < plan.requests; n += 1) calls.push(await time(sandbox.port, bareRequest));
    samples.upstream.push(median(calls));
    for (const { name, port, request } of rotated(workers, round)) {
      const times = [];
      for (let n = 0; n < plan.requests; n += 1) {
        await slow(sandbox, 1, plan);
        await time(port, request);
        await slow(sandbox, FRESH_PAGES, plan);
        times.push(await time(port, request));
      }
      samples[name].push(median(times));
    }
  }
  return samples;
}

/**
 * Milliseconds of the first token of a new process, by Worker: `first`, the very first request, and
 * `started`, the first token after a preflight. `upstream` as above.
 */
export async function measureFresh(workers, sandbox, cpus, plan, say) {
  await slow(sandbox, FRESH_PAGES, plan);
  say(`Latency of a fresh isolate, ${FRESH_PAGES} pages: ${plan.fresh} times`);
  const lists = () => Object.fromEntries(workers.map(({ name }) => [name, []]));
  const samples = { upstream: [], first: lists(), started: lists() };
  for (let round = 0; round < plan.fresh; round += 1) {
    const calls = [];
    for (let n = 0; n < plan.requests; n += 1) calls.push(await time(sandbox.port, bareRequest));
    samples.upstream.push(median(calls));
    for (const worker of rotated(workers, round)) {
      for (const kind of ["first", "started"]) {
        const { port, stop } = await launch(worker, sandbox.url, cpus);
        if (kind === "started") await time(port, preflight(worker), 204);
        samples[kind][worker.name].push(await time(port, tokenRequest(worker)));
        await stop();
      }
    }
  }
  return samples;
}

async function slow(sandbox, pages, plan) {
  await sandbox.set({ ...(await catalogueOf(sandbox, pages)), latency_ms: plan.upstreamMs });
}
