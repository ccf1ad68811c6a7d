// @withone/auth, with the Worker's upstream being One.

import assert from "node:assert/strict";
import { after, afterEach, before, beforeEach, describe, test } from "node:test";
import { assertQuiet, newContext, openDemo, openWidget, startBrowser, widgetOf } from "./browser.mjs";
import { startRig } from "./rig.mjs";

const TOKEN = "/api/authkit";

describe("@withone/auth", () => {
  let rig, browser, context;
  before(async () => {
    [rig, browser] = await Promise.all([startRig({ provider: "one" }), startBrowser()]);
  });
  after(() => Promise.all([rig?.stop(), browser?.close()]));
  beforeEach(async () => {
    await rig.sandbox.reset();
    rig.proxy.clear();
    context = await newContext(browser);
  });
  afterEach(async () => {
    assertQuiet(context, rig);
    await context.close();
  });

  test("loads the list page by page", async () => {
    const page = await openDemo(context, rig);
    assert.equal(await page.getByLabel("Widget", { exact: true }).inputValue(), "one");
    rig.proxy.clear();
    const widget = await openWidget(page);
    await widget.getByText(/^\d+ apps$/).waitFor();
    const byWidget = ({ headers }) => headers.origin === rig.sandbox.url;
    const asked = rig.proxy.all("POST", TOKEN).filter(byWidget).map((seen) => seen.path);
    assert.deepEqual(asked, [1, 2, 3].map((number) => `${TOKEN}?page=${number}&limit=100`));
    const offered = await page.locator("#count").textContent();
    await widget.getByText(offered, { exact: true }).waitFor();
  });

  test("connects with an API key", async () => {
    const page = await openDemo(context, rig);
    await page.getByLabel("App", { exact: true }).selectOption("Slack");
    const widget = await openWidget(page);
    await widget.getByLabel("API key").fill("a key");
    await widget.getByRole("button", { name: "Connect" }).click();
    await page.locator("#connections").getByText("slack", { exact: true }).waitFor();
    assert.deepEqual(new Set(await rig.sandbox.identities()), new Set(["ada"]));
  });

  for (const [answer, outcome] of [
    ["Allow", (page) => page.locator("#connections").getByText("gmail", { exact: true })],
    ["Deny", (page) => page.getByText("The app could not be connected: access_denied")],
  ]) {
    test(`goes to the provider in the same window and comes back: ${answer}`, async () => {
      const page = await openDemo(context, rig);
      const widget = await openWidget(page);
      await widget.getByRole("button", { name: "Gmail" }).click();
      await widget.getByRole("button", { name: "Continue to Gmail" }).click();
      await page.waitForURL(/\/_sandbox\/provider/);
      await page.getByRole("button", { name: answer }).click();
      await page.waitForURL((url) => url.origin === rig.url);
      await outcome(page).waitFor();
      await (await widgetOf(page)).locator("#close").click();
      await page.locator("#event-link").waitFor({ state: "detached" });
      assert.equal(page.url(), `${rig.url}/`, "the answer is out of the address");
      assert.equal(await page.locator("#page").evaluate((element) => element.inert), false);
    });
  }
});
