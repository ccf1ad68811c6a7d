import { next } from "../lib/next.mjs";
import { signInWith, signOut } from "./authjs.mjs";

export default {
  name: "Auth.js with a database adapter",
  packages: ["next-auth", "@auth/unstorage-adapter", "next"],
  openid: true,
  settings: `
IDENTITY_SOURCE = "grant,session"
SESSION_PRESET = "authjs"
SESSION_ORIGIN = "https://app.example.com"
`,
  code: { file: "next/products/authjs-database.js", language: "js" },
  cookie: "__Secure-authjs.session-token",
  application: (place) => next("authjs-database", place),
  async signIn(browser, name) {
    await signInWith(browser, name);
    return (await browser.json("/api/auth/session")).user.id;
  },
  signOut,
  copyAfterSignOut: "refused",
  expire: (browser) => browser.send("/api/test", { method: "POST" }),
  renews: true,
};
