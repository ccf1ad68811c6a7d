// Installs and builds what the applications need, once; a second run finds all of it.

import { readdirSync } from "node:fs";
import { dirname, join } from "node:path";
import { run } from "../conformance/lib/children.mjs";
import { once, virtualenv } from "../conformance/lib/install.mjs";
import { apps, node } from "./lib/stage.mjs";

const say = (text) => console.log(`==> ${text}`);

await virtualenv(say, "the sign-in products in Python", join(apps, "python"));
await build("next", "node_modules/next/dist/bin/next", ".next/.stamp", ["app", "products", "next.config.mjs", "proxy.js", "package.json"]);
await build("nuxt", "node_modules/nuxt/bin/nuxt.mjs", ".output/.stamp", ["app", "server", "nuxt.config.ts", "package.json"]);
await bundle("hono", "worker.mjs");

/** Builds an application, unless it was built of these very files. */
async function build(name, program, stamp, sources) {
  const folder = join(apps, name);
  const inputs = [join(apps, "package-lock.json"), ...sources.flatMap((source) => files(join(folder, source)))];
  await once(join(folder, stamp), inputs, async () => {
    say(`Building the application in ${name} (about half a minute)`);
    const env = { NODE_ENV: "production", NEXT_TELEMETRY_DISABLED: "1", NUXT_TELEMETRY_DISABLED: "1", NO_COLOR: "1", CI: "1" };
    await run(node, [join(apps, program), "build"], { cwd: folder, env });
  });
}

/** Bundles a Worker, into one file as a deploy would. */
async function bundle(name, entry) {
  const folder = join(apps, name);
  const inputs = [join(apps, "package-lock.json"), ...files(join(folder, entry))];
  await once(join(folder, "dist/.stamp"), inputs, async () => {
    const target = ["--format=esm", "--conditions=workerd,worker,browser", "--external:node:*", "--external:cloudflare:*"];
    const args = [entry, "--bundle", "--outfile=dist/worker.js", ...target];
    await run(join(dirname(node), "esbuild"), args, { cwd: folder });
  });
}

/** The path itself, or every file below it. */
function files(path) {
  let entries;
  try {
    entries = readdirSync(path, { recursive: true, withFileTypes: true });
  } catch {
    return [path];
  }
  return entries.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name)).sort();
}
