// The life of a grant, and what a person is told when something is wrong.

import assert from "node:assert/strict";
import { after, afterEach, before, beforeEach, describe, test } from "node:test";
import { assertQuiet, newContext, openDemo, openWidget, startBrowser } from "./browser.mjs";
import { startRig } from "./rig.mjs";

const GRANT = "/api/authkit/grant";
const TOKEN = "/api/authkit";

let rig, browser, context, expected;

/** A rig for the tests of one `describe`. */
function hooks() {
  before(async () => {
    [rig, browser] = await Promise.all([startRig(), startBrowser()]);
  });
  after(() => Promise.all([rig?.stop(), browser?.close()]));
  beforeEach(async () => {
    await rig.sandbox.reset();
    rig.proxy.clear();
    context = await newContext(browser);
    expected = [];
  });
  afterEach(async () => {
    assertQuiet(context, rig, expected);
    await context.close();
  });
}

describe("grants and errors", () => {
  hooks();

  test("renews a grant a minute before it ends", async () => {
    await context.clock.install();
    const page = await openDemo(context, rig);
    assert.equal(rig.proxy.all("POST", GRANT).length, 1);
    // The page's clock only. The Worker's goes on as ever.
    await page.clock.runFor(230_000);
    assert.equal(rig.proxy.all("POST", GRANT).length, 1);
    await page.clock.runFor(15_000);
    assert.equal((await rig.proxy.nth(2, "POST", GRANT)).status, 200);
  });

  test("asks for a new grant on the way to the widget when the old one is about to end", async () => {
    const page = await openDemo(context, rig);
    // The clock jumps, as it does when a computer wakes up: no timer has run.
    await page.evaluate(() => {
      const now = Date.now;
      Date.now = () => now() + 290_000;
    });
    const widget = await openWidget(page);
    await widget.getByLabel("Search").waitFor();
    assert.equal(rig.proxy.all("POST", GRANT).length, 2);
  });

  test("lets the widget ask again with the same grant, as it does for a token older than five minutes", async () => {
    await context.clock.install();
    const page = await openDemo(context, rig);
    await page.getByLabel("App", { exact: true }).selectOption("Slack");
    const widget = await openWidget(page);
    await widget.getByLabel("API key").fill("a key");
    const before = rig.proxy.all("POST", TOKEN);
    await page.clock.fastForward(301_000);
    await widget.getByRole("button", { name: "Connect" }).click();
    await page.locator("#connections").getByText("slack", { exact: true }).waitFor();
    const [first, again] = rig.proxy.all("POST", TOKEN).slice(before.length - 1);
    assert.equal(again.headers["x-authkit-grant"], first.headers["x-authkit-grant"]);
    assert.equal(again.status, 200);
  });

  test("says so when the session is over", async () => {
    expected = [/status of 401/];
    const page = await openDemo(context, rig);
    await context.clearCookies();
    await page.getByRole("button", { name: "Renew" }).click();
    await page.getByText("You are not signed in any more. Please sign in again.").waitFor();
    await page.getByText(/^Request [\w-]+$/).waitFor();
  });

  test("says so when the server cannot be reached", async () => {
    expected = [/ERR_EMPTY_RESPONSE|ERR_CONNECTION|ERR_SOCKET/];
    const page = await openDemo(context, rig);
    rig.proxy.broken = true;
    await page.getByRole("button", { name: "Renew" }).click();
    await page.getByText("The server cannot be reached. Check your connection and try again.").waitFor();
    rig.proxy.broken = false;
    await page.getByRole("button", { name: "Renew" }).click();
    await page.locator("#problem").waitFor({ state: "hidden" });
    await page.getByText(/^A grant, good for/).waitFor();
  });

  test("says where to go when no app is enabled yet", async () => {
    await rig.sandbox.configure({ catalogue: 0 });
    const page = await context.newPage();
    await page.goto(rig.url);
    await page.getByRole("button", { name: "Sign in" }).click();
    await page.getByText("No app is enabled in your dashboard yet.").waitFor();
    await page.getByRole("button", { name: "Connect an app" }).click();
    await page.locator("#problem").getByText("No app is enabled in your dashboard yet.").waitFor();
    assert.equal(await page.locator("#event-link").count(), 0);
  });
});

// By itself: the Worker leaves its upstream alone then, and the next test would have no list.
describe("the upstream's limit", () => {
  hooks();

  test("is told in the page, which opens no widget", async () => {
    expected = [/status of 429/];
    const page = await openDemo(context, rig);
    const limit = { status: { status: 429, retry_after: "40" } };
    await rig.sandbox.configure({ faults: [{ target: "token", kind: limit }] });
    // The first answer has all of the time; later ones have what is left of it.
    await page.reload();
    await page.getByText("Try again in 40 seconds.").waitFor();
    await page.locator("#problem").evaluate((place) => (place.textContent = ""));
    await page.getByRole("button", { name: "Connect an app" }).click();
    await page.getByText(/^Too many people are connecting apps just now\. Try again in \d+ seconds\./).waitFor();
    assert.equal(await page.locator("#event-link").count(), 0);
  });
});
