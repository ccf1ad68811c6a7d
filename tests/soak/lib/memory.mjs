// What the isolate and its process hold, and when that counts as a leak.
import { Inspector } from "../../../benches/worker/lib/inspector.mjs";
import { median } from "../../../benches/worker/lib/statistics.mjs";

/**
 * By how much the last quarter may exceed the second: a share, and MB. The first is to warm up.
 *
 * WebAssembly memory never shrinks, so it is what the most demanding moment so far took, and a more
 * demanding one comes by chance. 0.5 MB is less than a leak of the smallest allocation, 16 bytes, in
 * each of the 50 000 requests between.
 */
export const TOLERANCE = {
  heapMb: { share: 0.05, mb: 0.5 },
  wasmMb: { share: 0, mb: 0.5 },
  residentMb: { share: 0.1, mb: 10 },
};

/** V8's heap and the WebAssembly memory after a collection of the garbage, and the process. */
export async function sample({ worker, group }) {
  const inspector = await Inspector.connect(worker.inspectorPort);
  try {
    const wasmMb = await inspector.wasmMb();
    return { wasmMb, heapMb: await inspector.heapMb(), residentMb: group.residentMb() };
  } finally {
    inspector.close();
  }
}

/**
 * What the isolate holds at most while something goes on: V8's heap and the buffers beside it, with the
 * garbage that nobody has collected yet, asked for again and again, and when `goingOn` calls `look`; and
 * all WebAssembly memory, which is what it was at most. Gives `{result, heapMb, wasmMb}`.
 */
export async function peak({ worker }, goingOn) {
  const inspector = await Inspector.connect(worker.inspectorPort);
  try {
    let heapMb = 0;
    let isDone = false;
    const look = async () => (heapMb = Math.max(heapMb, await inspector.heapMb()));
    const going = goingOn(look).finally(() => (isDone = true));
    while (!isDone) await look();
    const result = await going;
    return { result, heapMb, wasmMb: await inspector.wasmMb() };
  } finally {
    inspector.close();
  }
}

/** `{heapMb: {before, after, allowed, grows}, …}` of samples, which are at least four. */
export function trend(samples) {
  const quarter = Math.floor(samples.length / 4);
  if (quarter === 0) throw new Error(`${samples.length} samples are too few.`);
  const second = samples.slice(quarter, 2 * quarter);
  const last = samples.slice(-quarter);
  return Object.fromEntries(
    Object.entries(TOLERANCE).map(([name, { share, mb }]) => {
      const [before, after] = [second, last].map((list) => median(list.map((one) => one[name])));
      const allowed = before * (1 + share) + mb;
      return [name, { before, after, allowed, grows: after > allowed }];
    }),
  );
}
