import { next } from "../lib/next.mjs";
import { CLIENT } from "../lib/openid.mjs";

export default {
  name: "nextjs-auth0",
  packages: ["@auth0/nextjs-auth0", "next"],
  text: "Tried with another OpenID provider than Auth0's. Users are called `auth0|ada` as there; Pica is told `auth0~7Cada`.",
  openid: true,
  settings: `
IDENTITY_SOURCE = "grant,session"
SESSION_PRESET = "auth0-nextjs"
SESSION_ORIGIN = "https://app.example.com"
`,
  cookie: "__session",
  application: (place) => next("auth0", place, { CLIENT_ID: `${CLIENT.id}_client_secret_post` }),
  async signIn(browser, name) {
    const id = `auth0|${name}`;
    const answer = await browser.follow(`/auth/login?login_hint=${encodeURIComponent(id)}`);
    if (answer.at.pathname !== "/") throw new Error(`signing in ends at ${answer.at}: ${await answer.text()}`);
    return id;
  },
  signOut: (browser) => browser.send("/auth/logout"),
  copyAfterSignOut: "works on",
  expire: async (browser) => browser.set("__session", (await browser.json("/api/test")).cookie),
};
