import { python } from "../lib/python.mjs";

const passwords = { ada: "engine", bob: "builder" };

const product = {
  name: "Flask-Login",
  packages: ["flask", "flask-login"],
  settings: `
IDENTITY_SOURCE = "grant,session"
SESSION_URL = "https://app.example.com/api/session"
SESSION_COOKIES = "session"
SESSION_IDENTITY_PATH = "user.id"
`,
  code: { file: "python/flask_app.py", language: "py" },
  cookie: "session",
  application: () => python("flask_app.py"),
  signIn: async (browser, name) =>
    (await browser.json("/login", { method: "POST", form: { name, password: passwords[name] } })).id,
  signOut: (browser) => browser.send("/logout", { method: "POST" }),
  copyAfterSignOut: "works on",
  expire: async (browser) => browser.set("session", (await browser.json("/old")).cookie),
  // While it is `permanent`, each answer signs the cookie anew.
  renews: true,
  compatibility: "flask",
};

export default product;

/** The same where the Worker is on another host, which gets no cookie of the application. */
export const apart = {
  ...product,
  name: "Flask, with the Worker on another host",
  packages: [...product.packages, "requests"],
  text: "The same for Flask.",
  settings: `
IDENTITY_SOURCE = "grant,header"
`,
  code: { ...product.code, region: "grant" },
  isApart: true,
  renews: undefined,
  compatibility: undefined,
  codes: { expired: "unauthenticated", forged: "unauthenticated" },
};
