// Who is measured: the Worker, two hand-written JavaScript Workers, and the five samples.
import { join, resolve } from "node:path";
import { KEY } from "../../../tests/conformance/lib/sandbox.mjs";
import { samples as conformanceSamples } from "../../../tests/conformance/lib/systems.mjs";
import { Group } from "./processes.mjs";
import { serveWorker, StoredSecret } from "./workerd.mjs";

export const root = join(import.meta.dirname, "../../..");

/** A Worker that is made of these files, or of what `files` gives when it is started. */
export function worker(name, label, files, bindings, more = {}) {
  const one = { name, label, identity: "header", path: "/api/authkit", ...more };
  one.files = typeof files === "function" ? files : () => files.map((file) => resolve(root, file));
  one.bindings = (upstream) => ({ ...bindings(upstream), PICA_SECRET_KEY: KEY });
  one.start = (upstream, { bindings: others, secretsMs, ...options } = {}) => {
    const bindings = { ...one.bindings(upstream), ...others };
    for (const secret of SECRETS.filter((secret) => secretsMs !== undefined && secret in bindings)) {
      bindings[secret] = new StoredSecret(bindings[secret], secretsMs);
    }
    return serveWorker(one, bindings, options);
  };
  return one;
}

/** What may be in the Secrets Store. */
const SECRETS = ["PICA_SECRET_KEY", "GRANT_KEY"];

export const script = (name) => `benches/worker/js-worker/${name}.mjs`;
const javascript = (name, label, ...more) =>
  worker(name, label, [name, "endpoint", ...more].map(script), (upstream) => ({ PICA_BASE_URL: upstream }));

/** The files of an authkit-edge that was built into this folder. */
export const built = (folder) => [join(folder, "index.js"), join(folder, "index_bg.wasm")];

export const edge = worker("authkit-edge", "authkit-edge", built("build"), (upstream) => ({
  ENVIRONMENT: "development",
  IDENTITY_SOURCE: "header",
  AUTHKIT_BASE_URL: upstream,
}));
/** The JavaScript Worker that one would write today. */
export const plain = javascript("plain", "JavaScript Worker");
/** The same with the means of the Rust one. */
export const remembering = javascript("remembering", "JavaScript Worker, same means", "memory");

export const workers = [edge, plain, remembering];

const LABELS = {
  "next-app": "Next.js, App Router",
  "next-pages": "Next.js, Pages Router",
  express: "Express",
  fastapi: "FastAPI",
  flask: "Flask",
};

export const samples = conformanceSamples.map((sample) => ({
  ...sample,
  label: LABELS[sample.name],
  start: (upstream) => sample.start(upstream, KEY),
}));

export const everyone = [...workers, ...samples];

/** Starts a contestant on its CPU: what it starts with, `contestant`, and its processes as `group`. */
export async function launch(contestant, upstream, cpus, options) {
  const server = await contestant.start(upstream, options);
  const group = new Group(server.guard);
  if (cpus) group.pin([cpus.server]);
  return { ...server, contestant, group };
}
