// The page as it would be deployed: the widget's own address, and a session cookie that no script
// can read.

import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { HOSTED, hosted, newContext, openWidget, startBrowser } from "./browser.mjs";
import { startRig } from "./rig.mjs";

describe("without stand-ins", () => {
  let rig, browser, context, page;
  before(async () => {
    [rig, browser] = await Promise.all([startRig({ standIns: false }), startBrowser()]);
    context = await newContext(browser);
    await context.grantPermissions(["local-network-access"]);
    page = await context.newPage();
    await page.route(`${HOSTED}/**`, hosted(rig.sandbox.url));
  });
  after(() => Promise.all([rig?.stop(), browser?.close()]));

  test("asks to sign in when the Worker knows nobody", async () => {
    await page.goto(rig.url);
    await page.getByText("Please sign in again.").waitFor();
    assert.equal(await page.getByLabel("User name").isVisible(), false);
    context.complaints.length = 0;
  });

  test("opens the hosted widget under its own policy, for the user of an HttpOnly cookie", async () => {
    const value = await rig.sandbox.signIn("grace");
    await context.addCookies([{ name: "session", value, url: rig.url, httpOnly: true, sameSite: "Strict" }]);
    await page.goto(rig.url);
    await page.getByText(/^\d+ apps$/).waitFor();
    const widget = await openWidget(page);
    await widget.getByLabel("Search").waitFor();
    const post = rig.proxy.all("POST", "/api/authkit").at(-1);
    assert.equal(post.headers.origin, HOSTED);
    assert.equal(post.headers.cookie, undefined);
    assert.deepEqual([...new Set(await rig.sandbox.identities())], ["grace"]);
    assert.deepEqual(context.complaints, []);
    const hosts = [...context.hosts].sort();
    assert.deepEqual(hosts, [new URL(HOSTED).host, new URL(rig.url).host].sort());
  });
});
