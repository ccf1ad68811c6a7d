// The official packages, from the button to the connection.

import assert from "node:assert/strict";
import { after, afterEach, before, beforeEach, describe, test } from "node:test";
import { assertQuiet, decide, hasFocus, newContext, openDemo, openWidget, startBrowser, widgetOf } from "./browser.mjs";
import { startRig } from "./rig.mjs";

const TOKEN = "/api/authkit";

describe("connecting", () => {
  let rig, browser, context;
  before(async () => {
    [rig, browser] = await Promise.all([startRig(), startBrowser()]);
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

  test("connects an app with an API key, for the user who is signed in", async () => {
    const page = await openDemo(context, rig);
    rig.proxy.clear();
    const widget = await openWidget(page);
    await widget.getByLabel("Search").fill("outlook m");
    await widget.getByText("1 app", { exact: true }).waitFor();
    await widget.getByRole("button", { name: "Outlook Mail" }).click();
    await widget.getByLabel("API key").fill("a key");
    await widget.getByRole("button", { name: "Connect" }).click();
    await page.locator("#connections").getByText("outlook-mail", { exact: true }).waitFor();
    await widget.getByRole("button", { name: "Done" }).click();
    await page.locator("#event-link").waitFor({ state: "detached" });
    await hasFocus(page, "open");
    assert.deepEqual(new Set(await rig.sandbox.identities()), new Set(["ada"]));
  });

  test("asks by preflight, then posts the grant and no cookie", async () => {
    const page = await openDemo(context, rig);
    rig.proxy.clear();
    await openWidget(page);
    // The page itself has asked for one row, so that it can say what is wrong.
    const own = await rig.proxy.nth(1, "POST", TOKEN);
    assert.equal(own.path, `${TOKEN}?page=1&limit=1`);
    assert.equal(own.headers.origin, rig.url);
    const preflight = await rig.proxy.nth(1, "OPTIONS", TOKEN);
    assert.equal(preflight.headers["access-control-request-method"], "POST");
    assert.equal(preflight.headers["access-control-request-headers"], "content-type,x-authkit-grant");
    assert.equal(preflight.headers.origin, rig.sandbox.url);
    assert.equal(preflight.status, 204);
    assert.equal(preflight.answer["access-control-allow-origin"], rig.sandbox.url);
    const post = await rig.proxy.nth(2, "POST", TOKEN);
    assert.equal(post.headers.origin, rig.sandbox.url);
    assert.equal(post.headers["sec-fetch-site"], "cross-site");
    assert.match(post.headers["x-authkit-grant"], /^v1\./);
    assert.equal(post.headers.cookie, undefined);
    assert.equal(post.headers.authorization, undefined);
    assert.equal(post.status, 200);
    assert.equal(rig.proxy.seen.indexOf(preflight) < rig.proxy.seen.indexOf(post), true);
  });

  test("sends the session to its own origin only, and no cookie even when the frame asks for it", async () => {
    const page = await openDemo(context, rig);
    const own = await rig.proxy.nth(1, "POST", "/api/authkit/grant");
    assert.match(own.headers.cookie, /^session=ey/);
    await (await openWidget(page)).getByLabel("Search").waitFor();
    const frame = page.frames().find((each) => each.url().startsWith(rig.sandbox.url));
    rig.proxy.clear();
    const refused = await frame.evaluate(
      (url) => fetch(url, { method: "POST", credentials: "include" }).then(() => "read", (error) => error.name),
      `${rig.url}${TOKEN}`,
    );
    assert.equal(refused, "TypeError");
    const post = await rig.proxy.nth(1, "POST", TOKEN);
    assert.equal(post.headers.cookie, undefined);
    assert.equal(post.status, 401);
    // The browser says so in the console, and this once it is meant to.
    context.complaints.length = 0;
  });

  test("connects by OAuth in a pop-up", async () => {
    const page = await openDemo(context, rig);
    const widget = await openWidget(page);
    await widget.getByRole("button", { name: "Gmail" }).click();
    const popup = page.waitForEvent("popup");
    await widget.getByRole("button", { name: "Continue to Gmail" }).click();
    await decide(await popup, "Allow");
    await page.locator("#connections").getByText("gmail", { exact: true }).waitFor();
  });

  test("says that the provider was denied, and stays open", async () => {
    const page = await openDemo(context, rig);
    const widget = await openWidget(page);
    await widget.getByRole("button", { name: "Gmail" }).click();
    const popup = page.waitForEvent("popup");
    await widget.getByRole("button", { name: "Continue to Gmail" }).click();
    await decide(await popup, "Deny");
    await widget.getByText("access_denied").waitFor();
    await page.getByText("The app could not be connected: access_denied").waitFor();
    assert.equal(await page.locator("#connections li").count(), 0);
  });

  test("says that a key was refused, and connects with the right one", async () => {
    const page = await openDemo(context, rig);
    await page.getByLabel("App", { exact: true }).selectOption("Slack");
    const widget = await openWidget(page);
    await widget.getByRole("heading", { name: "Connect Slack" }).waitFor();
    await widget.getByLabel("API key").fill("wrong");
    await widget.getByRole("button", { name: "Connect" }).click();
    await widget.getByText("Slack refused the key").waitFor();
    await page.getByText("The app could not be connected: Slack refused the key").waitFor();
    await widget.getByLabel("API key").fill("right");
    await widget.getByRole("button", { name: "Connect" }).click();
    await page.locator("#connections").getByText("slack", { exact: true }).waitFor();
  });

  test("closes by its button and by Escape, and gives the focus back", async () => {
    const page = await openDemo(context, rig);
    for (const leave of [(widget) => widget.locator("#close").click(), () => page.keyboard.press("Escape")]) {
      const widget = await openWidget(page);
      await widget.getByLabel("Search").waitFor();
      assert.equal(await page.locator("#page").evaluate((element) => element.inert), true);
      await hasFocus(page, "event-link");
      await leave(widget);
      await page.locator("#event-link").waitFor({ state: "detached" });
      await hasFocus(page, "open");
      assert.equal(await page.locator("#page").evaluate((element) => element.inert), false);
    }
    assert.equal(await page.locator("#connections li").count(), 0);
  });

  test("is used by keyboard alone", async () => {
    const page = await openDemo(context, rig);
    await hasFocus(page, "open");
    await page.keyboard.press("Enter");
    const widget = await widgetOf(page);
    await widget.getByLabel("Search").waitFor();
    await hasFocus(page, "event-link");
    // Close, then the search.
    await page.keyboard.press("Tab");
    await page.keyboard.press("Tab");
    await page.keyboard.type("slack");
    await widget.getByText("1 app", { exact: true }).waitFor();
    await page.keyboard.press("Tab");
    await page.keyboard.press("Enter");
    await widget.getByRole("heading", { name: "Connect Slack" }).waitFor();
    await widget.getByLabel("API key").focus();
    await page.keyboard.type("a key");
    await page.keyboard.press("Enter");
    await widget.getByRole("heading", { name: "Connected", exact: true }).waitFor();
    await page.keyboard.press("Escape");
    await hasFocus(page, "open");
  });

  test("passes title and theme on, and says what letters a title may have", async () => {
    const page = await openDemo(context, rig);
    await page.getByLabel("Theme").selectOption("Dark");
    await page.getByLabel("Title of the widget").fill("日本");
    await page.getByRole("button", { name: "Connect an app" }).click();
    await page.getByText("The title cannot have “日” in it").waitFor();
    await page.getByLabel("Title of the widget").fill("Café apps");
    const widget = await openWidget(page);
    await widget.getByRole("heading", { name: "Café apps" }).waitFor();
    assert.equal(await widget.locator("html").getAttribute("data-theme"), "dark");
  });

  test("follows the session into a second tab, which gets a grant itself", async () => {
    const second = await openDemo(context, rig, null);
    await second.getByLabel("User name").waitFor();
    const first = await openDemo(context, rig);
    await second.getByText("Signed in as ada").waitFor();
    await second.getByText(/^\d+ apps$/).waitFor();
    for (const page of [first, second]) {
      await page.bringToFront();
      const widget = await openWidget(page);
      await widget.getByLabel("Search").waitFor();
    }
    const grants = rig.proxy.all("POST", "/api/authkit/grant").filter((seen) => seen.status === 200);
    assert.equal(grants.length >= 2, true);
    await first.bringToFront();
    await (await widgetOf(first)).locator("#close").click();
    await first.getByRole("button", { name: "Sign out" }).click();
    // Under its widget, the other tab has noticed.
    await second.getByLabel("User name").waitFor();
  });
});
