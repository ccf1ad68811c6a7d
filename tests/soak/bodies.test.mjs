// Bodies that do not come, and bodies that are not what was said of them.
import assert from "node:assert/strict";
import { connect } from "node:net";
import { after, describe, test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { removeWork } from "../../benches/worker/lib/workerd.mjs";
import { ask } from "./lib/client.mjs";
import { Issuer } from "./lib/issuer.mjs";
import { Liar, lies, tell, USER } from "./lib/liar.mjs";
import { Log } from "./lib/log.mjs";
import { sample } from "./lib/memory.mjs";
import { start } from "./lib/server.mjs";

after(removeWork);

const KIB = 1024;
const MIB = 1024 * KIB;

/** What the kernel takes of a connection on the loopback interface that nobody reads. */
const KERNEL = 10 * MIB;

/**
 * What is lied about; how much of it is read at most (src/limits.rs); how often it is asked for in a
 * request; what is answered; and how many MB the isolate may hold afterwards.
 */
const subjects = [
  { about: "page", cap: 16 * MIB, tries: 3, outcome: "502 upstream_failed", mb: 64 },
  { about: "flags", cap: 64 * KIB, tries: 3, outcome: "200", mb: 8 },
  { about: "keys", cap: 64 * KIB, tries: 1, outcome: "503 keys_unavailable", mb: 8 },
];

const REQUEST_CAP = 8 * KIB;

let started = 0;
const startWorker = (variables) => start(`bodies-${(started += 1)}`, { variables, inspector: true });

/** Tests in the same file share two CPUs. */
describe("A body", { concurrency: 4 }, () => {
  for (const extra of [{ "content-length": 100 }, { "transfer-encoding": "chunked" }]) {
    const [said] = Object.keys(extra);
    test(`is waited for ten seconds, and keeps nobody else waiting: ${said}`, async () => {
      const setup = await startWorker();
      try {
        const { port } = setup.worker;
        const slow = ask(port, USER, setup.rows, { headers: { "x-user-id": USER, ...extra }, staysHalfWay: true });
        assert.equal((await ask(port, "grace", setup.rows)).outcome, "200");
        assert.equal((await slow).outcome, "408 body_timeout");
        assert.equal((await ask(port, USER, setup.rows)).outcome, "200");
      } finally {
        await setup.stop();
      }
    });
  }

  for (const { about, cap, tries, outcome, mb } of subjects) {
    for (const lie of lies) {
      test(`of ${about} is read to its cap when it is said to be ${lie.name}`, async (context) => {
        const issuer = await Issuer.start();
        const liar = await Liar.start(about, lie, issuer.keys);
        const variables = {
          ...issuer.variables,
          JWT_JWKS_URL: `${liar.url}/keys`,
          AUTHKIT_BASE_URL: liar.url,
          IDENTITY_SOURCE: about === "keys" ? "jwt" : "header",
          FLAGS_CACHE_SECONDS: "0",
        };
        const setup = await startWorker(variables);
        try {
          const headers = { "x-user-id": USER, ...issuer.signedIn(USER) };
          const send = () => ask(setup.worker.port, USER, "", { headers, total: 0 });
          const answer = await send();
          liar.lie = undefined;
          const { heapMb, wasmMb } = await sample(setup);
          context.diagnostic(`${answer.outcome}, ${liar.sent} bytes in ${liar.calls} calls, ${wasmMb} + ${heapMb} MB`);
          assert.equal(answer.outcome, outcome);
          assert.ok(liar.calls >= 1 && liar.calls <= tries, `${liar.calls} calls`);
          assert.ok(liar.sent <= liar.calls * (cap + KERNEL), `it could send ${liar.sent} bytes`);
          assert.ok(heapMb + wasmMb < mb, `${heapMb} + ${wasmMb} MB`);
          // Keys are not loaded again at once.
          await sleep(Number(answer.headers["retry-after"] ?? 0) * 1000);
          assert.equal((await send()).outcome, "200");
        } finally {
          await setup.stop();
          liar.stop();
          issuer.stop();
        }
      });
    }
  }

  test("of a request is read to its cap, whatever is said of it", async (context) => {
    const setup = await startWorker();
    const log = new Log(setup.worker);
    try {
      for (const [n, lie] of lies.entries()) {
        const id = `lie-${n}`;
        const socket = connect(setup.worker.port, "127.0.0.1");
        // Its answer may be lost, as more is on the way when the connection is closed.
        socket.on("error", () => {}).resume();
        const lines = ["POST /api/authkit HTTP/1.1", "host: localhost", "x-user-id: ada", `x-request-id: ${id}`];
        const sent = await tell(socket, [...lines, "content-type: application/json"].join("\r\n"), lie);
        assert.ok(sent <= REQUEST_CAP + KERNEL, `${lie.name}: it could send ${sent} bytes`);
        // workerd answers this itself, and the Worker never hears of it.
        if (lie.isNoHttp) continue;
        const [{ status }] = await log.ended([id]);
        context.diagnostic(`${lie.name}: ${status}, ${sent} bytes`);
        assert.ok([400, 413].includes(status), `${lie.name}: ${status}`);
      }
      const { heapMb, wasmMb } = await sample(setup);
      assert.ok(heapMb + wasmMb < 8, `${heapMb} + ${wasmMb} MB`);
      assert.equal((await ask(setup.worker.port, USER, setup.rows)).outcome, "200");
    } finally {
      await setup.stop();
    }
  });
});
