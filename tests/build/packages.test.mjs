// What a user has told npm, and what an earlier installation has left: packages are all there, for this system.
import assert from "node:assert/strict";
import { chmodSync, copyFileSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { delimiter, join } from "node:path";
import { test } from "node:test";
import { checkout, environment, folder, must, root, run, work } from "./lib/checkout.mjs";

const here = checkout();
// One package that is for development, with a program for each system, which are optional.
const place = folder("packages");
writeFileSync(join(place, ".npmrc"), "audit=false\nfund=false\nignore-scripts=true\n");
for (const name of ["package.json", "package-lock.json"]) writeFileSync(join(place, name), esbuildAlone(name));

/** The part of the project's own packages that is esbuild. */
function esbuildAlone(name) {
  const file = JSON.parse(readFileSync(join(here, name), "utf8"));
  const { esbuild } = file.devDependencies ?? file.packages[""].devDependencies;
  const root = { name: "packages", devDependencies: { esbuild } };
  if (name === "package.json") return JSON.stringify(root);
  const wanted = Object.entries(file.packages).filter(([path]) => /^node_modules\/(esbuild|@esbuild\/.*)$/.test(path));
  return JSON.stringify({ name: "packages", lockfileVersion: 3, packages: { "": root, ...Object.fromEntries(wanted) } });
}

const install = (env) => must(run(here, ["sh", "scripts/packages.sh", place, "esbuild"], env));
const works = () => assert.match(must(run(place, [join(place, "node_modules/.bin/esbuild"), "--version"])), /^\d/);
const INSTALLED = /Installing esbuild/;

// The kind: npm was told to leave packages or their commands out, or to do something else than to install, by a
// variable or by a file. It installs all of them all the same.
const rc = join(work, "user.npmrc");
writeFileSync(rc, "omit[]=dev\nomit[]=optional\nbin-links=false\n");
for (const [what, env] of [
  ["NODE_ENV", { NODE_ENV: "production" }],
  ["omit", { npm_config_omit: "dev" }],
  ["omit in capitals", { NPM_CONFIG_OMIT: "optional" }],
  ["production", { npm_config_production: "true" }],
  ["only", { npm_config_only: "prod" }],
  ["optional", { npm_config_optional: "false" }],
  ["a file of the user's", { npm_config_userconfig: rc }],
  ["another system", { npm_config_os: "win32", npm_config_cpu: "ia32" }],
  ["what does not install", { npm_config_dry_run: "true", npm_config_package_lock_only: "true", npm_config_package_lock: "false" }],
  ["links that are not made, or global ones", { npm_config_bin_links: "false", npm_config_global: "true" }],
]) {
  test(`all packages are installed with ${what}`, () => {
    rmSync(join(place, "node_modules"), { recursive: true, force: true });
    assert.match(install(env), INSTALLED);
    works();
    // The stamp says the same to somebody who has told npm nothing.
    assert.equal(install({}), "");
  });
}

// The kind: what the stamp saw is no longer so.
const inPlace = (path) => join(place, "node_modules", path);
for (const [what, spoil] of [
  ["for another system", () => writeFileSync(inPlace(".stamp"), readFileSync(inPlace(".stamp"), "utf8").replace(/ \S+ node/, " darwin-arm64 node"))],
  ["for another libc", () => writeFileSync(inPlace(".stamp"), readFileSync(inPlace(".stamp"), "utf8").replace("glibc", "musl"))],
  ["by an older script", () => writeFileSync(inPlace(".stamp"), readFileSync(inPlace(".stamp"), "utf8").split(" ")[0])],
  ["without a package", () => rmSync(inPlace("esbuild"), { recursive: true })],
  ["without the program for this system", () => rmSync(inPlace("@esbuild"), { recursive: true })],
  ["without a command", () => rmSync(inPlace(".bin/esbuild"))],
]) {
  test(`packages that were installed ${what} are installed again`, { skip: process.platform !== "linux" && "names systems of Linux" }, () => {
    spoil();
    assert.match(install({}), INSTALLED);
    works();
  });
}

// The kind: one folder, two systems. No program of the other one is called, npm's own Node.js least of all.
test("programs of another system are replaced, and not called", () => {
  const installed = () => readFileSync(join(root, "node_modules/.stamp"), "utf8");
  const before = installed();
  const node = join(here, "node_modules/.bin/node");
  const tool = join(here, ".tools", host(), "bin/wasm-bindgen");
  // Instead of compiling another one, which takes a minute: the same one, as if the user had it.
  const user = folder("tools of the user");
  copyFileSync(tool, join(user, "wasm-bindgen"));
  for (const path of [node, tool]) {
    rmSync(path, { force: true });
    mkdirSync(join(path, ".."), { recursive: true });
    // A program of macOS begins like this.
    writeFileSync(path, Buffer.from("cffaedfe0c000001", "hex"));
    chmodSync(path, 0o755);
  }
  const stamp = join(here, "node_modules/.stamp");
  writeFileSync(stamp, readFileSync(stamp, "utf8").replace(/ \S+ node\d+/, " darwin-arm64 node22"));
  const env = { PATH: [user, environment.PATH].join(delimiter) };
  const output = must(run(here, ["sh", "scripts/setup.sh"], env));
  assert.match(output, /Installing wrangler/);
  assert.doesNotMatch(output, /Exec format error|wasm-bindgen/);
  assert.match(must(run(here, [node, "--version"])), /^v22/);
  assert.equal(must(run(here, ["sh", "scripts/setup.sh"], env)), "");
  // The checkout that this one was furnished from has not noticed. If it had, its next build would install
  // its packages anew, under whoever is running them.
  assert.equal(installed(), before);
});

function host() {
  return must(run(here, ["rustc", "-vV"])).match(/^host: (.*)$/m)[1];
}
