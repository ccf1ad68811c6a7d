import { next } from "../lib/next.mjs";

const passwords = { ada: "engine", bob: "builder" };

export default {
  name: "iron-session",
  packages: ["iron-session", "next"],
  settings: `
IDENTITY_SOURCE = "grant,session"
SESSION_URL = "https://app.example.com/api/session"
SESSION_COOKIES = "app-session"
SESSION_IDENTITY_PATH = "user.id"
`,
  code: { file: "next/products/iron-session.js", language: "js" },
  cookie: "app-session",
  application: (place) => next("iron-session", place),
  signIn: async (browser, name) =>
    (await browser.json("/api/login", { method: "POST", json: { name, password: passwords[name] } })).id,
  signOut: (browser) => browser.send("/api/logout", { method: "POST" }),
  copyAfterSignOut: "works on",
  expire: async (browser) => browser.set("app-session", (await browser.json("/api/test")).cookie),
};
