// What the tests run against: a sandbox, the built Worker under `wrangler dev` with the demo as its
// assets, and between it and the browser a proxy that writes down what goes over the wire.

import { execFileSync, spawn } from "node:child_process";
import { mkdirSync, mkdtempSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";
import { fileURLToPath } from "node:url";
import { startProxy } from "./proxy.mjs";
import { deadline } from "./wait.mjs";

export const root = fileURLToPath(new URL("../..", import.meta.url));
/** Signs the grants of these tests. It opens nothing. */
export const GRANT_KEY = "grant_key_published_on_purpose_for_browsers";
const KEY = "sk_test_sandbox";

// A signal would end this process without its "exit".
for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"]) process.once(signal, () => process.exit(1));

const environment = {
  ...process.env,
  PATH: [join(root, "node_modules/.bin"), process.env.PATH].join(delimiter),
  CI: "1",
  NO_COLOR: "1",
  CLOUDFLARE_CF_FETCH_ENABLED: "false",
  WRANGLER_SEND_METRICS: "false",
};

/**
 * Starts all of it. `stop` ends all of it. Without `standIns` the page is what it is in a
 * deployment: it uses the hosted widget, and a sign-in of which it knows nothing.
 */
export async function startRig({ provider = "pica", vars = {}, standIns = true } = {}) {
  const sandbox = await startSandbox();
  const folder = mkdtempSync(join(tmpdir(), "authkit-browser-"));
  await run("node", [join(root, "demo/build.mjs"), join(folder, "site")], {
    ...(standIns && { DEMO_SANDBOX: sandbox.url }),
    DEMO_PROVIDER: provider,
  });
  const worker = await startWorker(folder, sandbox.url, { provider, vars });
  const proxy = await startProxy(worker.port);
  return {
    sandbox,
    proxy,
    /** Where the page is: another host name than the sandbox's, so another site for cookies. */
    url: `http://localhost:${proxy.port}`,
    worker: `http://127.0.0.1:${worker.port}`,
    async stop() {
      await proxy.stop();
      await Promise.all([worker.stop(), sandbox.stop()]);
    },
  };
}

async function startSandbox() {
  // scripts/browser.sh says where cargo has put it.
  const program = process.env.SANDBOX_PROGRAM ?? execFileSync(join(root, "scripts/sandbox.sh"), { encoding: "utf8" }).trim();
  // Ends it when this process ends, whatever it ends by.
  const child = start("node", [join(root, "tests/conformance/lib/guard.mjs"), program, "--port", "0"]);
  const url = await child.says(/listening on (\S+)/);
  const control = async (method, path, body) => {
    const response = await fetch(`${url}/_sandbox/${path}`, { method, body: body && JSON.stringify(body) });
    if (!response.ok) throw new Error(`${path}: ${await response.text()}`);
    return response.status === 204 ? undefined : response.json();
  };
  return {
    url,
    stop: child.stop,
    reset: () => control("POST", "reset"),
    configure: (settings) => control("PUT", "settings", settings),
    /** Puts these into the vault, in the place of what there is. */
    connections: (rows) => control("PUT", "connections", rows),
    /** Says how a connection is: `operational`, `degraded`, `failed` or `unknown`. */
    setState: (id, state) => control("PUT", `connections/${id}`, { state }),
    signIn: async (user) => (await control("POST", "sign-in", { user })).token,
    /** For whom tokens were asked of the upstream so far. */
    identities: async () =>
      (await control("GET", "requests")).filter((seen) => seen.route === "token").map((seen) => JSON.parse(seen.body).identity),
  };
}

async function startWorker(folder, sandbox, { provider, vars }) {
  const { unstable_readConfig: readConfig } = createRequire(join(root, "package.json"))("wrangler");
  // The assets are those of the project's own configuration, but for the folder.
  const config = readConfig({ config: join(root, "wrangler.toml"), env: "dev" }, { hideWarnings: true });
  mkdirSync(join(folder, "tmp"));
  const write = (name, text) => writeFileSync(join(folder, name), text);
  write(
    "wrangler.json",
    JSON.stringify({
      name: "authkit-edge-browser",
      main: join(root, "build/index.js"),
      compatibility_date: config.compatibility_date,
      assets: { ...config.assets, directory: "site" },
      vars: {
        ENVIRONMENT: "development",
        AUTHKIT_PROVIDER: provider,
        AUTHKIT_BASE_URL: sandbox,
        IDENTITY_SOURCE: "grant,jwt",
        JWT_ISSUER: sandbox,
        JWT_JWKS_URL: `${sandbox}/_sandbox/keys`,
        JWT_AUDIENCE: "authkit-sandbox",
        JWT_ALGORITHMS: "ES256",
        JWT_COOKIE: "session",
        CONNECTIONS: "manage",
        ALLOWED_ORIGINS: `https://authkit.picaos.com,https://auth.withone.ai,${sandbox}`,
        ...vars,
      },
    }),
  );
  write(".dev.vars", `PICA_SECRET_KEY=${KEY}\nONE_SECRET_KEY=${KEY}\nGRANT_KEY=${GRANT_KEY}\n`);
  const child = start(
    "node",
    [
      // The same for wrangler and its runtime.
      join(root, "tests/e2e/src/guard.mjs"),
      folder,
      ...["dev", "--config", "wrangler.json", "--ip", "127.0.0.1", "--port", "0", "--inspector-port", "0", "--persist-to", "state"],
    ],
    {
      TMPDIR: join(folder, "tmp"),
      WRANGLER_REGISTRY_PATH: join(folder, "registry"),
      WRANGLER_LOG_PATH: join(folder, "logs"),
      XDG_CONFIG_HOME: join(folder, "home"),
    },
  );
  return { port: Number(await child.says(/Ready on http:\/\/127\.0\.0\.1:(\d+)/)), stop: child.stop };
}

function start(program, args, more = {}) {
  const child = spawn(program, args, { env: { ...environment, ...more }, stdio: ["pipe", "pipe", "pipe"] });
  // A killed test run leaves nothing behind.
  const end = () => child.kill("SIGTERM");
  process.once("exit", end);
  let output = "";
  const failed = new Promise((_, reject) => {
    child.once("error", (error) => reject(new Error(`${program} does not start: ${error.message}`)));
    child.once("exit", () => reject(new Error(`${program} ended:\n${output}`)));
  });
  // It is only of interest to those who wait for a line.
  failed.catch(() => {});
  const ended = new Promise((resolve) => child.once("exit", resolve));
  return {
    /** The first group of a line that is printed. */
    says(pattern) {
      const found = new Promise((resolve) => {
        const read = (chunk) => {
          output += chunk;
          const match = output.match(pattern);
          if (match) resolve(match[1]);
        };
        child.stdout.on("data", read);
        child.stderr.on("data", read);
      });
      return Promise.race([found, failed, deadline(`${program} to say ${pattern}`)]);
    },
    stop() {
      process.removeListener("exit", end);
      child.kill("SIGTERM");
      return ended;
    },
  };
}

async function run(program, args, more) {
  const child = spawn(program, args, { env: { ...environment, ...more }, stdio: "inherit" });
  const code = await new Promise((resolve) => child.once("exit", resolve));
  if (code !== 0) throw new Error(`${program} ${args.join(" ")}: exit code ${code}`);
}
