// Clients that reset their connections: workerd cancels their requests, and nobody else may notice.
import assert from "node:assert/strict";
import { after, describe, test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { removeWork } from "../../benches/worker/lib/workerd.mjs";
import { ask } from "./lib/client.mjs";
import { when } from "./lib/door.mjs";
import { Leaver } from "./lib/leaver.mjs";
import { askAsServer, askSignedIn, kinds, leave, startSignedIn } from "./lib/resets.mjs";

after(removeWork);

/** As many resets of each kind as `rounds` times `clients`. */
const PLAN = { rounds: 8, clients: 40 };

/** Seconds between two loads of an issuer's keys: `JWKS_COOLDOWN` in src/limits.rs. */
const COOLDOWN_S = 30;
/** Between two floods of resets. */
const PAUSE_MS = 100;

const outcomesOf = async (asked) => (await Promise.all(asked)).map(({ outcome }) => outcome);
const several = (count, make) => Array.from({ length: count }, (_, n) => make(n));

/** A test with an isolate that knows nothing yet. */
const cold = (name, body) =>
  test(name, async (context) => {
    const setup = await startSignedIn();
    try {
      await body(setup, context);
    } finally {
      await setup.stop();
    }
  });

/** Clients with made-up tokens, which wait for the keys. */
const madeUp = ({ worker, issuer }, count) =>
  Promise.all(several(count, () => Leaver.begin(worker.port, { headers: issuer.madeUp() })));
const untilKeysLoad = ({ issuer: { door } }) => when(door, "the keys are loaded", () => door.waiting > 0);

describe("A client that resets its connection", { concurrency: true }, () => {
  for (const kind of kinds) {
    test(`leaves nothing behind and disturbs nobody: ${kind.name}`, async (context) => {
      const { resets, honest, memory } = await leave(kind, PLAN);
      context.diagnostic(`${resets} resets, ${honest} others served: ${JSON.stringify(memory)}`);
      for (const name of ["heapMb", "wasmMb"]) assert.equal(memory[name].grows, false, JSON.stringify(memory[name]));
    });
  }

  cold("keeps nobody from signing in with one made-up token, when the issuer answers after that", async (setup) => {
    setup.issuer.door.shut();
    const [leaver] = await madeUp(setup, 1);
    await untilKeysLoad(setup);
    leaver.reset();
    setup.issuer.door.open();
    assert.deepEqual(await outcomesOf([askSignedIn(setup, "ada")]), ["200"]);
  });

  cold("keeps nobody from signing in with one made-up token, when the issuer never answers its load", async (setup) => {
    setup.issuer.door.shut();
    const [leaver] = await madeUp(setup, 1);
    await untilKeysLoad(setup);
    leaver.reset();
    setup.issuer.door.openForOthers();
    assert.deepEqual(await outcomesOf([askSignedIn(setup, "ada")]), ["200"]);
  });

  cold("keeps nobody from signing in with twenty made-up tokens at a time", async (setup) => {
    setup.issuer.door.shut();
    const asked = [];
    for (let round = 0; round < 5; round += 1) {
      const leavers = await madeUp(setup, 20);
      // Needs no keys, and comes after those.
      assert.deepEqual(await outcomesOf([askAsServer(setup, "server")]), ["200"]);
      asked.push(askSignedIn(setup, `before-${round}`));
      for (const leaver of leavers) leaver.reset();
      asked.push(askSignedIn(setup, `after-${round}`));
    }
    setup.issuer.door.open();
    assert.deepEqual(await outcomesOf(asked), asked.map(() => "200"));
  });

  cold("keeps nobody from signing in with a new key of the issuer", async (setup, context) => {
    const { worker, issuer, rows } = setup;
    assert.equal((await askSignedIn(setup, "ada")).outcome, "200");
    const ada = { headers: issuer.signedIn("ada") };
    issuer.rotate();
    let goes = true;
    let resets = 0;
    const flood = async () => {
      while (goes) {
        // A load that is begun now ends only after the clients have gone.
        issuer.door.shut();
        const leavers = await madeUp(setup, 20);
        assert.equal((await ask(worker.port, "ada", rows, ada)).outcome, "200");
        for (const leaver of leavers) leaver.reset();
        issuer.door.open();
        resets += leavers.length;
        await sleep(PAUSE_MS);
      }
    };
    const user = async () => {
      // The keys were loaded a moment ago, and so are not loaded again yet.
      const { outcome, headers } = await askSignedIn(setup, "grace");
      assert.notEqual(outcome, "200");
      await sleep(Number(headers["retry-after"] ?? COOLDOWN_S) * 1000);
      assert.equal((await askSignedIn(setup, "grace")).outcome, "200");
    };
    await Promise.all([flood(), user().finally(() => (goes = false))]);
    context.diagnostic(`${resets} resets meanwhile`);
  });
});
