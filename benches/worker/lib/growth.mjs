// Time, CPU and memory of one request as the token grows. Each point has a workerd of its own, so
// that none inherits the memory of another.
import { ask } from "../../../tests/conformance/lib/request.mjs";
import { launch } from "./contestants.mjs";
import { Inspector } from "./inspector.mjs";
import { median, rotated } from "./statistics.mjs";
import { catalogueOf, checkToken, preflight, time, tokenRequest, valuesOf } from "./tokens.mjs";

/** What a token of more than MAX_MERGED_BYTES is answered with. */
const REFUSED = 502;

/**
 * `{pages, rowBytes, refused, samples}` of every point. A sample is `{bytes, ms, cpuMs, firstMb,
 * mostMb, residentMb}`: what the isolate holds after its first request and at most, and what the
 * process grew by.
 */
export async function measureGrowth(workers, refuses, sandbox, cpus, plan, say) {
  const results = [];
  for (const point of plan.points) {
    const { pages, rowBytes } = point;
    say(`Growth: ${pages} pages with rows of ${rowBytes} bytes`);
    const settings = await catalogueOf(sandbox, pages, rowBytes);
    const rows = await valuesOf(sandbox, settings);
    await sandbox.set(settings);
    const samples = Object.fromEntries(workers.map(({ name }) => [name, []]));
    for (let round = 0; round < plan.rounds; round += 1) {
      for (const worker of rotated(workers, round)) {
        const refused = Boolean(point.refused) && worker === refuses;
        const times = await timesOf(worker, sandbox, cpus, plan, rows, refused);
        const memory = await memoryOf(worker, sandbox, cpus, plan, refused);
        samples[worker.name].push({ ...times, ...memory });
      }
    }
    results.push({ ...point, samples });
  }
  return results;
}

async function timesOf(worker, sandbox, cpus, plan, rows, refused) {
  const server = await launch(worker, sandbox.url, cpus);
  const { port, group, stop } = server;
  try {
    await time(port, preflight(worker), 204);
    const idleMb = group.residentMb();
    group.resetPeak();
    const bytes = refused ? await checkRefusal(server) : await checkToken(server, rows);
    const status = refused ? REFUSED : 200;
    const request = tokenRequest(worker);
    await several(port, request, status, { ...plan, seconds: plan.seconds / 2 });
    const before = group.cpuMs();
    const times = await several(port, request, status, plan);
    const cpuMs = (group.cpuMs() - before) / times.length;
    return { bytes, ms: median(times), cpuMs, residentMb: group.peakMb() - idleMb };
  } finally {
    await stop();
  }
}

/** In a process of its own, since an inspector takes time. */
async function memoryOf(worker, sandbox, cpus, plan, refused) {
  const { port, inspectorPort, stop } = await launch(worker, sandbox.url, cpus, { inspector: true });
  try {
    const inspector = await Inspector.connect(inspectorPort);
    const heaps = [];
    for (let n = 0; n < plan.requests; n += 1) {
      await time(port, tokenRequest(worker), refused ? REFUSED : 200);
      heaps.push(await inspector.heapMb());
    }
    const wasmMb = await inspector.wasmMb();
    inspector.close();
    return { firstMb: heaps[0] + wasmMb, mostMb: Math.max(...heaps) + wasmMb };
  } finally {
    await stop();
  }
}

/** Times of requests, one after the other, for so many seconds and at least so often. */
async function several(port, request, status, { seconds, requests }) {
  const times = [];
  const end = performance.now() + seconds * 1000;
  while (times.length < requests || performance.now() < end) times.push(await time(port, request, status));
  return times;
}

async function checkRefusal({ contestant, port }) {
  const answer = await ask(port, tokenRequest(contestant));
  if (answer.status !== REFUSED) throw new Error(`${contestant.label} answers ${answer.status}, not ${REFUSED}.`);
  return answer.body.length;
}
