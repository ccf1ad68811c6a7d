// Where the Worker gets no session of the application: the application's own server answers grants, which it
// gets by its key, and the widget goes to the Worker with them.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { assertQuiet, newContext, openDemo, openWidget, startBrowser } from "./browser.mjs";
import { startRig } from "./rig.mjs";

const TRUSTED_CALLER_KEY = "caller_key_published_on_purpose_for_browsers";

let rig, browser;

before(async () => {
  const vars = { IDENTITY_SOURCE: "grant,header", TRUSTED_CALLER_KEY, CONNECTIONS: "off" };
  [rig, browser] = await Promise.all([startRig({ vars }), startBrowser()]);
});
after(() => Promise.all([rig?.stop(), browser?.close()]));

test("the widget works with a grant that the application's server has got", async () => {
  const context = await newContext(browser);
  // The application's server: it knows who is signed in, and sends on nothing of the page's request.
  await context.route("**/api/authkit/grant", async (route) => {
    const headers = { "content-type": "application/json", "x-authkit-key": TRUSTED_CALLER_KEY, "x-user-id": "ada" };
    const answer = await fetch(`${rig.url}/api/authkit/grant`, { method: "POST", headers, body: "{}" });
    await route.fulfill({ status: answer.status, json: await answer.json() });
  });
  const page = await openDemo(context, rig);
  const widget = await openWidget(page);
  await widget.getByLabel("Search").waitFor();
  const minted = new Set(await rig.sandbox.identities());
  assert.deepEqual([...minted], ["ada"]);
  // The browser never had the key.
  for (const { headers } of rig.proxy.all("POST", "/api/authkit")) assert.equal(headers["x-authkit-key"], undefined);
  // The demo has asked for connections, which a grant does not open.
  assertQuiet(context, rig, [/status of 404/]);
  await context.close();
});
