// Workers in plain workerd: `wrangler dev` would put a proxy Worker of its own before them.
import { mkdirSync, rmSync, writeFileSync } from "node:fs";
import { basename, join, relative } from "node:path";
import workerd from "workerd";
import { serve } from "../../../tests/conformance/lib/children.mjs";
import { compatibilityDate } from "../../../tests/conformance/lib/systems.mjs";

export const { default: binary, version } = workerd;

export const work = join(import.meta.dirname, `../.work/${process.pid}`);

/** Removes the configurations that were written. */
export const removeWork = () => rmSync(work, { recursive: true, force: true });

/** `{event: "listen"}` is what workerd writes to this descriptor, with the port that it found. */
export const CONTROL = "--control-fd=1";
export const LISTENING = /"event":"listen","socket":"http","port":(\d+)/;

/** The Worker that stands for the Secrets Store. */
const SECRETS = join(import.meta.dirname, "../js-worker/secrets.mjs");

/** A binding of the Secrets Store, which takes so long to be read. */
export class StoredSecret {
  constructor(value, ms) {
    Object.assign(this, { value, ms });
  }
}

const INSPECTING = /"event":"listen-inspector","port":(\d+)/;

/**
 * Starts a Worker made of these files, the first being the one with the fetch event. With an
 * inspector, `inspectorPort` is where that listens. Without the port of a cache, there is none.
 */
export async function serveWorker({ name, files }, bindings, { inspector = false, cachePort } = {}) {
  const server = await serve(name, {
    command: binary,
    args: () => [
      ...["serve", configure(name, files(), bindings, cachePort), CONTROL],
      ...(inspector ? ["--inspector-addr=127.0.0.1:0"] : []),
    ],
    env: () => ({}),
    ready: LISTENING,
  });
  return { ...server, inspectorPort: inspector ? Number(server.tail().match(INSPECTING)[1]) : undefined };
}

/** Writes a configuration, and tells where. */
export function configure(name, files, bindings, cachePort) {
  mkdirSync(work, { recursive: true });
  const path = join(work, `${name}.capnp`);
  writeFileSync(path, configuration(files, bindings, cachePort));
  return path;
}

/** Cap'n Proto's strings are written as JSON's, as far as these go. */
function configuration(files, bindings, cachePort) {
  const text = JSON.stringify;
  const module = (file) => {
    const kind = file.endsWith(".wasm") ? "wasm" : "esModule";
    return `(name = ${text(basename(file))}, ${kind} = embed ${text(relative(work, file))})`;
  };
  const cache = `(name = "cache", external = (address = "127.0.0.1:${cachePort}", http = ())),`;
  const binding = ([name, value]) =>
    value instanceof StoredSecret
      ? `(name = ${text(name)}, service = (name = "secrets", entrypoint = "Secret", props = (json = ${text(JSON.stringify(value))})))`
      : `(name = ${text(name)}, text = ${text(value)})`;
  const secrets = `(name = "secrets", worker = (compatibilityDate = ${text(compatibilityDate())}, modules = [${module(SECRETS)}])),`;
  const isStored = Object.values(bindings).some((value) => value instanceof StoredSecret);
  // The Worker under test is the last to start: V8 throws away what it has compiled in a hurry (Liftoff) when
  // another isolate starts in its process, and the Secrets Store is in none of ours.
  return `using Workerd = import "/workerd/workerd.capnp";

const config :Workerd.Config = (
  services = [
    ${isStored ? secrets : ""}
    (name = "main", worker = .worker),
    (name = "internet", network = (allow = ["public", "private"])),
    ${cachePort ? cache : ""}
  ],
  sockets = [(name = "http", address = "127.0.0.1:0", http = (), service = "main")],
);

const worker :Workerd.Worker = (
  compatibilityDate = ${text(compatibilityDate())},
  modules = [${files.map(module).join(", ")}],
  bindings = [${Object.entries(bindings).map(binding).join(", ")}],
  ${cachePort ? 'cacheApiOutbound = "cache",' : ""}
);
`;
}
