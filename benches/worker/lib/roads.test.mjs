// What stands around the Workers on the roads: the issuer, the cache, and that those with jose judge tokens.
import assert from "node:assert/strict";
import { after, afterEach, before, test } from "node:test";
import { request } from "node:http";
import jose from "../js-worker/jose.mjs";
import joseNotes from "../js-worker/jose-notes.mjs";
import { parse, startCache } from "./cache.mjs";
import { AUDIENCE, startIssuer, USER } from "./issuer.mjs";
import { roadsOf } from "./roads.mjs";

const PAGES = 3;
const real = globalThis.fetch;
let issuer, asked, waiting;

before(async () => {
  issuer = await startIssuer();
});
after(() => issuer.stop());
afterEach(() => {
  globalThis.fetch = real;
  delete globalThis.caches;
});

/** A Worker's surroundings, with a cache of that content. */
function surround(entries = new Map()) {
  [asked, waiting] = [[], []];
  globalThis.fetch = async (url, init) => {
    const { origin, pathname, searchParams } = new URL(url);
    if (origin === issuer.url) return real(url, init);
    if (pathname === "/v1/users/flags") return Response.json({ authkitWhitelist: false });
    assert.deepEqual(JSON.parse(init.body), { identity: USER, identityType: "user" });
    const page = Number(searchParams.get("page"));
    asked.push(page);
    return Response.json({ rows: page <= PAGES ? [page] : [], total: PAGES, pages: PAGES, page, requestId: page });
  };
  const open = async () => ({
    match: async (url) => (entries.has(url) ? new Response(entries.get(url)) : undefined),
    put: async (url, response) => void entries.set(url, await response.text()),
  });
  globalThis.caches = { open };
  return entries;
}

const context = { waitUntil: (promise) => waiting.push(promise) };
const env = () => ({
  PICA_BASE_URL: "http://upstream",
  PICA_SECRET_KEY: "key",
  JWT_ISSUER: issuer.url,
  JWT_AUDIENCE: AUDIENCE,
  JWT_JWKS_URL: issuer.keysUrl,
});

function ask(worker, authorization, method = "POST") {
  const headers = { origin: "https://authkit.picaos.com", ...(authorization && { authorization }) };
  return worker.fetch(new Request("http://worker/api/authkit", { method, headers }), env(), context);
}

/** The Worker as a new isolate has it. */
const anew = async (name) => (await import(`../js-worker/${name}.mjs?${Math.random()}`)).default;

test("both Workers with jose give a token for a good JWT, of either algorithm, and for no other", async () => {
  surround();
  for (const worker of [jose, joseNotes]) {
    for (const algorithm of ["ES256", "RS256"]) {
      const answer = await ask(worker, `Bearer ${issuer.token(algorithm)}`);
      assert.deepEqual((await answer.json()).rows, [1, 2, 3]);
    }
    const [head, , signature] = issuer.token("ES256").split(".");
    const others = Buffer.from(JSON.stringify({ iss: issuer.url, aud: AUDIENCE, sub: "user-2" })).toString("base64url");
    for (const wrong of [undefined, "Bearer x", `Bearer ${head}.${others}.${signature}`]) {
      assert.equal((await ask(worker, wrong)).status, 401);
    }
  }
});

test("with notes, a new isolate knows the pages and the keys of the one before", async () => {
  const entries = surround();
  const bearer = `Bearer ${issuer.token("ES256")}`;
  await ask(await anew("jose-notes"), bearer);
  await Promise.all(waiting);
  assert.deepEqual([entries.size, asked], [2, [1, 2, 3]]);
  const loads = issuer.loads;
  surround(entries);
  let most = 0;
  let open = 0;
  const fetch = globalThis.fetch;
  globalThis.fetch = async (...args) => {
    most = Math.max(most, (open += 1));
    await new Promise(setImmediate);
    open -= 1;
    return fetch(...args);
  };
  await ask(await anew("jose-notes"), bearer);
  // Three pages and the flags at once, and no load of keys.
  assert.deepEqual([most, issuer.loads], [4, loads]);
});

test("with notes, a preflight has the keys loaded", async () => {
  surround();
  const worker = await anew("jose-notes");
  const loads = issuer.loads;
  assert.equal((await ask(worker, undefined, "OPTIONS")).status, 204);
  await Promise.all(waiting);
  assert.equal((await ask(worker, `Bearer ${issuer.token("ES256")}`)).status, 200);
  assert.equal(issuer.loads, loads + 1);
});

test("with notes, a cache that fails is a miss", async () => {
  surround();
  globalThis.caches.open = async () => Promise.reject(new Error("No Cache was configured"));
  const answer = await ask(await anew("jose-notes"), `Bearer ${issuer.token("ES256")}`);
  assert.equal(answer.status, 200);
  await Promise.all(waiting);
});

test("the issuer's application knows its session, and no other cookie", async () => {
  const status = async (cookie) => (await fetch(issuer.sessionUrl, { headers: { cookie } })).status;
  assert.deepEqual([await status(issuer.cookie), await status("sid=other"), await status("")], [200, 401, 401]);
});

test("the cache gives what it was given, by name and host, and nothing while it is forgetful", async () => {
  const cache = await startCache();
  const send = (method, namespace, body) =>
    new Promise((resolve, reject) => {
      const headers = { host: "app.example", "cf-cache-namespace": namespace };
      const message = request({ agent: false, host: "127.0.0.1", port: cache.port, method, path: "/note", headers }, (response) => {
        const chunks = [];
        response.on("data", (chunk) => chunks.push(chunk));
        response.on("end", () => resolve([response.statusCode, response.headers["cf-cache-status"], Buffer.concat(chunks).toString()]));
      });
      message.on("error", reject);
      message.end(body);
    });
  assert.deepEqual(await send("GET", "a"), [504, "MISS", ""]);
  assert.equal((await send("PUT", "a", "HTTP/1.1 200 OK\r\ncontent-length: 4\r\n\r\nnote"))[0], 204);
  assert.deepEqual(await send("GET", "a"), [200, "HIT", "note"]);
  assert.deepEqual(await send("GET", "b"), [504, "MISS", ""]);
  cache.isForgetful = true;
  assert.deepEqual(await send("GET", "a"), [504, "MISS", ""]);
  await cache.settled();
  cache.stop();
});

test("a response within a PUT may be chunked", () => {
  const chunked = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nX: y\r\n\r\n4\r\nno\r\n\r\n2\r\nte\r\n0\r\n\r\n";
  const { headers, body } = parse(Buffer.from(chunked));
  assert.deepEqual([headers, body.toString()], [{ x: "y" }, "no\r\nte"]);
});

test("a road that is none is named, with those that there are", () => {
  assert.deepEqual(roadsOf(["grant"]).map(({ name }) => name), ["grant"]);
  assert.equal(roadsOf([]).length, 5);
  assert.throws(() => roadsOf(["jwt"]), /no road jwt, but es256, rs256, grant, session, header/);
});
