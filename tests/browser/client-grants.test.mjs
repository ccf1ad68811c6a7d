// client/ and the Worker: grants and their life, what is said when something is wrong, and connections.

import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { widgetOf } from "./browser.mjs";
import { APP, click, close, heard, withClient } from "./client-page.mjs";
import { outdated } from "./outdated.mjs";
import { deadline } from "./wait.mjs";

const GRANT = "/api/authkit/grant";
const TOKEN = "/api/authkit";
const CONNECTIONS = "/api/authkit/connections";

for (const provider of ["pica", "one"]) {
  describe(`the client's grants, with ${provider}`, () => {
    const own = withClient(provider);
    const ask = (page) => page.evaluate(() => authkit.grantHeaders());
    const asked = () => own.rig.proxy.all("POST", GRANT).length;

    test("are one for all who ask at the same time, and a new one a minute before the end", async () => {
      await own.context.clock.install();
      const page = await own.open();
      const [first, ...others] = await page.evaluate(() => Promise.all([1, 2, 3].map(() => authkit.grantHeaders())));
      assert.deepEqual(others, [first, first]);
      await own.context.clock.fastForward(235_000);
      assert.deepEqual(await ask(page), first);
      assert.equal(asked(), 1);
      await own.context.clock.fastForward(6_000);
      await ask(page);
      assert.equal(asked(), 2);
    });

    test("live from their receipt, wherever the browser's clock is", async () => {
      await own.context.clock.install({ time: new Date("2001-01-01") });
      const page = await own.open();
      await ask(page);
      await ask(page);
      assert.equal(asked(), 1);
    });

    test("end by a clock that goes on when the computer sleeps, and by one that nobody can set back", async () => {
      const page = await own.open();
      await ask(page);
      await page.evaluate(() => {
        const { now } = Date;
        Date.now = () => now() + 290_000;
      });
      await ask(page);
      assert.equal(asked(), 2);
      await page.evaluate(() => {
        Date.now = () => 0;
        const now = performance.now.bind(performance);
        performance.now = () => now() + 290_000;
      });
      await ask(page);
      assert.equal(asked(), 3);
    });

    test("are not those of before a sign-out in another tab, which says so, empties the storage, or neither", async () => {
      const page = await own.open();
      const other = await own.open();
      let grant = await ask(page);
      // Not Playwright's `waitForFunction`: to it, the promise of an async function is true.
      const another = (old) => page.evaluate(async (old) => {
        for (;;) {
          const headers = await authkit.grantHeaders();
          if (headers["x-authkit-grant"] !== old["x-authkit-grant"]) return headers;
          await new Promise(requestAnimationFrame);
        }
      }, old);
      for (const signOut of [
        () => other.evaluate(() => authkit.forget()),
        () => other.evaluate(() => (localStorage.setItem("something", "else"), localStorage.clear())),
        // Nobody sees a page while another one is in front of it.
        () => page.evaluate(() => {
          Object.defineProperty(document, "hidden", { value: true, configurable: true });
          document.dispatchEvent(new Event("visibilitychange", { bubbles: true }));
        }),
      ]) {
        const before = asked();
        await own.signIn(`user-${before}`);
        await signOut();
        grant = await Promise.race([another(grant), deadline("another grant")]);
        assert.equal(asked(), before + 1);
      }
    });

    test("of which one was forgotten on its way are not kept", async () => {
      const page = await own.open();
      let release;
      const released = new Promise((resolve) => (release = resolve));
      await page.route(`**${GRANT}`, async (route) => {
        const response = await route.fetch();
        await released;
        await route.fulfill({ response });
      }, { times: 1 });
      await page.evaluate(() => void (window.old = authkit.grantHeaders()));
      await own.rig.proxy.nth(1, "POST", GRANT);
      await own.signIn("bob");
      await page.evaluate(() => authkit.forget());
      const bobs = await ask(page);
      release();
      assert.notDeepEqual(await page.evaluate(() => old), bobs);
      assert.deepEqual(await ask(page), bobs);
      assert.equal(asked(), 2);
    });

    test("are replaced, once, when the Worker takes one no more", async () => {
      own.expected = [/status of 401/];
      const page = await own.open();
      await page.route(`**${GRANT}`, (route) => route.fulfill({ json: outdated(own.rig.url, "ada") }), { times: 1 });
      await click(page);
      await (await widgetOf(page)).getByLabel("Search").waitFor();
      assert.deepEqual(await page.evaluate(() => seen.filter(([name]) => name === "error")), []);

      await close(page, await widgetOf(page));
      await page.evaluate(() => authkit.forget());
      await page.route(`**${GRANT}`, (route) => route.fulfill({ json: outdated(own.rig.url, "ada") }));
      own.rig.proxy.clear();
      await click(page);
      assert.equal((await heard(page, "error")).code, "invalid_token");
      assert.equal(own.rig.proxy.all("POST", TOKEN).length, 2);
    });

    test("are got with a bearer token by an application that has no cookie, and connect", async () => {
      await own.context.clearCookies();
      const page = await own.open({ token: await own.rig.sandbox.signIn("grace") });
      await click(page);
      await (await widgetOf(page)).getByLabel("Search").waitFor();
      assert.deepEqual(new Set(await own.rig.sandbox.identities()), new Set(["grace"]));
      assert.deepEqual(await page.evaluate(() => authkit.connections()), []);
    });

    test("are got by a page of another origin, with a bearer token", async () => {
      await own.context.clearCookies();
      await own.context.grantPermissions(["local-network-access"]);
      const token = await own.rig.sandbox.signIn("grace");
      const page = await own.open({ endpoint: `${own.rig.url}${TOKEN}`, token }, APP);
      await click(page);
      await (await widgetOf(page)).getByLabel("Search").waitFor();
      assert.deepEqual(new Set(await own.rig.sandbox.identities()), new Set(["grace"]));
      assert.deepEqual(await page.evaluate(() => authkit.connections()), []);
      own.context.hosts.delete(new URL(APP).host);
    });
  });

  describe(`the client says, with ${provider}`, () => {
    const own = withClient(provider);

    for (const [what, how, { code, hasId, pattern }] of [
      ["that nobody is signed in", () => own.context.clearCookies(), { code: "unauthenticated", hasId: true, pattern: /status of 401/ }],
      ["that no app is enabled", () => own.rig.sandbox.configure({ catalogue: 0 }), { code: "no_integrations" }],
      ["that the server cannot be reached", () => (own.rig.proxy.broken = true), { code: "network", pattern: /ERR_/ }],
      [
        "that an answer is none of the Worker's",
        (page) => page.route(`**${GRANT}`, (route) => route.fulfill({ contentType: "text/html", body: "<h1>Sign in</h1>" })),
        { code: "unreadable" },
      ],
      [
        "that an error is none of the Worker's",
        (page) => page.route(`**${GRANT}`, (route) => route.fulfill({ status: 502, json: { message: { text: "?" } } })),
        { code: "unknown", pattern: /status of 502/ },
      ],
    ]) {
      test(`${what}, and opens no widget`, async () => {
        if (pattern) own.expected = [pattern];
        const page = await own.open();
        await how(page);
        await click(page);
        const error = await heard(page, "error");
        assert.equal(error.code, code);
        assert.equal(Boolean(error.requestId), Boolean(hasId));
        assert.equal(error.isTyped, true);
        assert.match(error.message, /^[A-Z].*\.$/, "a sentence");
        assert.equal(await page.locator("iframe").count(), 0);
        assert.equal(await page.evaluate(() => seen.length), 1);
      });
    }

    test("how long to wait", async () => {
      own.expected = [/status of 429/];
      const page = await own.open();
      const refusal = { code: "too_many_requests", message: "Too many requests.", request_id: "r" };
      await page.route(`**${GRANT}`, (route) => route.fulfill({ status: 429, headers: { "retry-after": "40" }, json: refusal }));
      await click(page);
      const { code, status, requestId, retryAfter } = await heard(page, "error");
      assert.deepEqual([code, status, requestId, retryAfter], ["too_many_requests", 429, "r", 40]);
    });

    test("that the application does not know who is signed in", async () => {
      const page = await own.open();
      await page.evaluate(() => create({ getToken: () => Promise.reject(new Error("no session")) }).connect());
      assert.equal((await heard(page, "error")).code, "token");
    });

    test("it to whoever awaits, where nobody asked for errors", async () => {
      own.expected = [/status of 401/];
      await own.context.clearCookies();
      const page = await own.open();
      const code = await page.evaluate(() => create({ onError: undefined }).connect().catch((error) => error.code));
      assert.equal(code, "unauthenticated");
    });
  });

  describe(`the client's connections, with ${provider}`, () => {
    const own = withClient(provider);
    const list = (page) => page.evaluate(() => authkit.connections());
    const mine = (id, platform, more) => ({ id, key: `test::${platform}::default::${id}`, platform, identity: "ada", identityType: "user", ...more });
    const vault = (...rows) => own.rig.sandbox.connections(rows);

    test("are listed and ended", async () => {
      await vault(mine("one", "gmail", { state: "failed" }), mine("two", "slack"), { ...mine("three", "slack"), identity: "bob" });
      const page = await own.open();
      assert.deepEqual((await list(page)).map(({ id, state }) => [id, state]), [["one", "failed"], ["two", undefined]]);
      assert.equal(await page.evaluate(() => authkit.disconnect("one")), undefined);
      assert.deepEqual((await list(page)).map(({ id }) => id), ["two"]);
      own.expected = [/status of 404/];
      const again = (id) => page.evaluate((id) => authkit.disconnect(id).catch(({ code, status }) => [code, status]), id);
      for (const id of ["one", "three", "../grant"]) assert.equal((await again(id))[1], 404);
    });

    test("are those of the type that was asked for", async () => {
      await vault(mine("one", "gmail"), mine("two", "slack", { identity: "acme", identityType: "organization" }));
      const page = await own.open({ identityType: "user", identity: "ada" });
      assert.deepEqual((await list(page)).map(({ id }) => id), ["one"]);
      const asked = own.rig.proxy.all("GET", CONNECTIONS).at(-1);
      assert.equal(asked.path, `${CONNECTIONS}?identity=ada&identityType=user`);
      own.expected = [/status of 40/];
      const codes = await page.evaluate(() => {
        const other = create({ identityType: "organization" });
        return Promise.all([other.connections(), other.grantHeaders()].map((each) => each.catch(({ status }) => status)));
      });
      assert.deepEqual(codes, [codes[0], codes[0]], "the session has no organization, for either");
      assert.equal(codes[0] >= 400, true);
    });

    /** Opens the widget to connect one anew, with `app` in the place of its own. */
    async function reconnect(page, row, app) {
      await page.evaluate(([row, app]) => void authkit.reconnect(row, { app }), [row, app]);
      return widgetOf(page);
    }

    async function enterKey(widget) {
      await widget.getByLabel("API key").fill("a key");
      await widget.getByRole("button", { name: "Connect" }).click();
    }

    test("are made anew, and the old one ends when the new one is there", async () => {
      await vault(mine("old", "slack"), mine("other", "slack"));
      const page = await own.open();
      const widget = await reconnect(page, { id: "old", platform: "slack" }, "Slack");
      assert.deepEqual((await list(page)).length, 2);
      await enterKey(widget);
      const { id } = await heard(page, "success");
      assert.deepEqual((await list(page)).map((row) => row.id), ["other", id]);
      assert.deepEqual(await page.evaluate(() => seen.filter(([name]) => name === "error")), []);
    });

    // @picahq/authkit believes any window, so that a test can play a widget that connects a second app.
    if (provider === "pica") {
      test("are not ended by what else is connected in the same widget", async () => {
        await vault(mine("old", "slack"));
        const page = await own.open();
        await enterKey(await reconnect(page, { id: "old", platform: "slack" }, "Slack"));
        await heard(page, "success");
        await vault(mine("old", "slack"), mine("new", "slack"));
        await page.evaluate((message) => postMessage({ messageType: "LINK_SUCCESS", message }), mine("new", "slack"));
        await heard(page, "success", 2);
        assert.equal((await list(page)).length, 2);
      });
    }

    test("stay when another app was connected in their place", async () => {
      await vault(mine("old", "gmail"));
      const page = await own.open();
      await enterKey(await reconnect(page, { id: "old", platform: "gmail" }, "Slack"));
      await heard(page, "success");
      assert.deepEqual((await list(page)).map(({ platform }) => platform), ["gmail", "slack"]);
    });

    test("stay when the new one is not in the list", async () => {
      await vault(mine("old", "slack"), mine("other", "slack"));
      const page = await own.open();
      const widget = await reconnect(page, { id: "old", platform: "slack" }, "Slack");
      await page.route(`**${CONNECTIONS}`, async (route) => {
        const answer = await route.fetch();
        const { connections } = await answer.json();
        await route.fulfill({ json: { connections: connections.slice(0, 2), total: 2 } });
      }, { times: 1 });
      await enterKey(widget);
      await heard(page, "success");
      assert.deepEqual((await list(page)).length, 3);
    });

    test("are heard of when the old one could not be ended", async () => {
      own.expected = [/status of 502|ERR_FAILED/];
      await vault(mine("old", "slack"));
      const page = await own.open();
      const widget = await reconnect(page, { id: "old", platform: "slack" }, "Slack");
      await page.route(`**${CONNECTIONS}/old`, (route) => route.abort());
      await enterKey(widget);
      assert.equal((await heard(page, "error")).code, "network");
      assert.equal((await heard(page, "success")).platform, "slack");
      assert.equal((await list(page)).length, 2);
    });
  });
}

describe("a connection that is made anew through a provider in the same window", () => {
  const own = withClient("one");

  test("takes the old one's place on the way back", async () => {
    const old = { id: "old", key: "old", platform: "gmail", identity: "ada", identityType: "user" };
    await own.rig.sandbox.connections([old]);
    const page = await own.open();
    await page.evaluate((row) => void authkit.reconnect(row), { ...old, title: "Gmail" });
    await (await widgetOf(page)).getByRole("button", { name: "Continue to Gmail" }).click();
    await page.waitForURL(/\/_sandbox\/provider/);
    await page.getByRole("button", { name: "Allow" }).click();
    const { id } = await heard(page, "success");
    assert.deepEqual((await page.evaluate(() => authkit.connections())).map((row) => row.id), [id]);
    await close(page, await widgetOf(page));
  });
});
