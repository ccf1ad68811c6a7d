import { python } from "../lib/python.mjs";

const passwords = { ada: "engine", bob: "builder" };

export default {
  name: "FastAPI with Starlette's sessions",
  packages: ["fastapi", "itsdangerous"],
  settings: `
IDENTITY_SOURCE = "grant,session"
SESSION_URL = "https://app.example.com/api/session"
SESSION_COOKIES = "session"
SESSION_IDENTITY_PATH = "user.id"
`,
  code: { file: "python/starlette_app.py", language: "py" },
  cookie: "session",
  application: () => python("starlette_app.py"),
  signIn: async (browser, name) =>
    (await browser.json("/login", { method: "POST", json: { name, password: passwords[name] } })).id,
  signOut: (browser) => browser.send("/logout", { method: "POST" }),
  copyAfterSignOut: "works on",
  expire: async (browser) => browser.set("session", (await browser.json("/old")).cookie),
  compatibility: "fastapi",
};
