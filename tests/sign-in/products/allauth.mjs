import { python } from "../lib/python.mjs";

const passwords = { ada: "engine", bob: "builder" };
const API = "/_allauth/browser/v1/auth";

export default {
  name: "Django with allauth",
  packages: ["django", "django-allauth"],
  settings: `
IDENTITY_SOURCE = "grant,session"
SESSION_PRESET = "allauth"
SESSION_ORIGIN = "https://app.example.com"
`,
  cookie: "sessionid",
  application: () => python("django_app.py", { ALLAUTH: "1" }),
  async signIn(browser, name) {
    const body = { username: name, password: passwords[name] };
    const answer = await browser.json(`${API}/login`, { method: "POST", json: body, headers: await csrf(browser) });
    return String(answer.data.user.id);
  },
  async signOut(browser) {
    await browser.send(`${API}/session`, { method: "DELETE", headers: await csrf(browser) });
  },
  copyAfterSignOut: "refused",
  expire: (browser) => browser.send("/expire", { method: "POST" }),
};

const csrf = async (browser) => ({ "x-csrftoken": (await browser.json("/token")).token });
