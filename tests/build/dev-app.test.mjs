// `make dev` for an application of your own, once everything is built: whom it believes, what it says, and
// what becomes of it when its settings change. tests/first-hour runs the whole of it.
import assert from "node:assert/strict";
import { execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import { cpSync, existsSync, mkdirSync, readFileSync, renameSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { freePort } from "../conformance/lib/children.mjs";
import { environment, folder, root } from "./lib/checkout.mjs";

const PATIENCE_MS = 120_000;
const DONE = "Ctrl-C stops both";
const place = folder("make-dev");
let application, child, closed, port, sandboxPort;
let output = "";

/** Waits until it has been said so often since the start. */
async function isSaid(text, times = 1) {
  const end = Date.now() + PATIENCE_MS;
  while (output.split(text).length <= times) {
    if (child.exitCode !== null) throw new Error(`It ended:\n${output}`);
    if (Date.now() > end) throw new Error(`It does not say ${text} ${times} times:\n${output}`);
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
}

/** What of the project `dev.mjs` needs, with a wrangler.toml that may be changed. */
function furnish() {
  for (const name of ["scripts", "sandbox/dev.env", "src/config", "build"]) cpSync(join(root, name), join(place, name), { recursive: true });
  symlinkSync(join(root, "node_modules"), join(place, "node_modules"));
  mkdirSync(join(place, "worker"), { recursive: true });
  const toml = readFileSync(join(root, "wrangler.toml"), "utf8");
  assert.match(toml, /^command = "sh scripts\/build.sh"$/m);
  writeFileSync(join(place, "wrangler.toml"), toml.replace("sh scripts/build.sh", "true"));
}

/** As editors and formatters do it: the old file is gone at once. */
function replace(name, text) {
  writeFileSync(join(place, `${name}.new`), text);
  renameSync(join(place, `${name}.new`), join(place, name));
}

before(async () => {
  assert.ok(existsSync(join(root, "build/index.js")), "the Worker is built");
  furnish();
  // The application's own address of sessions, as nuxt-auth-utils has it.
  application = createServer((request, response) => {
    const [, user] = /nuxt-session=(\w+)/.exec(request.headers.cookie ?? "") ?? [];
    response.writeHead(200, { "content-type": "application/json" }).end(JSON.stringify(user ? { user: { id: user } } : {}));
  }).listen(0, "127.0.0.1");
  await once(application, "listening");
  [port, sandboxPort] = [await freePort(), await freePort()];
  const sandbox = execFileSync("sh", [join(root, "scripts/sandbox.sh")], { encoding: "utf8", env: environment }).trim();
  const bin = join(root, "node_modules/.bin");
  child = spawn(join(bin, "node"), [join(place, "scripts/dev.mjs"), "--listen", "127.0.0.1", "--reached", "127.0.0.1", "--sandbox", sandbox], {
    detached: true,
    stdio: ["ignore", "pipe", "pipe"],
    env: {
      ...environment,
      PATH: `${bin}:${environment.PATH}`,
      CI: "1",
      NO_COLOR: "1",
      WRANGLER_SEND_METRICS: "false",
      CLOUDFLARE_CF_FETCH_ENABLED: "false",
      APP: `http://127.0.0.1:${application.address().port}`,
      PRESET: "nuxt",
      PORT: `${port}`,
      SANDBOX_PORT: `${sandboxPort}`,
      PICA_SECRET_KEY: "sk_live_hush",
    },
  });
  closed = once(child, "close");
  for (const stream of [child.stdout, child.stderr]) stream.on("data", (bytes) => (output += bytes));
  await isSaid(DONE);
}, { timeout: PATIENCE_MS });

after(async () => {
  if (child && child.exitCode === null) {
    process.kill(-child.pid, "SIGTERM");
    await closed;
  }
  application?.close();
});

const ask = (resource, headers, method = "POST") =>
  fetch(`http://localhost:${port}/api/authkit${resource}`, {
    method,
    headers: { "content-type": "application/json", "sec-fetch-site": "same-origin", ...headers },
    ...(method === "POST" && { body: "{}" }),
  });

test("believes your application, and no header", async () => {
  const grant = await ask("/grant", { cookie: "nuxt-session=ada" });
  assert.equal(grant.status, 200, await grant.clone().text());
  const { headers } = await grant.json();
  await fetch(`http://127.0.0.1:${sandboxPort}/_sandbox/requests`, { method: "DELETE" });
  const token = await ask("", { ...headers, origin: `http://127.0.0.1:${sandboxPort}`, "sec-fetch-site": "cross-site" });
  assert.equal(token.status, 200, await token.clone().text());
  assert.equal(token.headers.get("access-control-allow-origin"), `http://127.0.0.1:${sandboxPort}`);
  const requests = await (await fetch(`http://127.0.0.1:${sandboxPort}/_sandbox/requests`)).json();
  assert.equal(JSON.parse(requests.find(({ route }) => route === "token").body).identity, "ada");
  assert.equal((await ask("", { "x-user-id": "ada" })).status, 401);
});

test("tells who is not signed in what it has looked for", async () => {
  const { message } = await (await ask("/grant", {})).json();
  assert.equal(message, "The request has no credential: no cookie `nuxt-session`. Please sign in.");
  assert.match(output, /Who is not signed in gets 401: The request has no credential: no `x-authkit-grant`, no cookie `nuxt-session`\. Please sign in\./);
});

test("prints what to paste, with the ports of this run, and what it does not use", () => {
  assert.ok(output.includes(`rewrites: async () => [{ source: "/api/authkit/:path*", destination: \`\${process.env.AUTHKIT_URL ?? "http://localhost:${port}"}/api/authkit/:path*\` }],`), output);
  assert.ok(output.includes(`server: { proxy: { "/api/authkit": "http://localhost:${port}" } },`), output);
  assert.ok(output.includes(`baseUrl: "http://127.0.0.1:${sandboxPort}/_sandbox/widget",`), output);
  assert.ok(output.includes(`VITE_AUTHKIT_WIDGET=http://127.0.0.1:${sandboxPort}/_sandbox/widget\n`), output);
  assert.match(output, /NOT USED: PICA_SECRET_KEY/);
  assert.ok(!output.includes("hush"), "the key is printed");
});

test("the stand-in for the widget is where it says", async () => {
  const [, url] = output.match(/baseUrl: "(.*)",/);
  const answer = await fetch(url);
  assert.equal(answer.status, 200);
  assert.match(answer.headers.get("content-type"), /text\/html/);
});

test("takes up a wrangler.toml that is replaced, and a .dev.vars that comes", async () => {
  const isTimed = async () => (await ask("/grant", { cookie: "nuxt-session=ada" })).headers.has("server-timing");
  assert.equal(await isTimed(), false);
  const toml = readFileSync(join(place, "wrangler.toml"), "utf8");
  replace("wrangler.toml", toml.replace(/^\[vars\]\n/m, '[vars]\nSERVER_TIMING = "on"\n'));
  await isSaid(DONE, 2);
  assert.match(output, /wrangler\.toml changed: the Worker starts again/);
  assert.equal(await isTimed(), true);
  replace(".dev.vars", "SERVER_TIMING=off\n");
  await isSaid(DONE, 3);
  assert.equal(await isTimed(), false);
});

test("says that it does not take up a file that cannot be read, and goes on", async () => {
  const toml = readFileSync(join(place, "wrangler.toml"), "utf8");
  replace("wrangler.toml", "name =");
  await isSaid("NOT taken up");
  assert.equal((await ask("/health", {}, "GET")).status, 200);
  rmSync(join(place, ".dev.vars"));
  replace("wrangler.toml", toml);
  await isSaid(DONE, 4);
});

test("says which setting is not whole", async () => {
  replace(".dev.vars", "GRANT_KEY=short\n");
  await isSaid("NOT READY: GRANT_KEY: must have 32 or more");
});
