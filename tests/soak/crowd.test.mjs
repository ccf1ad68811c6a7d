// Many at once, with tokens that an isolate has not the memory for.
import assert from "node:assert/strict";
import { after, test } from "node:test";
import { removeWork } from "../../benches/worker/lib/workerd.mjs";
import { rowsOf } from "../conformance/lib/sandbox.mjs";
import { ask } from "./lib/client.mjs";
import { Log } from "./lib/log.mjs";
import { peak } from "./lib/memory.mjs";
import { healthy, start, untilIdle } from "./lib/server.mjs";

/** What Cloudflare gives an isolate. Plain workerd has no limit. */
const ISOLATE_MB = 128;

/** Tokens just below `MAX_MERGED_BYTES` of src/limits.rs, and of 300 KB. */
const LARGE = { catalogue: 250, row_padding: 65_500 };
const SMALL = { catalogue: 120, row_padding: 2_150 };

const several = (count, make) => Promise.all(Array.from({ length: count }, (_, n) => make(n)));

let number = 0;
/** A test with an isolate that has held nothing yet, since WebAssembly memory never shrinks. */
const crowd = (name, size, body) =>
  test(name, async (context) => {
    const setup = await start(`crowd-${(number += 1)}`, { inspector: true });
    try {
      const { sandbox, worker } = setup;
      const rows = await rowsOf(sandbox, size.catalogue, size.row_padding);
      await sandbox.set(healthy(size));
      const send = (id, options) => {
        const headers = { "x-user-id": id, "x-request-id": id };
        return ask(worker.port, id, rows, { headers, total: size.catalogue, ...options });
      };
      const { result, heapMb, wasmMb } = await peak(setup, (look) => body(send, new Log(worker), look));
      const outcomes = Object.groupBy(result, ({ outcome }) => outcome);
      const counts = Object.entries(outcomes).map(([outcome, list]) => `${list.length} × ${outcome}`);
      context.diagnostic(`${rows.length} bytes: ${counts}; at most ${wasmMb} + ${heapMb} MB`);
      assert.deepEqual(Object.keys(outcomes).filter((outcome) => !["200", "503 busy"].includes(outcome)), []);
      assert.ok(outcomes["200"]?.length >= 1, "somebody is served");
      assert.ok(heapMb + wasmMb < ISOLATE_MB, `${wasmMb} MB of WebAssembly memory and ${heapMb} MB beside it`);
      // Nothing stays taken.
      await untilIdle(sandbox);
      assert.equal((await send("after")).outcome, "200");
    } finally {
      await setup.stop();
    }
  });

after(removeWork);

crowd("stays within an isolate's memory with eight tokens of 16 MB at once", LARGE, (send) =>
  several(8, (n) => send(`user-${n}`)),
);

crowd("stays within an isolate's memory with two hundred tokens of 300 KB at once", SMALL, (send) =>
  several(200, (n) => send(`user-${n}`)),
);

for (const { how, count, inTurn } of [
  { how: "at once", count: 8, inTurn: false },
  { how: "one after the other", count: 8, inTurn: true },
]) {
  crowd(`stays within an isolate's memory when ${count} do not read their 16 MB, ${how}`, LARGE, async (send, log, look) => {
    const { promise: reads, resolve: read } = Promise.withResolvers();
    const asked = [];
    for (let n = 0; n < count; n += 1) {
      asked.push(send(`user-${n}`, { reads }));
      if (inTurn) await log.ended([`user-${n}`]);
    }
    if (!inTurn) await log.ended(asked.map((_, n) => `user-${n}`));
    // The answers are made, and on their way.
    await look();
    read();
    return Promise.all(asked);
  });
}
