// Accessibility, and how it looks. With SCREENSHOTS=FOLDER pictures are written there.

import assert from "node:assert/strict";
import { mkdirSync, readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import { assertQuiet, newContext, openDemo, openWidget, startBrowser } from "./browser.mjs";
import { root, startRig } from "./rig.mjs";

const AXE = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");
const PICTURES = process.env.SCREENSHOTS ?? join(root, "target/browser");
const LOOKS = [
  { name: "light", options: { viewport: { width: 1000, height: 920 }, colorScheme: "light" } },
  { name: "dark", options: { viewport: { width: 1000, height: 920 }, colorScheme: "dark" } },
  { name: "phone", options: { viewport: { width: 390, height: 844 }, colorScheme: "light", hasTouch: true, isMobile: true } },
];

/** One of each state. */
const CONNECTED = [
  ["gmail", "Ada's mailbox", "operational"],
  ["google-calendar", "My calendar", "failed"],
  ["hubspot", "Customers", "degraded"],
  ["notion", "Notes", "unknown"],
].map(([platform, name, state]) => ({
  ...{ id: platform, key: `test::${platform}::default::${platform}`, platform, name, state },
  ...{ createdAt: "2026-03-14T09:26:00.000Z", identity: "ada", identityType: "user" },
}));

describe("the page", () => {
  let rig, browser;
  before(async () => {
    mkdirSync(PICTURES, { recursive: true });
    [rig, browser] = await Promise.all([startRig(), startBrowser()]);
  });
  after(() => Promise.all([rig?.stop(), browser?.close()]));

  for (const { name, options } of LOOKS) {
    test(`is accessible and fits: ${name}`, async () => {
      await rig.sandbox.connections(CONNECTED);
      const context = await newContext(browser, options);
      const page = await openDemo(context, rig, null);
      await assertAccessible(page, "signed out");
      await assertFits(page);
      await page.getByRole("button", { name: "Sign in" }).click();
      await page.getByText("My calendar").waitFor();
      await assertAccessible(page, "signed in");
      await page.getByRole("button", { name: "Disconnect My calendar" }).click();
      await assertAccessible(page, "asked whether to disconnect");
      await page.getByRole("button", { name: "Keep it" }).click();

      await page.getByLabel("App", { exact: true }).selectOption("Slack");
      let widget = await openWidget(page);
      await widget.getByLabel("API key").fill("a key");
      await assertAccessible(page, "the form of the widget");
      await widget.getByRole("button", { name: "Connect" }).click();
      await widget.getByRole("heading", { name: "Connected", exact: true }).waitFor();
      await assertAccessible(page, "connected");
      await widget.getByRole("button", { name: "Done" }).click();
      await page.locator("#event-link").waitFor({ state: "detached" });
      await assertFits(page);
      await picture(page, `demo-${name}`);

      await page.getByLabel("App", { exact: true }).selectOption("");
      widget = await openWidget(page);
      await widget.getByText(/^\d+ apps$/).waitFor();
      await assertAccessible(page, "the list of the widget");
      await picture(page, `widget-${name}`);
      assertQuiet(context, rig);
      await context.close();
    });
  }

  test("has none of the vendor's code but the two packages, and no page without the demo", async () => {
    // What a deploy uploads is the default environment of wrangler.toml.
    const { unstable_readConfig: readConfig } = createRequire(join(root, "package.json"))("wrangler");
    const config = readConfig({ config: join(root, "wrangler.toml") }, { hideWarnings: true });
    assert.equal(config.assets, undefined);
  });
});

async function assertAccessible(page, when) {
  for (const frame of page.frames()) {
    // In a world that the page's policy has no say in, and once for each document.
    await frame.evaluate(AXE);
    const violations = await frame.evaluate(async () => {
      const { violations } = await axe.run(document, { iframes: false });
      return violations.map(({ id, impact, nodes }) => `${impact} ${id}: ${nodes.map((node) => node.target).join(" ")}`);
    });
    const serious = violations.filter((text) => /^(serious|critical)/.test(text));
    assert.deepEqual(serious, [], `${when}, ${frame.url()}`);
  }
}

async function assertFits(page) {
  const [inner, outer] = await page.evaluate(() => [document.documentElement.scrollWidth, innerWidth]);
  assert.equal(inner <= outer, true, `${inner} wide in ${outer}`);
}

function picture(page, name) {
  return page.screenshot({ path: join(PICTURES, `${name}.png`), fullPage: !name.startsWith("widget"), scale: "css", animations: "disabled" });
}
