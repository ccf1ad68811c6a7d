import assert from "node:assert/strict";
import { join } from "node:path";
import { apps, node } from "../lib/stage.mjs";

const NAME = "laravel-session";

export default {
  name: "Laravel with Sanctum",
  packages: [],
  text: "Laravel itself cannot be installed: a stand-in does what Sanctum and Laravel's middleware do, by their source. The cookie `XSRF-TOKEN`, which they set anew as well, is not the session's, and is not passed on.",
  settings: `
IDENTITY_SOURCE = "grant,session"
SESSION_PRESET = "laravel"
SESSION_ORIGIN = "https://app.example.com"
SESSION_COOKIES = "laravel-session"
`,
  cookie: NAME,
  application: ({ origin }) => ({
    command: node,
    args: () => ["laravel.mjs"],
    cwd: join(apps, "express"),
    env: () => ({ PORT: "0", ORIGIN: origin }),
    ready: /listening on (\d+)/,
  }),
  signIn: async (browser, name) => String((await browser.json("/login", { method: "POST", json: { name } })).id),
  signOut: (browser) => browser.send("/logout", { method: "POST", json: {} }),
  // The session is kept by the server, so a copy of its cookie is worth nothing then.
  copyAfterSignOut: "refused",
  expire: (browser) => browser.send("/expire", { method: "POST", json: {} }),
  renews: true,
  more: {
    async "is given the new cookie of the session and no other"({ stage, signIn }) {
      const { browser } = await signIn("ada");
      const before = browser.cookie(NAME);
      const { cookies } = await stage.grant(browser);
      assert.deepEqual(cookies.map((cookie) => cookie.split("=")[0]), [NAME]);
      assert.notEqual(browser.cookie(NAME), before);
    },
  },
};
