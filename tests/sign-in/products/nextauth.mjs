import { next } from "../lib/next.mjs";
import { signInWith, signOut } from "./authjs.mjs";

const NAME = "__Secure-next-auth.session-token";

export default {
  name: "NextAuth",
  packages: ["next-auth-4", "next"],
  openid: true,
  settings: `
IDENTITY_SOURCE = "grant,session"
SESSION_PRESET = "nextauth"
SESSION_ORIGIN = "https://app.example.com"
`,
  code: { file: "next/products/nextauth.js", language: "js" },
  cookie: NAME,
  application: (place) => next("nextauth", place),
  async signIn(browser, name) {
    await signInWith(browser, name);
    return name;
  },
  signOut,
  copyAfterSignOut: "works on",
  expire: async (browser) => browser.set(NAME, (await browser.json("/api/test")).cookie),
  renews: true,
};
