// client/ in a page that has nothing else: with both packages, and with a hook that stands in for the
// versions of @withone/auth that remember the way back in `sessionStorage`.

import assert from "node:assert/strict";
import { createRequire } from "node:module";
import { join } from "node:path";
import { after, afterEach, before, beforeEach, describe, test } from "node:test";
import { assertQuiet, newContext, startBrowser, widgetOf } from "./browser.mjs";
import { root, startRig } from "./rig.mjs";

const { build } = createRequire(join(root, "package.json"))("esbuild");
const GRANT = "/api/authkit/grant";
const TOKEN = "/api/authkit";
const POLICY = (widget) =>
  `default-src 'none'; script-src 'self'; connect-src 'self'; frame-src ${widget}; base-uri 'none'; form-action 'none'`;

/** What the page does. `seen` is what the callbacks were given. */
const PAGE = `
  import { createAuthKit, AuthKitError } from "authkit-edge-client";
  import { useAuthKit } from "@picahq/authkit";
  import { useOneAuth } from "@withone/auth";

  // As 1.3.0 and later do it, as far as a page can tell: the pending state is in sessionStorage.
  function useRemembered(props) {
    if (sessionStorage.getItem("__withone_auth_pending")) {
      sessionStorage.removeItem("__withone_auth_pending");
      setTimeout(() => props.onSuccess({ key: "remembered", platform: "gmail" }), 0);
    }
    return { open() {} };
  }
  const { hook, ...options } = JSON.parse(document.getElementById("options").textContent);
  window.seen = [];
  window.AuthKitError = AuthKitError;
  const note = (name) => (value) => seen.push([name, value]);
  window.create = (more) => createAuthKit({
    widget: { pica: useAuthKit, one: useOneAuth, remembered: useRemembered }[hook],
    onSuccess: note("success"),
    onError: (error) => seen.push(["error", error.code, error.message, Boolean(error.requestId), error instanceof AuthKitError]),
    onClose: note("close"),
    onOpen: note("open"),
    ...options,
    ...more,
  });
  window.authkit = create();
  document.getElementById("connect").onclick = () => authkit.connect();
`;

for (const provider of ["pica", "one"]) {
  describe(`the client with ${provider}`, () => {
    let rig, browser, context, expected, bundle;
    before(async () => {
      [rig, browser, bundle] = await Promise.all([startRig({ provider }), startBrowser(), bundled()]);
    });
    after(() => Promise.all([rig?.stop(), browser?.close()]));
    beforeEach(async () => {
      await rig.sandbox.reset();
      rig.proxy.clear();
      context = await newContext(browser);
      expected = [];
      await signIn("ada");
    });
    afterEach(async () => {
      assertQuiet(context, rig, expected);
      await context.close();
    });

    async function signIn(user) {
      const value = await rig.sandbox.signIn(user);
      await context.addCookies([{ name: "session", value, url: rig.url, sameSite: "Lax" }]);
    }

    /** A page at `/client` of the Worker's origin, with a policy of its own. */
    async function open(options = {}, path = "/client") {
      const page = await context.newPage();
      const given = JSON.stringify({ hook: provider, baseUrl: `${rig.sandbox.url}/_sandbox/widget`, ...options });
      const html = `<!doctype html><html lang="en"><title>Client</title>
        <button id="connect">Connect</button><script id="options" type="application/json">${given}</script>
        <script type="module" src="/client.js"></script>`;
      const headers = { "content-security-policy": POLICY(rig.sandbox.url) };
      await page.route(/\/client(\?.*)?$/, (route) => route.fulfill({ contentType: "text/html", headers, body: html }));
      await page.route(`${rig.url}/client.js`, (route) => route.fulfill({ contentType: "text/javascript", body: bundle }));
      await page.route(`${rig.url}/favicon.ico`, (route) => route.fulfill({ status: 204 }));
      await page.goto(`${rig.url}${path}`);
      await page.waitForFunction(() => window.authkit);
      return page;
    }

    const seen = (page, name) => page.waitForFunction((wanted) => window.seen?.find(([each]) => each === wanted), name).then((found) => found.jsonValue());
    const click = (page) => page.getByRole("button", { name: "Connect", exact: true }).click();

    test("connects with an API key: opened with focus and a title, success, close", async () => {
      const page = await open({ title: "Apps" });
      await page.evaluate(() => void authkit.connect({ app: "Slack" }));
      const widget = await widgetOf(page);
      await seen(page, "open");
      assert.equal(await page.locator("#event-link").getAttribute("title"), "Connect an app");
      assert.equal(await page.evaluate(() => document.activeElement.id), "event-link");
      await widget.getByLabel("API key").fill("a key");
      await widget.getByRole("button", { name: "Connect" }).click();
      const [, connection] = await seen(page, "success");
      assert.equal(connection.platform, "slack");
      await widget.getByRole("button", { name: "Done" }).click();
      await seen(page, "close");
      await page.locator("#event-link").waitFor({ state: "detached" });
      assert.deepEqual(new Set(await rig.sandbox.identities()), new Set(["ada"]));
    });

    test("opens one widget for two clicks, with one grant", async () => {
      const page = await open();
      await page.evaluate(() => {
        const button = document.getElementById("connect");
        button.click();
        button.click();
      });
      await (await widgetOf(page)).getByLabel("Search").waitFor();
      await page.evaluate(() => authkit.connect());
      assert.equal(await page.locator("iframe").count(), 1);
      assert.equal(rig.proxy.all("POST", GRANT).length, 1);
    });

    test("gets one grant for all who ask at the same time, and a new one a minute before its end", async () => {
      await context.clock.install();
      const page = await open();
      const ask = () => page.evaluate(() => Promise.all([1, 2, 3].map(() => authkit.grantHeaders())));
      const [first, ...others] = await ask();
      assert.deepEqual(others, [first, first]);
      await context.clock.fastForward(239_000);
      assert.deepEqual((await ask())[0], first);
      await context.clock.fastForward(2_000);
      await ask();
      assert.equal(rig.proxy.all("POST", GRANT).length, 2);
    });

    test("counts a grant's life from its receipt, wherever the browser's clock is", async () => {
      await context.clock.install({ time: new Date("2001-01-01") });
      const page = await open();
      await page.evaluate(() => authkit.grantHeaders());
      await page.evaluate(() => authkit.grantHeaders());
      assert.equal(rig.proxy.all("POST", GRANT).length, 1);
    });

    test("says that nobody is signed in, and opens no widget", async () => {
      expected = [/status of 401/];
      await context.clearCookies();
      const page = await open();
      await click(page);
      const [, code, , hasId, typed] = await seen(page, "error");
      assert.deepEqual([code, hasId, typed], ["unauthenticated", true, true]);
      assert.equal(await page.locator("iframe").count(), 0);
    });

    test("rejects what is awaited where nobody asked for errors", async () => {
      expected = [/status of 401/];
      await context.clearCookies();
      const page = await open();
      const code = await page.evaluate(() => create({ onError: undefined }).connect().catch((error) => error.code));
      assert.equal(code, "unauthenticated");
    });

    test("says that no app is enabled, and opens no widget", async () => {
      await rig.sandbox.configure({ rows: 0 });
      const page = await open();
      await click(page);
      assert.equal((await seen(page, "error"))[1], "no_integrations");
      assert.equal(await page.locator("iframe").count(), 0);
    });

    test("says that the server cannot be reached", async () => {
      expected = [/ERR_/];
      const page = await open();
      rig.proxy.broken = true;
      await click(page);
      assert.equal((await seen(page, "error"))[1], "network");
    });

    test("uses no grant of before a sign-out in another tab, whether or not that tab says so", async () => {
      const page = await open();
      const other = await open();
      const ask = () => page.evaluate(() => authkit.grantHeaders());
      await ask();
      await other.evaluate(() => authkit.forget());
      await page.waitForFunction(() => true);
      await ask();
      assert.equal(rig.proxy.all("POST", GRANT).length, 2);
      // Nobody sees a page while another one is in front of it.
      await page.evaluate(() => {
        Object.defineProperty(document, "hidden", { value: true, configurable: true });
        document.dispatchEvent(new Event("visibilitychange", { bubbles: true }));
      });
      await ask();
      assert.equal(rig.proxy.all("POST", GRANT).length, 3);
    });

    test("asks for nothing on a page load that is no way back", async () => {
      const page = await open();
      await page.evaluate(() => authkit.resume());
      assert.deepEqual(rig.proxy.all("POST", GRANT), []);
    });

    test("takes up a way back that the package remembers in sessionStorage, once", async () => {
      await context.addInitScript(() => {
        if (!sessionStorage.getItem("begun")) sessionStorage.setItem("__withone_auth_pending", "{}");
        sessionStorage.setItem("begun", "yes");
      });
      const page = await open({ hook: "remembered" });
      assert.equal((await seen(page, "success"))[1].key, "remembered");
      await page.evaluate(() => Promise.all([authkit.resume(), create().resume()]));
      assert.equal(rig.proxy.all("POST", GRANT).length, 1);
    });

    test("leaves the way back to whoever says so", async () => {
      await context.addInitScript(() => sessionStorage.setItem("__withone_auth_pending", "{}"));
      const page = await open({ hook: "remembered", resume: false });
      assert.deepEqual(await page.evaluate(() => seen), []);
      await page.evaluate(() => authkit.resume());
      await seen(page, "success");
    });

    test("is itself again when the browser's Back button brings the page back", async () => {
      const page = await open();
      await click(page);
      await widgetOf(page);
      await page.evaluate(() => dispatchEvent(new PageTransitionEvent("pageshow", { persisted: true })));
      await seen(page, "close");
      assert.equal(await page.locator("iframe").count(), 0);
      await click(page);
      await (await widgetOf(page)).getByLabel("Search").waitFor();
      assert.equal(rig.proxy.all("POST", GRANT).length, 2, "the old grant may be another user's");
    });

    if (provider === "one") {
      for (const [answer, name] of [["Allow", "success"], ["Deny", "error"]]) {
        test(`goes to the provider in the same window and hears of it on the way back: ${answer}`, async () => {
          const page = await open();
          await click(page);
          const widget = await widgetOf(page);
          await widget.getByRole("button", { name: "Gmail" }).click();
          await widget.getByRole("button", { name: "Continue to Gmail" }).click();
          await page.waitForURL(/\/_sandbox\/provider/);
          await page.getByRole("button", { name: answer }).click();
          await page.waitForURL((url) => url.origin === rig.url);
          const [, what] = await seen(page, name);
          assert.equal(answer === "Allow" ? what.platform : what, answer === "Allow" ? "gmail" : "widget");
          await (await widgetOf(page)).locator("#close").click();
          await seen(page, "close");
        });
      }
    } else {
      test("connects through the provider's pop-up", async () => {
        const page = await open();
        await click(page);
        const widget = await widgetOf(page);
        await widget.getByRole("button", { name: "Gmail" }).click();
        const popup = context.waitForEvent("page");
        await widget.getByRole("button", { name: "Continue to Gmail" }).click();
        await (await popup).getByRole("button", { name: "Allow" }).click();
        assert.equal((await seen(page, "success"))[1].platform, "gmail");
      });
    }
  });
}

async function bundled() {
  const result = await build({
    stdin: { contents: PAGE, resolveDir: join(root, "demo") },
    alias: { "authkit-edge-client": join(root, "client/index.js") },
    bundle: true,
    format: "esm",
    write: false,
  });
  return result.outputFiles[0].text;
}
