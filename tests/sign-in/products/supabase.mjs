import assert from "node:assert/strict";
import { join } from "node:path";
import { apps, node } from "../lib/stage.mjs";

const post = (browser, path, json = {}) => browser.json(path, { method: "POST", json });
const user = (name, password = "password") => ({ email: `${name}@example.com`, password });

export default {
  name: "Supabase with @supabase/ssr",
  packages: ["@supabase/ssr", "@supabase/supabase-js"],
  text: "Supabase itself cannot be installed: the tokens are made as it documents them. The cookies are what its own library sets, in one piece and in several.",
  settings: `
IDENTITY_SOURCE = "grant,jwt"
JWT_PRESET = "supabase"
JWT_ISSUER = "abcdefghijklmnopqrst"
`,
  // Where the stand-in has them.
  variables: ({ origin }) => ({ JWT_JWKS_URL: `${origin}/keys` }),
  cookie: "sb-abcdefghijklmnopqrst-auth-token",
  isToken: true,
  application: () => ({
    command: node,
    args: () => ["supabase.mjs"],
    cwd: join(apps, "tokens"),
    env: () => ({}),
    ready: /listening on (\d+)/,
  }),
  signIn: async (browser, name) => (await post(browser, "/sign-in", user(name))).id,
  signOut: (browser) => post(browser, "/sign-out"),
  copyAfterSignOut: "works on",
  expire: (browser) => post(browser, "/sign-in", user("ada", "expired")),
  more: {
    async "is read where its session is in several cookies"({ signIn, identityOf }) {
      const { browser, id } = await signIn("bob");
      assert.ok(browser.cookie("sb-abcdefghijklmnopqrst-auth-token.1"));
      assert.equal(await identityOf(browser), id);
    },
  },
  codes: { expired: "invalid_token", forged: "invalid_token" },
};
