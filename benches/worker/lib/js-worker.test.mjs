// The JavaScript Workers are worth a comparison only if they do the same job.
import assert from "node:assert/strict";
import { afterEach, beforeEach, test } from "node:test";
import plain from "../js-worker/plain.mjs";
import remembering from "../js-worker/remembering.mjs";

const env = { PICA_BASE_URL: "http://upstream", PICA_SECRET_KEY: "key" };
const real = globalThis.fetch;
let pages, asked, flags;

beforeEach(() => {
  [pages, asked, flags] = [3, [], { authkitWhitelist: true }];
  globalThis.fetch = async (url, init) => {
    const { pathname, searchParams } = new URL(url);
    assert.equal(init.headers["x-pica-secret"], "key");
    if (pathname === "/v1/users/flags") {
      asked.push("flags");
      return flags ? Response.json(flags) : new Response("", { status: 500 });
    }
    assert.deepEqual(JSON.parse(init.body), { identity: "user-1", identityType: "user" });
    const page = Number(searchParams.get("page"));
    asked.push(page);
    const rows = page <= pages ? [{ id: page }] : [];
    return Response.json({ rows, total: pages, pages, page, requestId: page });
  };
});
afterEach(() => {
  globalThis.fetch = real;
});

const ask = (worker, init = {}) => {
  const headers = { "x-user-id": "user-1", origin: "https://authkit.picaos.com", ...init.headers };
  return worker.fetch(new Request("http://worker/api/authkit", { method: "POST", ...init, headers }), env);
};
const token = (count, isWhiteLabel) => ({
  rows: Array.from({ length: count }, (_, index) => ({ id: index + 1 })),
  total: count,
  pages: 1,
  page: 1,
  requestId: count,
  isWhiteLabel,
});

test("both merge all pages, whatever the number was before", async () => {
  for (const worker of [plain, remembering]) {
    for (pages of [3, 10, 1, 2]) {
      assert.deepEqual(await (await ask(worker)).json(), token(pages, true), `${pages}`);
    }
  }
});

test("the one that remembers asks for as many pages at once as there were, and for no flags", async () => {
  await ask(remembering);
  asked = [];
  assert.deepEqual(await (await ask(remembering)).json(), token(3, true));
  assert.deepEqual(asked, [1, 2, 3]);
});

test("the plain one asks for the flags every time", async () => {
  await ask(plain);
  asked = [];
  await ask(plain);
  assert.deepEqual(asked, ["flags", 1, 2, 3]);
});

test("flags that fail are no white label", async () => {
  flags = undefined;
  assert.deepEqual(await (await ask(plain)).json(), token(3, false));
});

test("the widget can read every answer, the refusals too", async () => {
  globalThis.fetch = async () => new Response("", { status: 503 });
  const statuses = [];
  for (const init of [{}, { method: "GET" }, { method: "OPTIONS" }, { headers: { "x-user-id": "" } }]) {
    const answer = await ask(plain, init);
    assert.equal(answer.headers.get("access-control-allow-origin"), "https://authkit.picaos.com");
    statuses.push(answer.status);
  }
  assert.deepEqual(statuses, [502, 405, 204, 401]);
});
