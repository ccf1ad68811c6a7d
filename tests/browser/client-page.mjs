// A page that has client/ and nothing else, on the Worker's origin, under a policy of its own.

import { createRequire } from "node:module";
import { join } from "node:path";
import { after, afterEach, before, beforeEach } from "node:test";
import { assertQuiet, newContext, startBrowser } from "./browser.mjs";
import { root, startRig } from "./rig.mjs";

const { build } = createRequire(join(root, "package.json"))("esbuild");

/** An application's pages on another origin than the endpoint's. */
export const APP = "https://app.example.test";

const policy = ({ url, sandbox }) =>
  `default-src 'none'; script-src 'self'; connect-src ${url}; frame-src ${sandbox.url}; base-uri 'none'; form-action 'none'`;

/** What `open` serves. `seen` is what the callbacks were given. */
export const PAGE = `
  import { createAuthKit, AuthKitError } from "authkit-edge-client";
  import { useAuthKit } from "@picahq/authkit";
  import { useOneAuth } from "@withone/auth";

  // As 1.3.0 and later do it, as far as a page can tell: the pending state is in sessionStorage.
  function useRemembered(props) {
    if (sessionStorage.getItem("__withone_auth_pending")) {
      sessionStorage.removeItem("__withone_auth_pending");
      setTimeout(() => props.onSuccess({ key: "remembered", platform: "gmail" }), 0);
    }
    return { open() {} };
  }
  // Tells what a package is given.
  function useSpied(props) {
    note("props")(Object.keys(props).sort());
    return { open() {} };
  }
  const { hook, token, ...options } = JSON.parse(document.getElementById("options").textContent);
  window.seen = [];
  window.note = (name) => (value) => seen.push([name, value]);
  window.create = (more) => createAuthKit({
    widget: { pica: useAuthKit, one: useOneAuth, remembered: useRemembered, spied: useSpied }[hook],
    onSuccess: note("success"),
    onError: (error) => seen.push(["error", { ...error, message: error.message, isTyped: error instanceof AuthKitError }]),
    onClose: note("close"),
    onOpen: note("open"),
    ...(token && { getToken: async () => token }),
    ...options,
    ...more,
  });
  window.authkit = create();
  document.getElementById("connect").onclick = authkit.connect;
`;

/** Hooks for the tests of one `describe`, and what they need. */
export function withClient(provider, { source = PAGE, keepsPages } = {}) {
  const own = { provider };
  before(async () => {
    const vars = { APP_ORIGINS: APP };
    [own.rig, own.browser, own.bundle] = await Promise.all([startRig({ provider, vars }), startBrowser({ keepsPages }), bundled(source)]);
  });
  after(() => Promise.all([own.rig?.stop(), own.browser?.close()]));
  beforeEach(async () => {
    await own.rig.sandbox.reset();
    own.rig.proxy.clear();
    own.context = await newContext(own.browser);
    own.expected = [];
    await own.signIn("ada");
  });
  afterEach(async () => {
    assertQuiet(own.context, own.rig, own.expected);
    await own.context.close();
  });

  own.signIn = async (user) => {
    const value = await own.rig.sandbox.signIn(user);
    await own.context.addCookies([{ name: "session", value, url: own.rig.url, sameSite: "Lax" }]);
  };

  /** The page, at `/client` of the Worker's origin or of another one. */
  own.open = async (options = {}, origin = own.rig.url) => {
    const page = await own.context.newPage();
    const baseUrl = `${own.rig.sandbox.url}/_sandbox/widget`;
    const given = JSON.stringify({ hook: provider, baseUrl, ...options });
    const html = `<!doctype html><html lang="en"><title>Client</title>
      <div id="root"><button id="connect">Connect</button></div>
      <script id="options" type="application/json">${given}</script>
      <script type="module" src="/client.js"></script>`;
    const headers = { "content-type": "text/html", "content-security-policy": policy(own.rig) };
    const files = own.rig.proxy.files
      .set("/client", { headers, body: html })
      .set("/client.js", { headers: { "content-type": "text/javascript" }, body: own.bundle })
      .set("/favicon.ico", { headers: { "content-type": "image/png" }, body: "" });
    // Another origin has no server.
    await page.route(`${APP}/**`, (route) => route.fulfill(files.get(new URL(route.request().url()).pathname)));
    await page.goto(`${origin}/client`);
    await page.waitForFunction(() => window.authkit);
    return page;
  };
  return own;
}

/** Waits for the nth call of a callback, and gives what it was given. */
export async function heard(page, name, n = 1) {
  const nth = ([wanted, n]) => window.seen?.filter(([each]) => each === wanted)[n - 1];
  const found = await page.waitForFunction(nth, [name, n]);
  return (await found.jsonValue())[1];
}

export function click(page) {
  return page.getByRole("button", { name: "Connect", exact: true }).click();
}

/** Closes the widget that is open. */
export async function close(page, widget) {
  await widget.locator("#close").click();
  await page.locator("#event-link").waitFor({ state: "detached" });
}

async function bundled(source) {
  const result = await build({
    stdin: { contents: source, resolveDir: join(root, "demo"), loader: "jsx" },
    alias: { "authkit-edge-client": join(root, "client/index.js") },
    nodePaths: [join(root, "tests/browser/node_modules")],
    jsx: "automatic",
    define: { "process.env.NODE_ENV": '"development"' },
    bundle: true,
    format: "esm",
    write: false,
  });
  return result.outputFiles[0].text;
}
