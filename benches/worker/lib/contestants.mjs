// Who is measured: the Worker, two hand-written JavaScript Workers, and the five samples.
import { join } from "node:path";
import { KEY } from "../../../tests/conformance/lib/sandbox.mjs";
import { samples as conformanceSamples } from "../../../tests/conformance/lib/systems.mjs";
import { Group } from "./processes.mjs";
import { serveWorker } from "./workerd.mjs";

const root = join(import.meta.dirname, "../../..");

function worker(name, label, files, bindings) {
  const one = { name, label, identity: "header", path: "/api/authkit" };
  one.files = files.map((file) => join(root, file));
  one.bindings = (upstream) => ({ ...bindings(upstream), PICA_SECRET_KEY: KEY });
  one.start = (upstream, options) => serveWorker(one, one.bindings(upstream), options);
  return one;
}

const script = (name, label) =>
  worker(name, label, [`benches/worker/js-worker/${name}.mjs`, "benches/worker/js-worker/endpoint.mjs"], (upstream) => ({
    PICA_BASE_URL: upstream,
  }));

export const edge = worker("authkit-edge", "authkit-edge", ["build/index.js", "build/index_bg.wasm"], (upstream) => ({
  ENVIRONMENT: "development",
  IDENTITY_SOURCE: "header",
  AUTHKIT_BASE_URL: upstream,
}));
/** The JavaScript Worker that one would write today. */
export const plain = script("plain", "JavaScript Worker");
/** The same with the means of the Rust one. */
export const remembering = script("remembering", "JavaScript Worker, same means");

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
