import assert from "node:assert/strict";
import { join } from "node:path";
import { apps, node } from "../lib/stage.mjs";

const post = (browser, path, json = {}) => browser.json(path, { method: "POST", json });

export default {
  name: "Clerk",
  packages: ["@clerk/backend"],
  text: "Clerk itself cannot be installed: the tokens are made as it documents them, and its own library accepts them, too. The eight characters are your application's: its cookies have them.",
  settings: `
IDENTITY_SOURCE = "grant,jwt"
JWT_PRESET = "clerk"
JWT_ISSUER = "clerk.example.com"
JWT_AZP = "https://app.example.com"
JWT_COOKIE = "__session_naoXFJnI,__session"
`,
  // Where the stand-in has them.
  variables: ({ origin }) => ({ JWT_JWKS_URL: `${origin}/.well-known/jwks.json` }),
  cookie: "__session_naoXFJnI",
  isToken: true,
  application: ({ origin }) => ({
    command: node,
    args: () => ["clerk.mjs"],
    cwd: join(apps, "tokens"),
    env: () => ({ ORIGIN: origin }),
    ready: /listening on (\d+)/,
  }),
  async signIn(browser, name) {
    await post(browser, "/sign-in", { name });
    return (await browser.json("/whoami")).id;
  },
  signOut: (browser) => browser.send("/sign-out", { method: "POST" }),
  copyAfterSignOut: "works on",
  expire: (browser) => post(browser, "/sign-in", { name: "ada", seconds: -3600 }),
  codes: { expired: "invalid_token", forged: "invalid_token" },
  more: {
    async "believes its own cookie where another application on the domain has set `__session`"({ signIn, identityOf }) {
      const { browser, id } = await signIn("ada");
      await post(browser, "/neighbour");
      assert.equal(await identityOf(browser), id);
    },
  },
};
