// Whether a block of a page is what it says: each language by its own compiler or parser.
import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { apps } from "./apps.mjs";
import { root } from "./page.mjs";

const project = createRequire(join(root, "package.json"));
const { transformSync } = project("esbuild");
const { experimental_readRawConfig: readToml } = project("wrangler");
const installed = createRequire(join(apps, "package.json"));

/** Tries one after the other, and throws what the first has said when none will do. */
function oneOf(tries) {
  let first;
  for (const attempt of tries) {
    try {
      return attempt();
    } catch (error) {
      first ??= error;
    }
  }
  throw first;
}

/** A module, or what stands between the braces of an object, or between those of a configuration. */
function script(loader) {
  return (text) => {
    const compile = (code) => () => transformSync(code, { loader, jsx: "automatic", logLevel: "silent" });
    oneOf([compile(text), compile(`export default {\n${text}\n}`)]);
  };
}

function inFile(name, text, use) {
  const folder = mkdtempSync(join(tmpdir(), "authkit-block-"));
  try {
    writeFileSync(join(folder, name), text);
    return use(join(folder, name));
  } finally {
    rmSync(folder, { recursive: true });
  }
}

const program = (command, args, text) => execFileSync(command, args, { input: text, stdio: ["pipe", "pipe", "pipe"] });
const python = (text) => program("python3", ["-c", "import ast, sys; ast.parse(sys.stdin.read())"], text);
const toml = (text) => inFile("block.toml", text, (config) => readToml({ config }));

/** What a page leaves out, it marks by an ellipsis. */
const filled = (text) => text.replaceAll("…", "...");

/** Both sides of a change, in whatever language it is: code, JSON, or a list of files that go. */
function diff(text) {
  const lines = text.split("\n").filter((line) => line !== "" && !line.startsWith("+++ "));
  const odd = lines.find((line) => !/^[-+ ]/.test(line));
  if (odd !== undefined) throw new Error(`a diff has no line \`${odd}\``);
  if (!lines.some((line) => /^[-+]/.test(line))) throw new Error("a diff that changes nothing");
  for (const sign of ["-", "+"]) {
    const side = lines.filter((line) => line[0] !== (sign === "-" ? "+" : "-")).map((line) => line.slice(1)).join("\n");
    const dedented = side.replaceAll(new RegExp(`^${side.match(/^ */)[0]}`, "gm"), "");
    const plain = side.replaceAll(/\{ … \}/g, "{}");
    oneOf([
      () => script("tsx")(plain),
      // The middle of an object or a call that goes on.
      () => script("tsx")(`${plain}\n}`),
      () => python(filled(dedented)),
      () => {
        if (!side.split("\n").every((line) => /^[\w./-]+\.\w+$/.test(line))) throw new Error(`neither code nor files:\n${side}`);
      },
    ]);
  }
}

/** By the word behind the three marks. @type {Record<string, (text: string) => unknown>} */
export const PARSERS = {
  js: script("jsx"),
  jsx: script("jsx"),
  ts: script("ts"),
  tsx: script("tsx"),
  json: (text) => JSON.parse(filled(text)),
  toml,
  diff,
  sh: (text) => program("sh", ["-n"], text),
  py: (text) => python(filled(text)),
  vue(text) {
    const { parse, compileScript } = installed("vue/compiler-sfc");
    const { descriptor, errors } = parse(text);
    if (errors.length > 0) throw errors[0];
    compileScript(descriptor, { id: "block", inlineTemplate: true });
  },
  svelte(text) {
    installed("svelte/compiler").compile(text, { filename: "Block.svelte" });
  },
  html(text) {
    for (const [, code] of text.matchAll(/<script[^>]*>([^]*?)<\/script>/g)) script("js")(code);
  },
};
