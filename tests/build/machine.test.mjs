// Machines that are not like this one: what runs beside, what is missing, and where nothing can be written.
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { chmodSync, existsSync, mkdirSync, readFileSync, readdirSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { delimiter, join } from "node:path";
import { after, test } from "node:test";
import { SMALL, build, checkout, environment, folder, hash, must, run, work } from "./lib/checkout.mjs";

const here = checkout();
const expected = hash(here);
const home = environment.CARGO_HOME || join(environment.HOME, ".cargo");
const rustup = environment.RUSTUP_HOME || join(environment.HOME, ".rustup");

function script(path, text) {
  mkdirSync(join(path, ".."), { recursive: true });
  writeFileSync(path, `#!/bin/sh\n${text}`);
  chmodSync(path, 0o755);
  return path;
}

/** A folder with all commands of the system but some, to be the search path beside these. */
function without(...names) {
  const place = folder(`without ${names}`);
  for (const path of new Set(environment.PATH.split(delimiter))) {
    for (const name of existsSync(path) ? readdirSync(path) : []) {
      if (!names.includes(name) && !existsSync(join(place, name))) symlinkSync(join(path, name), join(place, name));
    }
  }
  return place;
}

// The kind: a compiler is called through a program that leaves a daemon behind, which keeps every file that it
// has inherited open. Nobody's lock is among them.
test("a daemon that a compiler's wrapper has started does not keep the lock", () => {
  const pids = join(work, "daemons");
  const daemon = 'sleep 600 </dev/null >/dev/null 2>&1 &\necho $! >>"$PIDS"\nexec "$@"\n';
  const wrapper = script(join(work, "wrap per/cache"), daemon);
  after(() => {
    for (const pid of readFileSync(pids, "utf8").split("\n").filter(Boolean)) process.kill(Number(pid));
  });
  for (const name of ["RUSTC_WRAPPER", "CARGO_BUILD_RUSTC_WORKSPACE_WRAPPER"]) build(here, { [name]: wrapper, PIDS: pids });
  assert.equal(hash(here), expected);
  const alive = readFileSync(pids, "utf8").split("\n").filter(Boolean);
  assert.ok(alive.length > 0);
  const probe = existsSync(join(here, ".tools/lock")) ? ["flock", "-n", ".tools/lock", "true"] : ["test", "!", "-L", ".tools/lock.of"];
  must(run(here, probe));
});

const started = (env) =>
  new Promise((resolve) => {
    const child = spawn("sh", ["scripts/build.sh", SMALL], { cwd: here, env: { ...environment, ...env }, stdio: ["ignore", "pipe", "pipe"] });
    let output = "";
    for (const stream of [child.stdout, child.stderr]) stream.on("data", (bytes) => (output += bytes));
    child.on("close", (status) => resolve({ status, output }));
  });

// The kind: two builds of one checkout, with a lock of any kind. One compiles, the other finds it done.
for (const [what, env] of [
  ["", {}],
  [" where there is no flock", { PATH: without("flock") }],
]) {
  test(`of two builds at once one compiles${what}`, async () => {
    rmSync(join(here, SMALL, "build"), { recursive: true });
    const both = await Promise.all([started(env), started(env)]);
    const outputs = both.map(must);
    assert.equal(outputs.filter((output) => output.includes("==> Built ")).length, 1, outputs.join("----\n"));
    assert.equal(outputs.filter((output) => output.includes("is up to date")).length, 1, outputs.join("----\n"));
    assert.equal(hash(here), expected);
  });
}

test("a lock whose owner was killed is taken over where there is no flock", () => {
  const dead = run(here, ["sh", "-c", "echo $$"]).stdout.trim();
  symlinkSync(`${must(run(here, ["uname", "-n"])).trim()}:${dead}`, join(here, ".tools/lock.of"));
  must(run(here, ["sh", "scripts/build.sh", SMALL], { PATH: without("flock") }));
  assert.ok(!readdirSync(join(here, ".tools")).some((name) => name.startsWith("lock.of")));
});

// The kind: cargo may not ask the network, and what it needs is there, or all but the crates of std.
test("cargo offline compiles with what was fetched", () => {
  build(here, { CARGO_NET_OFFLINE: "true" });
  assert.equal(hash(here), expected);
});

test("without the crates that std needs the Worker is built with rustup's std", () => {
  const locked = (path) => readFileSync(path, "utf8").matchAll(/^name = "(.*)"\nversion = "(.*)"$/gm);
  const names = (path) => Array.from(locked(path), ([, name, version]) => `${name}-${version}.crate`);
  const sysroot = must(run(here, ["rustc", "--print", "sysroot"])).trim();
  const own = new Set(names(join(here, "Cargo.lock")));
  const foreign = new Set(names(join(sysroot, "lib/rustlib/src/rust/library/Cargo.lock")).filter((name) => !own.has(name)));
  const poor = folder("poor home");
  mkdirSync(join(poor, "registry"));
  symlinkSync(join(home, "registry/index"), join(poor, "registry/index"));
  for (const registry of readdirSync(join(home, "registry/cache"))) {
    const place = join(poor, "registry/cache", registry);
    mkdirSync(place, { recursive: true });
    for (const name of readdirSync(join(home, "registry/cache", registry))) {
      if (!foreign.has(name)) symlinkSync(join(home, "registry/cache", registry, name), join(place, name));
    }
  }
  // Apart, so that the other tests find their crates compiled.
  const env = { CARGO_HOME: poor, CARGO_NET_OFFLINE: "true", CARGO_TARGET_DIR: folder("poor target") };
  assert.match(build(here, env), /NOT TO BE HAD: the crates that std needs/);
  assert.match(must(run(here, ["sh", "scripts/build.sh", SMALL], env)), /is up to date/);
  // Once they are there, they are used.
  assert.match(must(run(here, ["sh", "scripts/build.sh", SMALL])), /==> Built/);
  assert.equal(hash(here), expected);
});

// The kind: no folder of the user's can be written to.
test("a home that is none is not needed", () => {
  const env = { HOME: "/dev/null/home", CARGO_HOME: home, RUSTUP_HOME: rustup };
  build(here, env);
  must(run(here, ["sh", "scripts/packages.sh", "examples/service-binding-ts", "TypeScript"], env));
  const shown = must(run(here, ["sh", "scripts/run.sh", "wrangler", "deploy", "--dry-run", "--env=", "--outdir", join(work, "upload"), "--config", "tests/build/lib/nothing.toml"], env));
  assert.match(shown, /Total Upload/);
});

const readOnly = 'mount --bind "$1" "$1" && mount -o remount,bind,ro "$1" && ! [ -w "$1" ] && shift && exec "$@"';
const canMount = run(here, ["unshare", "-m", "sh", "-c", readOnly, "sh", environment.HOME, "true"]).status === 0;
test("a home that is read-only is enough", { skip: !canMount && "takes the right to mount" }, () => {
  rmSync(join(here, SMALL, "build"), { recursive: true });
  must(run(here, ["unshare", "-m", "sh", "-c", readOnly, "sh", environment.HOME, "sh", "scripts/build.sh", SMALL]));
  assert.equal(hash(here), expected);
});

// The kind: a Rust or a Node.js that cannot do it, or none. One sentence says what is wanted.
const declared = readFileSync(join(here, "Cargo.toml"), "utf8").match(/^rust-version = "(.*)"$/m)[1];
for (const [what, path, expected] of [
  ["an older Rust", [without("rustc"), "rustc", 'echo "rustc 1.60.0 (abc 2022-04-04)"'], `needs Rust ${declared.replace(".", "\\.")} or newer, and rustc here is 1\\.60\\.0`],
  ["no Rust", [without("cargo", "rustc")], "cargo is missing: install Rust"],
  ["no npm", [without("npm")], "npm is missing: install Node.js"],
  ["an old Node.js", [without("node"), "node", "case $* in *versions*) echo 16 ;; *) echo v16.20.2 ;; esac"], "npm runs on Node.js v16.20.2: install"],
]) {
  test(`with ${what} one sentence says what to install`, () => {
    const [base, name, text] = path;
    const search = name ? [join(script(join(work, `old ${name}`, name), text), ".."), base] : [base];
    const env = { PATH: search.join(delimiter), CARGO_HOME: name ? undefined : "/dev/null", RUSTUP_TOOLCHAIN: undefined };
    const { status, output } = run(here, ["sh", "scripts/setup.sh"], env);
    assert.notEqual(status, 0);
    assert.match(output, new RegExp(`^error: .*${expected}`, "m"));
  });
}

const toolchains = run(here, ["rustup", "toolchain", "list"]).stdout.split("\n").map((line) => line.split(" ")[0]);
const exact = toolchains.find((name) => name.startsWith(`${declared}.`) || name.startsWith(`${declared}-`));
test("the declared version of Rust builds", { skip: !exact && `Rust ${declared} is not installed by its number` }, () => {
  build(here, { RUSTUP_TOOLCHAIN: exact });
});

// The kind: a variable that changes what the shell's own commands do.
test("CDPATH leads nobody astray", () => {
  mkdirSync(join(work, "elsewhere/scripts"), { recursive: true });
  const { output } = run(here, ["sh", "scripts/build.sh", SMALL], { CDPATH: join(work, "elsewhere") });
  assert.match(output, /is up to date|Built/);
});
