// Local Network Access in Chrome: a widget of the public internet that calls a developer's machine.
// docs/front-end.md gives the advice that is checked here.

import assert from "node:assert/strict";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, beforeEach, describe, test } from "node:test";
import { openDemo, openWidget, startProfile, watch } from "./browser.mjs";
import { startRig } from "./rig.mjs";

const TOKEN = "/api/authkit";
/** The `allow` of what the official packages make by themselves: there is none. */
const bare = () => Object.defineProperty(HTMLIFrameElement.prototype, "allow", { set() {} });

describe("Local Network Access", () => {
  let rig, asPublic;
  before(async () => {
    rig = await startRig();
    // The browser takes the widget's server for one of the internet. The Worker's is loopback.
    asPublic = `--ip-address-space-overrides=${new URL(rig.sandbox.url).host}=public`;
  });
  after(() => rig?.stop());
  beforeEach(() => rig.proxy.clear());

  /** What becomes of the widget in such a browser. */
  async function outcome({ args = [], delegated = true, granted = false }) {
    const folder = profile(granted && rig.url);
    const context = watch(await startProfile(folder, [asPublic, ...args]));
    try {
      if (!delegated) await context.addInitScript(bare);
      const page = await openDemo(context, rig);
      rig.proxy.clear();
      const widget = await openWidget(page);
      await widget.getByText(/Some error occurred|^\d+ apps$/).waitFor();
      const frame = page.frames().find((each) => each.url().startsWith(rig.sandbox.url));
      return {
        works: (await widget.getByLabel("Search").count()) === 1,
        mayAsk: await frame.evaluate(() => document.featurePolicy.allowsFeature("loopback-network")),
        said: context.complaints.join("\n"),
        // Not by the page, which has asked for one row.
        asked: rig.proxy.all("POST", TOKEN).filter(({ headers }) => headers.origin === rig.sandbox.url).length,
      };
    } finally {
      await context.close();
      rmSync(folder, { recursive: true, force: true, maxRetries: 10 });
    }
  }

  test("stops the widget when the iframe has no `allow`, without a prompt, and it looks like CORS", async () => {
    const { works, mayAsk, said, asked } = await outcome({ delegated: false, granted: true });
    assert.equal(works, false);
    assert.equal(mayAsk, false);
    assert.equal(asked, 0);
    assert.match(said, /blocked by CORS policy: Permission was denied for this request to access the `loopback` address space/);
  });

  test("lets it through when the iframe has `allow` and the person has said yes", async () => {
    const { works, mayAsk, said } = await outcome({ granted: true });
    assert.equal(works, true, said);
    assert.equal(mayAsk, true);
  });

  test("stops it when the iframe has `allow` and nobody says yes: without a screen there is no prompt", async () => {
    const { works, mayAsk, asked } = await outcome({});
    assert.equal(works, false);
    assert.equal(mayAsk, true);
    assert.equal(asked, 0);
  });

  test("lets it through when the checks are off", async () => {
    const off = "--disable-features=LocalNetworkAccessChecks";
    const { works, said } = await outcome({ args: [off], delegated: false });
    assert.equal(works, true, said);
  });
});

/**
 * A profile in which the person has said yes to a page, or has not been asked. Playwright's own
 * `grantPermissions` does not do: what it grants, it grants to iframes without `allow` too.
 */
function profile(page) {
  const folder = mkdtempSync(join(tmpdir(), "authkit-profile-"));
  mkdirSync(join(folder, "Default"));
  const yes = page ? { [`${page},*`]: { setting: 1 } } : {};
  const exceptions = { loopback_network: yes, local_network: yes, local_network_access: yes };
  const preferences = { profile: { content_settings: { exceptions } } };
  writeFileSync(join(folder, "Default/Preferences"), JSON.stringify(preferences));
  return folder;
}
