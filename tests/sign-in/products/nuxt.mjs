import { join } from "node:path";
import { apps, node } from "../lib/stage.mjs";

const passwords = { ada: "engine", bob: "builder" };

export default {
  name: "Nuxt with nuxt-auth-utils",
  packages: ["nuxt", "nuxt-auth-utils"],
  settings: `
IDENTITY_SOURCE = "grant,session"
SESSION_PRESET = "nuxt"
SESSION_ORIGIN = "https://app.example.com"
`,
  code: { file: "nuxt/server/api/login.post.ts", language: "ts" },
  cookie: "nuxt-session",
  application: () => ({
    command: node,
    args: () => [".output/server/index.mjs"],
    cwd: join(apps, "nuxt"),
    env: (port) => ({
      NODE_ENV: "production",
      HOST: "127.0.0.1",
      PORT: String(port),
      NUXT_SESSION_PASSWORD: "a password of 32 characters, published on purpose",
    }),
    ready: /Listening on/,
  }),
  signIn: async (browser, name) =>
    (await browser.json("/api/login", { method: "POST", json: { name, password: passwords[name] } })).id,
  signOut: (browser) => browser.send("/api/_auth/session", { method: "DELETE" }),
  copyAfterSignOut: "works on",
  expire: async (browser) => browser.set("nuxt-session", (await browser.json("/api/old")).cookie),
};
