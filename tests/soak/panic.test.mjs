// A panic takes down whatever is in the isolate's instance: those under way are told so, and the next
// request must not notice.
import assert from "node:assert/strict";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { built } from "../../benches/worker/lib/contestants.mjs";
import { removeWork } from "../../benches/worker/lib/workerd.mjs";
import { ask } from "./lib/client.mjs";
import { Log } from "./lib/log.mjs";
import { healthy, start, tokenFault, until, untilIdle } from "./lib/server.mjs";

const root = join(import.meta.dirname, "../..");
const files = () => built(join(root, "tests/soak/panic-worker/build"));

/** One that every deployment allows. */
const ORIGIN = "https://authkit.picaos.com";
const FAILED = "500 internal_error";
const COUNT = 4;

let setup;
let log;
before(async () => {
  setup = await start("panic", { files });
  log = new Log(setup.worker);
});
after(async () => {
  await setup?.stop();
  removeWork();
});

/** `ask` fails unless an error has its four fields, `no-store`, and one id in its body and its head. */
const send = (id, path) => {
  const headers = { "x-user-id": id, "x-request-id": id, origin: ORIGIN };
  return ask(setup.worker.port, id, setup.rows, { path, headers });
};

/** The answer to a request that panicked, or that another's panic took down. */
async function assertFailed(id, { outcome, headers }) {
  assert.equal(outcome, FAILED);
  assert.equal(headers["x-request-id"], id);
  assert.equal(headers["access-control-allow-origin"], ORIGIN);
  assert.equal(headers["content-type"], "application/json");
  // Whoever has written it once by now writes no second line for it later: the instance is gone.
  const records = await log.ended([id]);
  assert.deepEqual(records.map(({ status, code }) => `${status} ${code}`), [FAILED]);
}

for (const path of ["/panic", "/panic-later"]) {
  test(`tells so whoever panics at ${path}, and answers right after each of several panics`, async () => {
    for (let n = 0; n < 5; n += 1) {
      const id = `panics-${path.length}-${n}`;
      await assertFailed(id, await send(id, path));
      // Two, as the first one might be what brings the instance back.
      for (const next of ["first", "second"]) assert.equal((await send(`${next}-${n}`)).outcome, "200");
    }
    await untilIdle(setup.sandbox);
  });

  test(`tells so all who are under way when another panics at ${path}, and hangs nobody`, async () => {
    await setup.sandbox.set(healthy(tokenFault("hang")));
    const ids = Array.from({ length: COUNT }, (_, n) => `other-${path.length}-${n}`);
    const others = ids.map((id) => send(id));
    await until(setup.sandbox, "others are under way", ({ in_flight }) => in_flight >= COUNT);
    const id = `among-${path.length}`;
    await assertFailed(id, await send(id, path));
    for (const [n, answer] of (await Promise.all(others)).entries()) await assertFailed(ids[n], answer);
    await setup.sandbox.set(healthy());
    const together = await Promise.all(Array.from({ length: COUNT }, (_, n) => send(`after-${n}`)));
    for (const { outcome } of together) assert.equal(outcome, "200");
    await untilIdle(setup.sandbox);
  });

  test(`gives a panic at ${path} an id of its own when the client's is none for a log`, async () => {
    const headers = { "x-user-id": "ada", "x-request-id": "not one, with spaces", origin: ORIGIN };
    const answer = await ask(setup.worker.port, "ada", setup.rows, { path, headers });
    await assertFailed(answer.headers["x-request-id"], answer);
    assert.match(answer.headers["x-request-id"], /^[\w-]{36}$/);
    assert.equal((await send("next")).outcome, "200");
  });
}
