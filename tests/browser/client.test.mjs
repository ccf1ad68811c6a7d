// client/ and the widget: opening, the way back from a provider, closing. With both packages, and with a
// hook that stands in for the versions of @withone/auth that remember the way back in `sessionStorage`.

import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { decide, hasFocus, widgetOf } from "./browser.mjs";
import { APP, PAGE, click, close, heard, withClient } from "./client-page.mjs";

const GRANT = "/api/authkit/grant";
const TOKEN = "/api/authkit";
const PROVIDERS = ["pica", "one"];

for (const provider of PROVIDERS) {
  describe(`the client opens the widget of ${provider}`, () => {
    const own = withClient(provider);

    test("with a title, the focus and an app; says what became of it, and gives the focus back", async () => {
      const page = await own.open({ title: "Apps" });
      await page.locator("#connect").focus();
      await page.evaluate(() => void authkit.connect({ app: "Slack" }));
      const widget = await widgetOf(page);
      await heard(page, "open");
      assert.equal(await page.locator("#event-link").getAttribute("title"), "Apps");
      await hasFocus(page, "event-link");
      await widget.getByLabel("API key").fill("wrong");
      await widget.getByRole("button", { name: "Connect" }).click();
      const { code, message, isTyped } = await heard(page, "error");
      assert.deepEqual([code, message, isTyped], ["widget", "Slack refused the key", true]);
      await widget.getByLabel("API key").fill("a key");
      await widget.getByRole("button", { name: "Connect" }).click();
      assert.equal((await heard(page, "success")).platform, "slack");
      await widget.getByRole("button", { name: "Done" }).click();
      await heard(page, "close");
      await page.locator("#event-link").waitFor({ state: "detached" });
      await hasFocus(page, "connect");
      assert.deepEqual(new Set(await own.rig.sandbox.identities()), new Set(["ada"]));
    });

    test("once for two clicks, with one grant", async () => {
      const page = await own.open();
      await page.evaluate(() => {
        const button = document.getElementById("connect");
        button.click();
        button.click();
      });
      await (await widgetOf(page)).getByLabel("Search").waitFor();
      await page.evaluate(() => authkit.connect());
      await page.evaluate(() => create().connect());
      assert.equal(await page.locator("iframe").count(), 1);
      assert.equal(own.rig.proxy.all("POST", GRANT).length, 1);
    });

    test("anew while the one before is still closing, and it stays", async () => {
      const page = await own.open();
      await page.evaluate(() => void authkit.connect({ onClose: () => authkit.connect({ app: "Slack" }) }));
      await (await widgetOf(page)).locator("#close").click();
      const widget = page.frameLocator("#event-link");
      await widget.getByLabel("API key").fill("a key");
      await widget.getByRole("button", { name: "Connect" }).click();
      assert.equal((await heard(page, "success")).platform, "slack");
      // The widget and the page knew all that they need to from the first time.
      assert.equal(own.rig.proxy.all("POST", GRANT).length, 1);
      assert.equal(await page.locator("iframe").count(), 1);
    });

    test("through the provider's pop-up", async () => {
      const page = await own.open({ authWindow: "popup" });
      await click(page);
      const widget = await widgetOf(page);
      await widget.getByRole("button", { name: "Gmail" }).click();
      const popup = own.context.waitForEvent("page");
      await widget.getByRole("button", { name: "Continue to Gmail" }).click();
      await decide(await popup, "Allow");
      assert.equal((await heard(page, "success")).platform, "gmail");
    });

    test("where the browser forbids the page to store anything", async () => {
      await own.context.addInitScript(() => {
        for (const name of ["sessionStorage", "localStorage"]) {
          Object.defineProperty(window, name, { get: () => { throw new DOMException("forbidden", "SecurityError"); } });
        }
      });
      const page = await own.open();
      await click(page);
      await (await widgetOf(page)).getByLabel("Search").waitFor();
      await page.evaluate(() => authkit.forget());
    });

    test("with leave to call this machine where the page itself is on it, and nowhere else", async () => {
      const allow = (page) => page.locator("#event-link").getAttribute("allow");
      const page = await own.open();
      await click(page);
      await widgetOf(page);
      assert.equal(await allow(page), "local-network-access");

      const elsewhere = await own.context.browser().newContext();
      const { context } = own;
      own.context = elsewhere;
      try {
        await elsewhere.grantPermissions(["local-network-access"]);
        const token = await own.rig.sandbox.signIn("ada");
        const there = await own.open({ endpoint: `${own.rig.url}${TOKEN}`, token }, APP);
        await click(there);
        await there.locator("#event-link").waitFor({ state: "attached" });
        assert.equal(await allow(there), null);
      } finally {
        own.context = context;
        await elsewhere.close();
      }
    });

    test("and says in the same words what the package does not accept", async () => {
      const page = await own.open({ title: "日本" });
      await click(page);
      const { code, isTyped } = await heard(page, "error");
      assert.deepEqual([code, isTyped], ["widget", true]);
      await page.evaluate(() => void authkit.connect({ title: "Apps" }));
      await widgetOf(page);
    });
  });

  describe(`the way back, with ${provider}`, () => {
    const own = withClient(provider);

    test("costs nothing on a page load that is none", async () => {
      const page = await own.open();
      await page.evaluate(() => authkit.resume());
      assert.deepEqual(own.rig.proxy.all("POST", GRANT), []);
    });

    test("is looked for when the page was left with a widget open, whatever the package's version", async () => {
      const page = await own.open();
      await click(page);
      await widgetOf(page);
      await page.reload();
      await own.rig.proxy.nth(2, "POST", GRANT);
      await page.evaluate(() => authkit.resume());
      assert.equal(await page.locator("iframe").count(), 0);
      await page.reload();
      await page.evaluate(() => authkit.resume());
      assert.equal(own.rig.proxy.all("POST", GRANT).length, 2, "once");
    });

    test("is not looked for after a sign-out", async () => {
      const page = await own.open();
      await click(page);
      await widgetOf(page);
      await page.reload();
      await own.rig.proxy.nth(2, "POST", GRANT);
      await page.evaluate(() => {
        sessionStorage.setItem("authkit-edge", JSON.stringify({ at: Date.now() }));
        authkit.forget();
      });
      await page.reload();
      await page.evaluate(() => authkit.resume());
      assert.equal(own.rig.proxy.all("POST", GRANT).length, 2);
    });

    /** A page load that is the way back by what the package has in sessionStorage. */
    async function remembered(options) {
      const page = await own.open({ hook: "remembered", ...options });
      await page.evaluate(() => sessionStorage.setItem("__withone_auth_pending", "{}"));
      await page.reload();
      return page;
    }

    test("is taken up when the package has it in sessionStorage, once", async () => {
      const page = await remembered();
      assert.equal((await heard(page, "success")).key, "remembered");
      await page.evaluate(() => Promise.all([authkit.resume(), create().resume()]));
      assert.equal(own.rig.proxy.all("POST", GRANT).length, 1);
      assert.equal(await page.evaluate(() => seen.length), 1);
    });

    test("is left to whoever says so", async () => {
      const page = await remembered({ resume: false });
      await page.waitForFunction(() => window.authkit);
      assert.deepEqual(await page.evaluate(() => seen), []);
      await page.evaluate(() => authkit.resume());
      await heard(page, "success");
    });

    test("is taken up by the next click at the latest", async () => {
      const page = await remembered({ resume: false });
      await click(page);
      await heard(page, "success");
    });
  });
}

describe("a page that the browser's Back button brings back as it was", () => {
  const own = withClient("one", { keepsPages: true });

  test("has no widget any more that hears nothing, and opens another one with another grant", async () => {
    const page = await own.open();
    await page.evaluate(() => addEventListener("pageshow", ({ persisted }) => persisted && note("back")()));
    await click(page);
    const widget = await widgetOf(page);
    await widget.getByRole("button", { name: "Gmail" }).click();
    await widget.getByRole("button", { name: "Continue to Gmail" }).click();
    await page.waitForURL(/\/_sandbox\/provider/);
    await page.evaluate(() => void setTimeout(() => history.back()));
    await heard(page, "back");
    await heard(page, "close");
    assert.equal(await page.locator("iframe").count(), 0);
    assert.equal(await page.evaluate(() => sessionStorage.length), 0);
    await click(page);
    await (await widgetOf(page)).getByLabel("Search").waitFor();
    assert.equal(own.rig.proxy.all("POST", GRANT).length, 2, "the old grant may be another user's");
  });
});

describe("the way back in the same window, of @withone/auth 1.1", () => {
  const own = withClient("one");

  /** Goes from a page to the provider, and has it answer. */
  async function through(page, answer) {
    const widget = await widgetOf(page);
    await widget.getByRole("button", { name: "Gmail" }).click();
    await widget.getByRole("button", { name: "Continue to Gmail" }).click();
    await page.waitForURL(/\/_sandbox\/provider/);
    await page.getByRole("button", { name: answer }).click();
    await page.waitForURL((url) => url.origin === own.rig.url);
  }

  for (const [answer, name, told] of [
    ["Allow", "success", ({ platform }) => assert.equal(platform, "gmail")],
    ["Deny", "error", ({ code, message }) => assert.deepEqual([code, message], ["widget", "access_denied"])],
  ]) {
    test(`is heard of: ${answer}`, async () => {
      const page = await own.open();
      await click(page);
      await through(page, answer);
      told(await heard(page, name));
      await close(page, await widgetOf(page));
      await heard(page, "close");
      assert.equal(page.url(), `${own.rig.url}/client`, "the answer is out of the address");
      await click(page);
      await (await widgetOf(page)).getByLabel("Search").waitFor();
    });
  }

  test("is heard of by a component that comes later than the answer", async () => {
    const page = await own.open({ onSuccess: null });
    await click(page);
    await through(page, "Allow");
    await (await widgetOf(page)).getByRole("heading", { name: "Connected" }).waitFor();
    assert.deepEqual(await page.evaluate(() => seen.filter(([name]) => name === "success")), []);
    await page.evaluate(() => authkit.resume({ onSuccess: note("late") }));
    assert.equal((await heard(page, "late")).platform, "gmail");
    await page.evaluate(() => authkit.resume({ onSuccess: note("late") }));
    assert.equal(await page.evaluate(() => seen.filter(([name]) => name === "late").length), 1);
  });

  test("is lost neither by a session that has ended meanwhile nor by a reload", async () => {
    own.expected = [/status of 401/];
    const page = await own.open();
    await click(page);
    await own.context.clearCookies();
    await through(page, "Allow");
    assert.equal((await heard(page, "error")).code, "unauthenticated");
    await page.reload();
    assert.equal((await heard(page, "error")).code, "unauthenticated");
    await page.evaluate(() => authkit.resume({ onSuccess: note("mounted") }));
    await own.signIn("ada");
    // Whoever signs in again and presses the button gets what is waiting, and not a second widget.
    await click(page);
    assert.equal((await heard(page, "mounted")).platform, "gmail");
    assert.equal(await page.locator("iframe").count(), 1);
  });
});

const STRICT = `
  import { StrictMode, useEffect, useState } from "react";
  import { createRoot } from "react-dom/client";
  ${PAGE}
  window.authkit = undefined;
  // Twice in development, as the effects of a component are.
  function Connect() {
    const [authkit] = useState(() => create({ onSuccess: undefined }));
    const [platform, setPlatform] = useState("nothing");
    const onSuccess = (connection) => (note("success")(connection), setPlatform(connection.platform));
    useEffect(() => {
      note("effect")();
      authkit.resume({ onSuccess });
      window.authkit = authkit;
    }, []);
    return <><button onClick={authkit.connect}>Connect</button><p>Connected: {platform}</p></>;
  }
  createRoot(document.getElementById("root")).render(<StrictMode><Connect /></StrictMode>);
`;

for (const provider of PROVIDERS) {
  describe(`in React's strict mode, with ${provider}`, () => {
    const own = withClient(provider, { source: STRICT });

    test("opens one widget for a click", async () => {
      const page = await own.open();
      await heard(page, "effect", 2);
      await click(page);
      await (await widgetOf(page)).getByLabel("Search").waitFor();
      assert.equal(await page.locator("iframe").count(), 1);
      assert.equal(own.rig.proxy.all("POST", GRANT).length, 1);
    });

    test("gives the package nothing of the click's event", async () => {
      const page = await own.open({ hook: "spied" });
      await heard(page, "effect", 2);
      await click(page);
      const given = ["baseUrl", "onClose", "onError", "onSuccess", "selectedConnection", "token"];
      assert.deepEqual(await heard(page, "props"), given);
    });

    test("takes up a way back once, and the component shows it", async () => {
      const page = await own.open({ hook: "remembered" });
      await page.evaluate(() => sessionStorage.setItem("__withone_auth_pending", "{}"));
      await page.reload();
      await page.getByText("Connected: gmail").waitFor();
      await heard(page, "effect", 2);
      assert.equal(own.rig.proxy.all("POST", GRANT).length, 1);
      assert.equal(await page.evaluate(() => seen.filter(([name]) => name === "success").length), 1);
    });
  });
}
