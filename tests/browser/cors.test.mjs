// Who may read answers: the widget's origin, and nobody else's pages.

import assert from "node:assert/strict";
import http from "node:http";
import { after, afterEach, before, beforeEach, describe, test } from "node:test";
import { newContext, openDemo, startBrowser } from "./browser.mjs";
import { startRig } from "./rig.mjs";

const TOKEN = "/api/authkit";
const GRANT = "/api/authkit/grant";

describe("CORS", () => {
  let rig, browser, context, foreign, headers;
  before(async () => {
    [rig, browser, foreign] = await Promise.all([startRig(), startBrowser(), startForeign()]);
  });
  after(() => Promise.all([rig?.stop(), browser?.close(), foreign?.stop()]));
  beforeEach(async () => {
    await rig.sandbox.reset();
    context = await newContext(browser);
    // A grant that is good, so that it is CORS alone that stands in the way.
    await openDemo(context, rig);
    headers = { "x-authkit-grant": rig.proxy.all("POST", TOKEN).at(-1).headers["x-authkit-grant"], "content-type": "application/json" };
    rig.proxy.clear();
  });
  afterEach(() => context.close());

  // The name of the error, or the status.
  const ask = (frame, path, options = {}) =>
    frame.evaluate(
      ([url, init]) => fetch(url, { method: "POST", body: "{}", ...init }).then((answer) => answer.status, (error) => error.name),
      [`${rig.url}${path}`, options],
    );

  test("refuses another origin at the preflight, so the token is never asked for", async () => {
    const page = await context.newPage();
    await page.goto(foreign.url);
    assert.equal(await ask(page, TOKEN, { headers }), "TypeError");
    const preflight = await rig.proxy.nth(1, "OPTIONS", TOKEN);
    assert.equal(preflight.headers.origin, foreign.url);
    assert.equal(preflight.answer["access-control-allow-origin"], undefined);
    assert.equal(rig.proxy.all("POST", TOKEN).length, 0);
    assert.match(context.complaints.join("\n"), /blocked by CORS policy/);
  });

  test("refuses the null origin of a sandboxed frame", async () => {
    const page = await context.newPage();
    await page.goto(foreign.url);
    const frame = await sandboxed(page);
    assert.equal(await ask(frame, TOKEN, { headers }), "TypeError");
    const preflight = await rig.proxy.nth(1, "OPTIONS", TOKEN);
    assert.equal(preflight.headers.origin, "null");
    assert.equal(preflight.answer["access-control-allow-origin"], undefined);
    assert.equal(rig.proxy.all("POST", TOKEN).length, 0);
  });

  test("gives another site's page no grant, with or without the user's cookie", async () => {
    const page = await context.newPage();
    await page.goto(foreign.url);
    for (const frame of [page, await sandboxed(page)]) {
      rig.proxy.clear();
      // Without a body there is no preflight: the request itself comes.
      assert.equal(await ask(frame, GRANT, { credentials: "include", body: null }), "TypeError");
      const post = await rig.proxy.nth(1, "POST", GRANT);
      assert.equal(post.headers.cookie, undefined, "SameSite=Lax");
      // The route takes JSON only, so that a page has to ask first. Asked, it says no.
      assert.equal(post.status, 415);
      const json = { credentials: "include", headers: { "content-type": "application/json" } };
      assert.equal(await ask(frame, GRANT, json), "TypeError");
      const preflight = await rig.proxy.nth(1, "OPTIONS", GRANT);
      assert.equal(preflight.answer["access-control-allow-origin"], undefined);
      assert.equal(rig.proxy.all("POST", GRANT).length, 1);
    }
  });

  test("gives a page of another port of the same site no grant, though its cookie comes along", async () => {
    const page = await context.newPage();
    // `localhost` again: cookies do not know ports.
    await page.goto(foreign.url.replace("127.0.0.1", "localhost"));
    assert.equal(await ask(page, GRANT, { credentials: "include", body: null }), "TypeError");
    const post = await rig.proxy.nth(1, "POST", GRANT);
    assert.match(post.headers.cookie, /^session=/);
    assert.equal(post.headers["sec-fetch-site"], "same-site");
    assert.equal(post.status, 415);
  });

  test("lets pages of both hosted widgets read the token", async () => {
    // The hosted origins cannot be reached, so the browser is told what is there.
    // They are of the internet for it, so it would ask the person first: see lna.test.mjs.
    await context.grantPermissions(["local-network-access"]);
    for (const origin of ["https://authkit.picaos.com", "https://auth.withone.ai"]) {
      const page = await context.newPage();
      await page.route(`${origin}/**`, (route) => route.fulfill({ contentType: "text/html", body: "<!doctype html>" }));
      await page.goto(`${origin}/`);
      rig.proxy.clear();
      assert.equal(await ask(page, TOKEN, { headers }), 200, context.complaints.join("\n"));
      assert.equal((await rig.proxy.nth(1, "POST", TOKEN)).headers.origin, origin);
    }
  });
});

/** A frame without an origin. */
async function sandboxed(page) {
  await page.setContent('<iframe sandbox="allow-scripts" srcdoc="<p>no origin</p>"></iframe>');
  const frame = await (await page.locator("iframe").elementHandle()).contentFrame();
  await frame.getByText("no origin").waitFor();
  return frame;
}

/** Somebody else's site. */
async function startForeign() {
  const server = http.createServer((_, response) => {
    response.writeHead(200, { "content-type": "text/html" });
    response.end("<!doctype html><title>Foreign</title><link rel=icon href=data:,>");
  });
  await new Promise((resolve) => server.listen(0, "127.0.0.1", resolve));
  return {
    url: `http://127.0.0.1:${server.address().port}`,
    stop() {
      server.closeAllConnections();
      return new Promise((resolve) => server.close(resolve));
    },
  };
}
