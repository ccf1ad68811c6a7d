import assert from "node:assert/strict";
import { next } from "../lib/next.mjs";

const NAME = "__Secure-authjs.session-token";

/** Signs in with the provider, as a click on its button does. */
export async function signInWith(browser, name, provider = "openid") {
  const { csrfToken } = await browser.json("/api/auth/csrf");
  const form = { csrfToken, callbackUrl: browser.origin };
  const answer = await browser.follow(`/api/auth/signin/${provider}?login_hint=${name}`, { method: "POST", form });
  if (answer.at.pathname !== "/") throw new Error(`signing in ends at ${answer.at}: ${await answer.text()}`);
}

export async function signOut(browser) {
  const { csrfToken } = await browser.json("/api/auth/csrf");
  await browser.send("/api/auth/signout", { method: "POST", form: { csrfToken } });
}

const product = {
  name: "Auth.js",
  packages: ["next-auth", "next"],
  text: "Without a database adapter, it makes up another `token.sub` at every sign-in, so that a user would lose all connections: the test shows that, too. The callback `jwt` mends it.",
  openid: true,
  settings: `
IDENTITY_SOURCE = "grant,session"
SESSION_PRESET = "authjs"
SESSION_ORIGIN = "https://app.example.com"
`,
  code: { file: "next/products/authjs.js", language: "js" },
  cookie: NAME,
  application: (place) => next("authjs", place),
  async signIn(browser, name) {
    await signInWith(browser, name);
    return `openid/${name}`;
  },
  signOut,
  copyAfterSignOut: "works on",
  expire: async (browser) => browser.set(NAME, (await browser.json("/api/test")).cookie),
  renews: true,
  more: {
    async "is given another id at every sign-in without the callback"({ start }) {
      const stage = await start({ ...product, application: (place) => next("authjs", place, { STABLE: "0" }) });
      const identities = [];
      for (const name of ["ada", "ada"]) {
        const browser = stage.browser();
        await signInWith(browser, name);
        identities.push(await stage.mint(await stage.grant(browser)));
      }
      const [first, second] = identities;
      assert.notEqual(first, second);
    },
  },
};

export default product;

/** The same where each session can be read once only, as with refresh tokens that rotate. */
export const rotating = {
  ...product,
  name: "Auth.js with token rotation",
  text: "Here the callback `jwt` takes each session once, as applications do that use a refresh token which the issuer rotates. What the Worker relays is what keeps the user signed in: it must be on the application's own host.",
  code: undefined,
  more: undefined,
  application: (place) => next("authjs", place, { ROTATE: "1" }),
  rotates: true,
};
