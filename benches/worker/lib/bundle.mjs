// JavaScript Workers that import a package, as wrangler would upload them: one file, not minified.
import { buildSync } from "esbuild";
import { basename, join } from "node:path";
import { work } from "./workerd.mjs";

/** Bundles a file, and tells where the bundle is. */
export function bundle(path) {
  const outfile = join(work, "bundles", basename(path));
  buildSync({
    entryPoints: [path],
    outfile,
    bundle: true,
    format: "esm",
    platform: "neutral",
    mainFields: ["module", "main"],
    conditions: ["workerd", "worker", "browser"],
    logLevel: "error",
  });
  return outfile;
}
