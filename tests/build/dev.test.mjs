// `make dev` in a container: both servers are reached from outside, and everything works by `localhost`.
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { networkInterfaces } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { freePort } from "../conformance/lib/children.mjs";
import { environment, root } from "./lib/checkout.mjs";

const PATIENCE_MS = 300_000;
const addresses = Object.values(networkInterfaces()).flat().filter(({ family, internal }) => family === "IPv4" && !internal);
const outside = addresses[0]?.address;
let child, closed, port, sandboxPort;

before(async () => {
  [port, sandboxPort] = [await freePort("0.0.0.0"), await freePort("0.0.0.0")];
  const env = { ...environment, HOST: "0.0.0.0", PORT: `${port}`, SANDBOX_PORT: `${sandboxPort}`, NO_COLOR: "1" };
  child = spawn("make", ["dev"], { cwd: root, env, detached: true, stdio: ["ignore", "pipe", "pipe"] });
  closed = once(child, "close");
  let output = "";
  await new Promise((resolve, reject) => {
    const hangs = setTimeout(() => reject(new Error(`It did not start:\n${output}`)), PATIENCE_MS);
    const settle = (then) => (value) => (clearTimeout(hangs), then(value));
    child.once("close", settle(() => reject(new Error(`It ended:\n${output}`))));
    for (const stream of [child.stdout, child.stderr]) {
      stream.on("data", (bytes) => {
        output += bytes;
        if (output.includes("Ctrl-C stops both")) settle(resolve)();
      });
    }
  });
}, { timeout: PATIENCE_MS });

after(async () => {
  if (child?.exitCode !== null) return;
  process.kill(-child.pid, "SIGTERM");
  await closed;
});

const ask = (host, headers) => fetch(`http://${host}:${port}/api/authkit`, { method: "POST", headers });

for (const host of ["localhost", outside].filter(Boolean)) {
  test(`tokens and the demo come by ${host === outside ? "an address of the network" : host}`, async () => {
    const answer = await ask(host, { "x-user-id": "ada" });
    assert.equal(answer.status, 200, await answer.clone().text());
    assert.equal((await answer.json()).rows.length, 250);
    const page = await fetch(`http://${host}:${port}/`);
    assert.equal(page.status, 200);
    const health = await fetch(`http://${host}:${sandboxPort}/_sandbox/health`);
    assert.equal(health.status, 200);
  });
}

// The kind: an address to listen on is none to call, or to be an issuer by.
test("who signs in at the sandbox gets a token by it, through the addresses that the page was given", async () => {
  const page = await (await fetch(`http://localhost:${port}/app.js`)).text();
  const [signIn] = page.match(/http:\/\/[\d.:]+\/_sandbox\/sign-in/);
  assert.equal(signIn, `http://127.0.0.1:${sandboxPort}/_sandbox/sign-in`);
  const { token } = await (await fetch(signIn, { method: "POST", body: '{"user":"ada"}' })).json();
  const answer = await ask("localhost", { authorization: `Bearer ${token}` });
  assert.equal(answer.status, 200, await answer.clone().text());
});

test("the dev container has the ports and the tools of make dev", () => {
  const container = JSON.parse(readFileSync(join(root, ".devcontainer/devcontainer.json"), "utf8"));
  const makefile = readFileSync(join(root, "Makefile"), "utf8");
  const ports = [...makefile.matchAll(/^(?:SANDBOX_)?PORT \?= (\d+)$/gm)].map(([, number]) => Number(number));
  assert.deepEqual(container.forwardPorts, ports);
  assert.match(container.postCreateCommand, /make setup$/);
});
