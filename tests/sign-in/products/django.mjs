import { python } from "../lib/python.mjs";

const passwords = { ada: "engine", bob: "builder" };

export default {
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
};

const csrf = async (browser) => ({ csrfmiddlewaretoken: (await browser.json("/token")).token });
