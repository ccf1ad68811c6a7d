// "Your connections" in the demo: seen, ended and made anew, with both packages.

import assert from "node:assert/strict";
import { after, afterEach, before, beforeEach, describe, test } from "node:test";
import { assertQuiet, hasFocus, newContext, openDemo, openWidget, startBrowser, widgetOf } from "./browser.mjs";
import { startRig } from "./rig.mjs";

const CONNECTIONS = "/api/authkit/connections";

for (const provider of ["pica", "one"]) {
  describe(`your connections, with ${provider}`, () => {
    let rig, browser, context, expected;
    before(async () => {
      [rig, browser] = await Promise.all([startRig({ provider }), startBrowser()]);
    });
    after(() => Promise.all([rig?.stop(), browser?.close()]));
    beforeEach(async () => {
      await rig.sandbox.reset();
      rig.proxy.clear();
      context = await newContext(browser, { timezoneId: "UTC" });
      expected = [];
    });
    afterEach(async () => {
      assertQuiet(context, rig, expected);
      await context.close();
    });

    const row = (id, more) => ({
      id,
      key: `test::slack::default::${id}`,
      platform: "slack",
      name: id,
      state: "operational",
      createdAt: "2026-02-03T04:05:06.000Z",
      identity: "ada",
      identityType: "user",
      ...more,
    });
    const items = (page) => page.locator("#connections li");
    const item = (page, name) => items(page).filter({ has: page.locator("strong", { hasText: name }) });

    async function connectSlack(widget) {
      await widget.getByLabel("API key").fill("a key");
      await widget.getByRole("button", { name: "Connect" }).click();
      await widget.getByRole("button", { name: "Done" }).click();
    }

    test("say name, app, state and when, in words that are coloured too", async () => {
      const states = { operational: "Works", degraded: "Works now and then", failed: "Needs reconnecting", unknown: "Not checked yet" };
      const rows = Object.keys(states).map((state) => row(`My ${state}`, { state }));
      await rig.sandbox.connections([...rows, row("Bare", { state: undefined, name: undefined, createdAt: undefined }), row("Another's", { identity: "bob" })]);
      const page = await openDemo(context, rig);
      await items(page).nth(4).waitFor();
      const texts = await items(page).locator(".words").allInnerTexts();
      const expectedTexts = Object.entries(states).map(([state, words]) => `My ${state} Slack\n${words} connected Feb 3, 2026, 4:05 AM`);
      assert.deepEqual(texts.map((text) => text.replace(/\s*\n\s*/g, "\n").replace(/[\u00a0\u202f]/g, " ")), [...expectedTexts, "Slack Slack\nNot checked yet"]);
      const colours = await items(page).locator(".state").evaluateAll((all) => all.map((each) => getComputedStyle(each).color));
      assert.equal(new Set(colours).size, 4);
    });

    test("are there after connecting, in another tab, and for nobody else", async () => {
      const page = await openDemo(context, rig);
      await page.getByText("Nothing yet.").waitFor();
      await page.getByLabel("App", { exact: true }).selectOption("Slack");
      await connectSlack(await openWidget(page));
      await item(page, "slack").waitFor();
      await page.locator("#event-link").waitFor({ state: "detached" });
      const other = await openDemo(context, rig, null);
      await item(other, "slack").waitFor();
      await other.getByRole("button", { name: "Sign out" }).click();
      await other.getByLabel("User name").fill("bob");
      await other.getByRole("button", { name: "Sign in" }).click();
      await other.getByText(/^\d+ apps$/).waitFor();
      await rig.proxy.nth(4, "GET", CONNECTIONS);
      for (const each of [page, other]) assert.equal(await items(each).count(), 0);
    });

    test("are ended by whoever says yes, and not by who does not", async () => {
      await rig.sandbox.connections([row("first"), row("second")]);
      const page = await openDemo(context, rig);
      const disconnect = page.getByRole("button", { name: "Disconnect first" });
      for (const leave of [() => page.getByRole("button", { name: "Keep it" }).click(), () => page.keyboard.press("Escape")]) {
        await disconnect.click();
        await page.getByRole("dialog", { name: "Disconnect first?" }).waitFor();
        await leave();
        await page.getByRole("dialog").waitFor({ state: "hidden" });
        assert.equal(await disconnect.evaluate((button) => button === document.activeElement), true);
      }
      assert.deepEqual(rig.proxy.all("DELETE", `${CONNECTIONS}/first`), []);
      await disconnect.click();
      await page.getByRole("dialog").getByRole("button", { name: "Disconnect" }).click();
      await item(page, "first").waitFor({ state: "detached" });
      await page.getByRole("status").getByText("first is disconnected.").waitFor();
      await hasFocus(page, "connected-title");
      assert.equal(await items(page).count(), 1);
    });

    test("say so when one cannot be ended, and keep it", async () => {
      expected = [/status of 404/];
      await rig.sandbox.connections([row("first")]);
      const page = await openDemo(context, rig);
      await item(page, "first").waitFor();
      await rig.sandbox.connections([]);
      await page.getByRole("button", { name: "Disconnect first" }).click();
      await page.getByRole("dialog").getByRole("button", { name: "Disconnect" }).click();
      await page.getByText(/^Request [\w-]+$/).waitFor();
      assert.equal(await items(page).count(), 1);
    });

    test("are mended: the new one takes the old one's place", async () => {
      await rig.sandbox.connections([row("old", { state: "failed" }), row("kept")]);
      const page = await openDemo(context, rig);
      await page.getByRole("button", { name: "Reconnect old" }).click();
      const widget = await widgetOf(page);
      await widget.getByRole("heading", { name: "Connect Slack" }).waitFor();
      await widget.locator("#close").click();
      await page.locator("#event-link").waitFor({ state: "detached" });
      await item(page, "old").waitFor();
      assert.equal(await page.getByRole("button", { name: "Reconnect old" }).evaluate((button) => button === document.activeElement), true);

      await page.getByRole("button", { name: "Reconnect old" }).click();
      await connectSlack(await widgetOf(page));
      await item(page, "old").waitFor({ state: "detached" });
      assert.deepEqual(await items(page).locator("strong").allTextContents(), ["kept", "slack"]);
      await page.locator("#event-link").waitFor({ state: "detached" });
      await hasFocus(page, "connected-title");
    });
  });
}

describe("your connections, where the Worker has no such route", () => {
  test("are not there, and the page says which setting shows them", async () => {
    const [rig, browser] = await Promise.all([startRig({ vars: { CONNECTIONS: "off" } }), startBrowser()]);
    try {
      const context = await newContext(browser);
      const page = await openDemo(context, rig);
      await page.getByText('The Worker shows them with CONNECTIONS = "manage".').waitFor();
      assert.equal(await page.locator("#problem").isVisible(), false);
    } finally {
      await Promise.all([rig.stop(), browser.close()]);
    }
  });
});
