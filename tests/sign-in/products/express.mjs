import { join } from "node:path";
import { apps, node } from "../lib/stage.mjs";

const users = { ada: "engine", bob: "builder" };

const product = {
  name: "Express with Passport",
  packages: ["express", "passport", "express-session"],
  settings: `
IDENTITY_SOURCE = "grant,session"
SESSION_URL = "https://app.example.com/api/session"
SESSION_COOKIES = "connect.sid"
SESSION_IDENTITY_PATH = "user.id"
`,
  code: { file: "express/server.mjs", language: "js" },
  cookie: "connect.sid",
  application: () => ({
    command: node,
    args: () => ["server.mjs"],
    cwd: join(apps, "express"),
    env: () => ({ PORT: "0" }),
    ready: /listening on (\d+)/,
  }),
  async signIn(browser, name) {
    const { id } = await browser.json("/login", { method: "POST", form: { username: name, password: users[name] } });
    return String(id);
  },
  signOut: (browser) => browser.send("/logout", { method: "POST" }),
  // The session is kept by the server, so a copy of its cookie is worth nothing then.
  copyAfterSignOut: "refused",
  expire: (browser) => browser.send("/expire", { method: "POST" }),
  // With `rolling`, each answer sets the cookie anew.
  renews: true,
};

export default product;

/** The same where the Worker is on another host, which gets no cookie of the application. */
export const apart = {
  ...product,
  name: "Express, with the Worker on another host",
  text: "The application keeps a route, which answers grants: it knows its user, and asks the Worker by the secret `TRUSTED_CALLER_KEY`. `AUTHKIT_URL` is `https://authkit.example.com/api/authkit`, the token URL of the widget. Another site's page cannot read what the route answers.",
  settings: `
IDENTITY_SOURCE = "grant,header"
`,
  code: { ...product.code, region: "grant" },
  isApart: true,
  renews: undefined,
  codes: { expired: "unauthenticated", forged: "unauthenticated" },
};
