import assert from "node:assert/strict";
import { python } from "../lib/python.mjs";

const passwords = { ada: "engine", bob: "builder" };

const product = {
  name: "Django",
  packages: ["django"],
  settings: `
IDENTITY_SOURCE = "grant,session"
SESSION_URL = "https://app.example.com/api/session"
SESSION_COOKIES = "sessionid"
SESSION_IDENTITY_PATH = "user.id"
`,
  code: { file: "python/django_app.py", language: "py" },
  cookie: "sessionid",
  application: () => python("django_app.py"),
  async signIn(browser, name) {
    await browser.send("/accounts/login/", { method: "POST", form: { ...(await csrf(browser)), username: name, password: passwords[name] } });
    return (await browser.json("/api/session")).user.id;
  },
  async signOut(browser) {
    await browser.send("/accounts/logout/", { method: "POST", form: await csrf(browser) });
  },
  copyAfterSignOut: "refused",
  expire: (browser) => browser.send("/expire", { method: "POST" }),
  more: {
    // Such a page asks people to sign in, by a redirect.
    async "refuses what `login_required` says to who has signed out"({ start }) {
      const stage = await start({ ...product, settings: product.settings.replace("/api/session", "/whoami") });
      const browser = stage.browser();
      await product.signIn(browser, "ada");
      assert.equal((await stage.grant(browser)).status, 200);
      await browser.send("/expire", { method: "POST" });
      const grant = await stage.grant(browser);
      assert.deepEqual([grant.status, grant.code], [401, "session_redirect"]);
    },
  },
};

export default product;

const csrf = async (browser) => ({ csrfmiddlewaretoken: (await browser.json("/token")).token });
