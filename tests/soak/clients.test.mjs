// Clients that go, and clients that are many.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { removeWork } from "../../benches/worker/lib/workerd.mjs";
import { ask } from "./lib/client.mjs";
import { Log } from "./lib/log.mjs";
import { healthy, start, tokenFault, until, untilIdle } from "./lib/server.mjs";

/** Connections that one request may have open: `MAX_CONNECTIONS` in src/limits.rs. */
const CONNECTIONS = 6;
const CLIENTS = 40;
/** The most that the isolate asks for at once: two are in the catalogue. */
const PAGES = 2;

const DEADLINE_MS = 2000;
/** How often a call is tried: `MAX_TRIES`. */
const TRIES = 3;

let setup;
let log;
before(async () => {
  setup = await start("clients", { variables: { UPSTREAM_DEADLINE_MS: String(DEADLINE_MS) } });
  log = new Log(setup.worker);
});
after(async () => {
  await setup?.stop();
  removeWork();
});

const send = (identity, options) => {
  const headers = { "x-user-id": identity, "x-request-id": identity };
  return ask(setup.worker.port, identity, setup.rows, { headers, ...options });
};
const namesOf = (count, name) => Array.from({ length: count }, (_, n) => `${name}-${n}`);
const many = (count, name, options) => Promise.all(namesOf(count, name).map((one) => send(one, options)));
const outcomesOf = (answers) => [...new Set(answers.map(({ outcome }) => outcome))];

for (const kind of ["hang", "hang_body"]) {
  // A request goes on without its client. So what that still costs is bounded by tries and deadline, as
  // ever.
  test(`is done at the deadline with the calls of clients that have gone: ${kind}`, async () => {
    await setup.sandbox.set(healthy(tokenFault(kind)));
    const going = many(CLIENTS, kind, { leavesAfterMs: 300 });
    await until(setup.sandbox, "some are under way", ({ in_flight }) => in_flight > 0);
    assert.deepEqual(outcomesOf(await going), ["left"]);
    const { token_requests } = await untilIdle(setup.sandbox);
    assert.ok(token_requests <= CLIENTS * PAGES * TRIES, `${token_requests} calls`);
    await log.ended(namesOf(CLIENTS, kind));
    await setup.sandbox.set(healthy());
    assert.deepEqual(outcomesOf(await many(5, "after")), ["200"]);
  });
}

test("answers others while clients go", async () => {
  await setup.sandbox.set(healthy({ latency_ms: 200 }));
  const [going, staying] = await Promise.all([many(CLIENTS, "gone", { leavesAfterMs: 30 }), many(5, "stays")]);
  assert.deepEqual(outcomesOf(going), ["left"]);
  assert.deepEqual(outcomesOf(staying), ["200"]);
  await log.ended(namesOf(CLIENTS, "gone"));
  await untilIdle(setup.sandbox);
});

test("answers all when many wait for an upstream that hangs, and others right afterwards", async () => {
  await setup.sandbox.set(healthy(tokenFault("hang")));
  assert.deepEqual(outcomesOf(await many(CLIENTS, "waits")), ["504 upstream_timeout"]);
  await untilIdle(setup.sandbox);
  await setup.sandbox.set(healthy());
  assert.deepEqual(outcomesOf(await many(5, "after")), ["200"]);
});

test("serves some while others wait for an upstream that hangs", async () => {
  // The first so many calls hang for good; what comes after them does not.
  await setup.sandbox.set(healthy(tokenFault("hang", { times: CONNECTIONS })));
  const waiting = many(CONNECTIONS, "waits");
  await until(setup.sandbox, "they hang", ({ in_flight }) => in_flight >= CONNECTIONS);
  assert.deepEqual(outcomesOf(await many(5, "passes")), ["200"]);
  // Each had half of its deadline left for a second try.
  assert.deepEqual(outcomesOf(await waiting), ["200"]);
  await untilIdle(setup.sandbox);
});

test("has no more than its connections for one request, though all of them hang", async () => {
  const { sandbox, worker } = setup;
  const pages = { catalogue: 1200 };
  await sandbox.set(healthy(pages));
  // Tells the isolate that there are twelve pages, so that the next asks for as many as it may.
  const headers = { "x-user-id": "ada" };
  const answer = await fetch(`http://127.0.0.1:${worker.port}/api/authkit`, { method: "POST", headers });
  assert.equal((await answer.json()).rows.length, pages.catalogue);
  await sandbox.set(healthy({ ...pages, ...tokenFault("hang") }));
  assert.equal((await send("ada")).outcome, "504 upstream_timeout");
  const { max_in_flight } = await untilIdle(sandbox);
  assert.equal(max_in_flight, CONNECTIONS);
});
