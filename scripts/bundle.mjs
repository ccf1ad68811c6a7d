// Makes the two files of a Worker of what cargo compiled: node bundle.mjs MODULE.wasm ENTRY.js FOLDER
//
// It does what worker-build does, and leaves out what a Worker does not use: `worker` and
// `wasm-streams` export classes that nobody here makes, and everything that these reach stays unless
// it is taken out on purpose. Function names go, too.
import { execFileSync } from "node:child_process";
import { copyFileSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import { buildSync, transformSync } from "esbuild";
import { nameBySize } from "./order.mjs";
import { snip, STREAMS } from "./snip.mjs";

const [module, entry, folder] = process.argv.slice(2).map((path) => resolve(path));
const temporary = join(folder, ".tmp");
const file = (name) => join(temporary, name);
const tool = (name, args) => execFileSync(name, args, { stdio: ["ignore", "pipe", "inherit"], encoding: "utf8" });

rmSync(temporary, { recursive: true, force: true });
mkdirSync(temporary, { recursive: true });

// The last two let a Worker go on in a fresh instance after a panic.
tool(process.env.WASM_BINDGEN_BIN, [
  ...[module, "--out-dir", temporary, "--out-name", "index"],
  ...["--target", "module", "--no-typescript", "--no-demangle"],
  ...["--experimental-reset-state-function", "--force-enable-abort-handler"],
]);

// A class that nobody uses is kept by the lines that write to its prototype, and by the registry that
// frees its instances. A closure is with its owner in Rust, who frees it: to register each of them, two for
// every promise, takes a twentieth of a request's CPU time.
// What crosses to JavaScript as text is mostly short, like the name of a header: to call TextDecoder takes
// longer than to read it.
// workerd makes a C++ function of each callback that queueMicrotask is given: a twentieth of the CPU time of a
// request. Where there is none, wasm-bindgen takes Promise.then.
const TEXT = "function getStringFromWasm0(ptr, len) {\n    ptr = ptr >>> 0;\n";
const glue = readFileSync(file("index.js"), "utf8")
  .replaceAll(/^if \(Symbol\.dispose\) .*$/gm, "")
  .replaceAll("(typeof FinalizationRegistry === 'undefined')", "true")
  .replace("= arg0.queueMicrotask;", "= undefined;")
  .replace(TEXT, `${TEXT}    const short = len < 40 && asciiOf(ptr, ptr + len);\n    if (short) return short;\n`)
  .replace(/from (['"])cloudflare:workers\1/, 'from "./life.js"')
  .concat(`
    function asciiOf(at, end) {
      const memory = getUint8ArrayMemory0();
      let text = "";
      for (; at < end; at += 1) {
        const byte = memory[at];
        if (byte > 127) return "";
        text += String.fromCharCode(byte);
      }
      return text;
    }
  `);
if (!glue.includes("asciiOf(ptr") || /typeof Finalization|\.queueMicrotask/.test(glue)) {
  throw new Error("wasm-bindgen writes other glue now: see scripts/bundle.mjs");
}
writeFileSync(file("index.js"), glue);
copyFileSync(entry, file("entry.js"));
copyFileSync(join(dirname(entry), "life.js"), file("life.js"));
buildSync({
  entryPoints: [file("entry.js")],
  outfile: file("bundle.js"),
  bundle: true,
  minifySyntax: true,
  format: "esm",
  external: ["./index_bg.wasm", "cloudflare:workers"],
  // A Worker without the endpoint has no `answerFailed`, which entry.js asks for.
  logOverride: { "import-is-undefined": "silent" },
  logLevel: "warning",
});
// wrangler's bundler does not know `import source` yet; without it workerd gives the same module.
const script = readFileSync(file("bundle.js"), "utf8").replace(/\bimport source\b/, "import");

// Of the module, what the script still names, and what that reaches.
const named = new Set(script.match(/(?<=\bwasm\.)[\w$]+/g));
if (![...named].some((name) => name.startsWith("intounderlying"))) {
  const { bytes, count } = snip(readFileSync(file("index_bg.wasm")), STREAMS);
  if (count === 0) throw new Error("wasm-streams has other names now: see scripts/snip.mjs");
  writeFileSync(file("index_bg.wasm"), bytes);
}
const compiled = new WebAssembly.Module(readFileSync(file("index_bg.wasm")));
const roots = WebAssembly.Module.exports(compiled).map(({ name }) => name).filter((name) => named.has(name));
const graph = roots.map((name) => ({ name, export: name, root: true }));
writeFileSync(file("graph.json"), JSON.stringify(graph));
// No more than the compiler used, and the exceptions of wasm-bindgen: with all that binaryen knows,
// it writes imports in a form that only the newest engines read.
const features = ["--detect-features", "--enable-exception-handling"];
tool("wasm-metadce", [file("index_bg.wasm"), "--graph-file", file("graph.json"), ...features, "-o", file("used.wasm")]);
writeFileSync(file("ordered.wasm"), nameBySize(readFileSync(file("used.wasm"))));
// -Os compresses better than -Oz, and finds more the second time. A function that is called from one place
// only stays one (ocimfs is how large a body may be that goes to its caller): V8 compiles what is called,
// function by function.
// The lowest KB of memory is the end of the stack, which only an overflow would reach: so an addition in
// front of an access is a part of the access. What is calculated twice compresses better than a local.
const optimize = ["-Os", "-Os", "-ocimfs=50", "--low-memory-unused", "--skip-pass=local-cse"];
// By the names that scripts/order.mjs gives.
const finish = ["--reorder-functions-by-name", "--strip-debug", "--strip-producers", "--strip-target-features"];
const rename = "--minify-imports-and-exports-and-modules";
const names = JSON.parse(tool("wasm-opt", [file("ordered.wasm"), ...optimize, ...finish, rename, ...features, "-o", file("small.wasm")]));

// The same names in the script, and of what it offers to the module only that which is called there.
const short = (list) => new Map(list.map((entry) => entry.slice(-2)));
const [imports, exports] = [short(names.imports), short(names.exports)];
const [[importModule]] = names.imports;
const offered = new Set();
const linked = script
  .replace(/^( +)(__\w+): (function\([^]*?^\1\}|\S+?)(,?)$/gm, (_, indent, name, value, comma) => {
    if (!imports.has(name)) return "";
    offered.add(name);
    return `${imports.get(name)}: ${value}${comma}`;
  })
  .replace(`"${importModule}": `, "a: ")
  .replace(/\bwasm\.([\w$]+)/g, (_, name) => `wasm.${exports.get(name)}`);
const missing = [...imports.keys()].filter((name) => !offered.has(name));
missing.push(...[...named].filter((name) => !exports.has(name)));
if (missing.length > 0) throw new Error(`not found on one of the two sides: ${missing.join(", ")}`);

renameSync(file("small.wasm"), join(folder, "index_bg.wasm"));
writeFileSync(join(folder, "index.js"), transformSync(linked, { minify: true, treeShaking: true, format: "esm" }).code);
rmSync(temporary, { recursive: true });
