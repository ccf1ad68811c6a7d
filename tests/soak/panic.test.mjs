// A panic takes down whatever is in the isolate's instance; the next request must not notice.
import assert from "node:assert/strict";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { edge } from "../../bench/lib/contestants.mjs";
import { removeWork } from "../../bench/lib/workerd.mjs";
import { ask } from "./lib/client.mjs";
import { healthy, start, until, untilIdle } from "./lib/server.mjs";

const root = join(import.meta.dirname, "../..");
const files = edge.files.map((file) => file.replace(join(root, "build"), join(root, "tests/panic-worker/build")));

/** What workerd makes of a Worker that threw, or that nothing can wake any more. */
const FAILED = ["500 bare", "broken"];

const COUNT = 4;

let setup;
before(async () => (setup = await start("panic", { files })));
after(async () => {
  await setup?.stop();
  removeWork();
});

const send = (identity, path) => ask(setup.worker.port, identity, setup.rows, { path });

for (const path of ["/panic", "/panic-later"]) {
  test(`answers right after each of several panics at ${path}`, async () => {
    for (let n = 0; n < 5; n += 1) {
      const { outcome } = await send("ada", path);
      assert.ok(FAILED.includes(outcome), outcome);
      // Two, as the first one might be what brings the instance back.
      for (const identity of [`first-${n}`, `second-${n}`]) assert.equal((await send(identity)).outcome, "200");
    }
    await untilIdle(setup.sandbox);
  });

  test(`hangs nobody who is under way when another panics at ${path}`, async (context) => {
    await setup.sandbox.set(healthy({ latency_ms: 300 }));
    const others = Array.from({ length: COUNT }, (_, n) => send(`other-${n}`));
    await until(setup.sandbox, "others are under way", ({ in_flight }) => in_flight >= COUNT);
    assert.ok(FAILED.includes((await send("ada", path)).outcome));
    const outcomes = (await Promise.all(others)).map(({ outcome }) => outcome);
    context.diagnostic(`the others: ${outcomes.join(", ")}`);
    for (const outcome of outcomes) assert.ok([...FAILED, "200"].includes(outcome), outcome);
    await setup.sandbox.set(healthy());
    const together = await Promise.all(Array.from({ length: COUNT }, (_, n) => send(`after-${n}`)));
    for (const { outcome } of together) assert.equal(outcome, "200");
    await untilIdle(setup.sandbox);
  });
}
