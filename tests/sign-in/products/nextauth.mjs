import assert from "node:assert/strict";
import { next } from "../lib/next.mjs";
import { signInWith, signOut } from "./authjs.mjs";

const NAME = "__Secure-next-auth.session-token";

export default {
  name: "NextAuth",
  packages: ["next-auth-4", "next"],
  text: "By itself `token.sub` is the provider's id: two users of two providers may have the same one. The callback `jwt` tells them apart.",
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
    return `openid/${name}`;
  },
  signOut,
  copyAfterSignOut: "works on",
  expire: async (browser) => browser.set(NAME, (await browser.json("/api/test")).cookie),
  renews: true,
  more: {
    async "tells users of two providers apart who have the same id there"({ stage }) {
      const browser = stage.browser();
      await signInWith(browser, "ada", "other");
      assert.equal(await stage.mint(await stage.grant(browser)), "other/ada");
    },
  },
};
