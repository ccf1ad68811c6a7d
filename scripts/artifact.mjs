// Prints the one file that a run of cargo made for a package, from what cargo says with
// `--message-format=json-render-diagnostics`: node artifact.mjs FOLDER wasm|program <MESSAGES
//
// A wasm has to be new. cargo calls one fresh that it has not compiled in this run, and then it may be of
// other sources than those that were looked at.
import { readFileSync } from "node:fs";
import { resolve } from "node:path";

const [folder, kind] = process.argv.slice(2);
const manifest = resolve(folder, "Cargo.toml");
const messages = readFileSync(0, "utf8").split("\n").filter((line) => line.startsWith("{"));
const made = messages
  .map((line) => JSON.parse(line))
  .filter((message) => message.reason === "compiler-artifact" && message.manifest_path === manifest)
  .map(({ fresh, executable, filenames }) => {
    const files = kind === "wasm" ? filenames.filter((name) => name.endsWith(".wasm")) : [executable].filter(Boolean);
    return { fresh, files };
  })
  .filter(({ files }) => files.length > 0);

const [artifact, ...others] = made;
if (artifact?.files.length !== 1 || others.length > 0) {
  throw new Error(`cargo made ${made.length} times a ${kind} of ${folder}, not once.`);
}
if (kind === "wasm" && artifact.fresh) throw new Error(`cargo did not compile ${folder} anew, though it was asked to.`);
console.log(artifact.files[0]);
