// The built Worker in workerd itself: it is there in a tenth of a second, where wrangler takes seconds.

import { copyFileSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { serve } from "../../conformance/lib/children.mjs";
import { cert } from "./certificate.mjs";

const root = join(import.meta.dirname, "../../..");
const require = createRequire(join(root, "package.json"));
const { default: workerd } = createRequire(require.resolve("wrangler"))("workerd");

const settings = readFileSync(join(root, "wrangler.toml"), "utf8");
const date = settings.match(/^compatibility_date = "(.*)"$/m)[1];
const flags = JSON.parse(settings.match(/^compatibility_flags = (\[.*\])$/m)[1]);

/**
 * Starts it with these variables, once patient and once in haste, for an application that never
 * answers. Resolves to their ports. `application` is the path of a bundled Worker that is bound as `SESSION`.
 */
export async function startWorker(variables, application) {
  const folder = mkdtempSync(join(tmpdir(), "authkit-sign-in-"));
  const copy = (path, name) => copyFileSync(path, join(folder, name));
  for (const name of ["index.js", "index_bg.wasm"]) copy(join(root, "build", name), name);
  const edge = (timeout) =>
    service({
      modules: ['(name = "index.js", esModule = embed "index.js")', '(name = "index_bg.wasm", wasm = embed "index_bg.wasm")'],
      bindings: [
        ...Object.entries({ ...variables, SESSION_TIMEOUT_MS: timeout }).map(binding),
        ...(application ? ['(name = "SESSION", service = "application")'] : []),
      ],
    });
  const services = { patient: edge("8000"), hasty: edge("100") };
  if (application) {
    copy(application.script, "application.js");
    services.application = service({
      modules: ['(name = "application.js", esModule = embed "application.js")'],
      bindings: Object.entries(application.variables).map(binding),
    });
  }
  const list = (entries) => `[\n${entries.join(",\n")}\n]`;
  const config = `using Workerd = import "/workerd/workerd.capnp";
const config :Workerd.Config = (
  services = ${list([
    `(name = "internet", network = (allow = ["public", "private"], tlsOptions = (trustedCertificates = [${text(cert)}])))`,
    ...Object.entries(services).map(([name, worker]) => `(name = "${name}", worker = ${worker})`),
  ])},
  sockets = ${list(Object.keys(services).map((name) => `(name = "${name}", address = "127.0.0.1:0", http = (forwardedProtoHeader = "x-forwarded-proto"), service = "${name}")`))}
);
`;
  const file = join(folder, "config.capnp");
  writeFileSync(file, config);
  const server = await serve("the Worker", {
    command: workerd,
    args: () => ["serve", file, "--control-fd=1"],
    // Each prints its port; the last one ends it.
    ready: new RegExp(`(?:.*"port":\\d+}[^]*?){${Object.keys(services).length}}`),
    env: () => ({}),
  }).finally(() => rmSync(folder, { recursive: true }));
  const lines = server.tail().split("\n").filter((line) => line.startsWith('{"event":"listen"'));
  const ports = Object.fromEntries(lines.map((line) => JSON.parse(line)).map(({ socket, port }) => [socket, port]));
  return { ports, stop: server.stop, tail: server.tail };
}

function service({ modules, bindings }) {
  return `(modules = [${modules.join(", ")}], compatibilityDate = "${date}", compatibilityFlags = [${flags.map(text).join(", ")}], bindings = [${bindings.join(", ")}])`;
}

const binding = ([name, value]) => `(name = ${text(name)}, text = ${text(value)})`;
const text = (value) => JSON.stringify(value);
