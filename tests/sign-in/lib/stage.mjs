// A product's application and the Worker on one origin, with a stand-in for Pica behind them.

import { join } from "node:path";
import { serve } from "../../conformance/lib/children.mjs";
import { Browser } from "./browser.mjs";
import { trust } from "./certificate.mjs";
import { openDoor } from "./door.mjs";
import { startWorker } from "./worker.mjs";

export const apps = join(import.meta.dirname, "../apps");
const root = join(import.meta.dirname, "../../..");
/** The Node.js that wrangler, and some of the products, need: the machine's may be older. */
export const node = join(root, "node_modules/.bin/node");
/** Of an application, in the lines that a product's page shows. */
const EXAMPLE = "https://app.example.com";
const SECRETS = { PICA_SECRET_KEY: "sk_test_sandbox", GRANT_KEY: "grant_key_published_on_purpose_for_sign_in" };
const TRUSTED_CALLER_KEY = "caller_key_published_on_purpose_for_sign_in";
const WIDGET = { origin: "https://authkit.picaos.com", "sec-fetch-site": "cross-site" };

/**
 * @typedef {object} Product
 * @property {string} name
 * @property {string[]} packages Those whose versions the page shows.
 * @property {string} [text] What else the page says.
 * @property {string} settings The lines for wrangler.toml.
 * @property {{file: string, language: string, region?: string}} [code] A file of apps/, of which the page shows
 *   a region: `session`, unless it says another.
 * @property {(place: Place) => object} [variables] What the Worker is told here alone.
 * @property {boolean} [openid] Whether it needs an OpenID provider.
 * @property {(place: Place) => object} [application] What `serve` starts.
 * @property {(place: Place) => {script: string, variables: object}} [worker] Or the application as a Worker.
 * @property {string} [cookie] The session's.
 * @property {boolean} [isToken] Whether the Worker verifies what is in the cookie, and asks nobody.
 * @property {boolean} [isApart] Whether the Worker is on another host, and the application has the route for
 *   grants: it verifies the user and asks the Worker by its key.
 * @property {"fastapi" | "flask"} [compatibility] The sample whose path and errors the Worker may keep.
 * @property {(browser: Browser) => Promise<object>} [credential] Headers that its page sends instead.
 * @property {(browser: Browser, name: "ada" | "bob") => Promise<string>} signIn Resolves to the user's id.
 * @property {(browser: Browser) => Promise<unknown>} signOut
 * @property {"refused" | "works on"} copyAfterSignOut What a copy of the cookie is good for then.
 * @property {(browser: Browser) => Promise<unknown>} expire Ends the session otherwise.
 * @property {boolean} [renews] Whether the application sets the cookie anew as it is read.
 * @property {boolean} [rotates] And the old one is worth nothing from then on.
 * @property {{expired?: string, forged?: string}} [codes] Of refusals, unless `session_signed_out`.
 * @property {Record<string, (test: object) => Promise<void>>} [more] Tests of its own, by their sentences.
 * @property {string} [skip] Why it cannot be tried yet.
 *
 * @typedef {{origin: string, edge: string, openid?: string}} Place Where the application, the Worker and the
 *   OpenID provider are.
 */

/** Starts all of it. @param {Product} product */
export async function setStage(product, sandbox, openid) {
  const door = await openDoor();
  const edge = product.isApart ? await openDoor() : door;
  const servers = [];
  const close = async () => {
    const doors = new Set([door, edge]);
    await Promise.all([...servers.map((server) => server.stop()), ...[...doors].map((one) => one.close())]);
  };
  const place = { origin: door.origin, edge: edge.origin, openid: openid?.url };
  const variables = {
    ENVIRONMENT: "development",
    AUTHKIT_BASE_URL: sandbox.url,
    ...SECRETS,
    ...parse(product.settings, door.origin),
    ...(product.isApart && { TRUSTED_CALLER_KEY }),
    ...product.variables?.(place),
  };
  const bound = product.worker?.(place);
  let hasty = 0;
  const startWorkers = async () => {
    const worker = await startWorker(variables, bound);
    servers.push(worker);
    edge.worker = worker.ports.patient;
    hasty = worker.ports.hasty;
    if (bound) door.application = worker.ports.application;
  };
  const startApplication = async () => {
    if (bound) return;
    const application = product.application(place);
    const env = { AUTHKIT_URL: `${edge.origin}/api/authkit`, TRUSTED_CALLER_KEY };
    const told = { ...application, env: (port) => ({ ...application.env(port), ...(product.isApart && { ...env, ...trust() }) }) };
    const server = await serve(product.name, told);
    servers.push(server);
    door.application = server.port;
    if (product.isApart) door.worker = server.port;
  };
  // One after the other would take twice the time; and whatever did start is to end.
  const results = await Promise.allSettled([startWorkers(), startApplication()]);
  const failed = results.find(({ status }) => status === "rejected");
  if (failed) {
    await close();
    throw failed.reason;
  }
  return {
    door,
    edge: edge.origin,
    close,
    browser: () => new Browser(door.origin),
    /** What the application's page does before it opens the widget. */
    async grant(browser, headers = {}, path = "/api/authkit") {
      const response = await browser.send(`${path}/grant`, { method: "POST", json: {}, headers });
      return { status: response.status, cookies: response.headers.getSetCookie(), ...(await response.json()) };
    },
    /** What the widget does with it, from another site and without cookies. Resolves to the upstream's identity. */
    async mint({ headers }, path = "/api/authkit") {
      await sandbox.forget();
      const answer = await fetch(`${edge.origin}${path}`, {
        method: "POST",
        headers: { ...WIDGET, ...headers, "content-type": "application/json" },
        body: "{}",
      });
      if (answer.status !== 200) throw new Error(`no token: ${answer.status} ${await answer.text()}`);
      await answer.text();
      return sandbox.identity();
    },
    /** The same as `grant` while the application does not answer. */
    async grantInVain(browser) {
      const patient = door.worker;
      door.worker = hasty;
      try {
        return await this.grant(browser);
      } finally {
        door.worker = patient;
      }
    },
  };
}

/** The variables in lines of TOML, for an application at `origin`. */
function parse(lines, origin) {
  const pairs = lines.trim().split("\n").map((line) => line.match(/^(\w+) = "(.*)"$/).slice(1));
  return Object.fromEntries(pairs.map(([name, value]) => [name, value.replaceAll(EXAMPLE, origin)]));
}

/** The stand-in for Pica. */
export async function startSandbox(program) {
  const server = await serve("the sandbox", {
    command: program,
    args: () => ["--port", "0"],
    env: () => ({}),
    ready: /listening on http:\/\/127\.0\.0\.1:(\d+)/,
  });
  const url = `http://127.0.0.1:${server.port}`;
  return {
    url,
    stop: server.stop,
    forget: () => fetch(`${url}/_sandbox/requests`, { method: "DELETE" }),
    /** For whom all tokens were asked for since. */
    async identity() {
      const requests = await (await fetch(`${url}/_sandbox/requests`)).json();
      const minted = requests.filter(({ route }) => route === "token").map(({ body }) => JSON.parse(body).identity);
      const [identity] = minted;
      if (identity === undefined || minted.some((other) => other !== identity)) throw new Error(`minted for ${minted}`);
      return identity;
    },
  };
}
