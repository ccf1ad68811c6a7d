// What a user has told cargo for all projects: where to write, what to compile for, with which flags.
import assert from "node:assert/strict";
import { mkdirSync, readdirSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, test } from "node:test";
import { SMALL, WASM, build, checkout, folder, hash, must, run, work } from "./lib/checkout.mjs";

const here = checkout();
const expected = hash(here);
const configs = [];
function configure(path, text) {
  mkdirSync(join(path, ".."), { recursive: true });
  writeFileSync(path, text);
  configs.push(path);
}
const forget = () => configs.splice(0).forEach((path) => rmSync(path));
afterEach(forget);

/** Where cargo writes there. */
function own(checkout, env) {
  const script = '. scripts/lib.sh; use_own_target_folder; printf %s "$CARGO_TARGET_DIR"';
  const result = run(checkout, ["sh", "-c", script], env);
  must(result);
  return result.stdout;
}

// The kind: flags, a linker, a target or a profile that are meant for programs of this machine, whatever cargo
// reads them from. The Worker has its own, so it comes out the same.
const wasmVariable = `CARGO_TARGET_${WASM.toUpperCase().replaceAll("-", "_")}`;
const MOLD = "-C link-arg=-fuse-ld=mold -C target-cpu=native";
const variables = {
  RUSTFLAGS: MOLD,
  CARGO_BUILD_RUSTFLAGS: MOLD,
  CARGO_BUILD_TARGET: "x86_64-pc-windows-gnu",
  [`${wasmVariable}_RUSTFLAGS`]: "-C link-arg=--none-such",
  [`${wasmVariable}_LINKER`]: "/none/such",
  CARGO_PROFILE_RELEASE_OPT_LEVEL: "3",
  CARGO_PROFILE_RELEASE_LTO: "off",
  CARGO_PROFILE_RELEASE_DEBUG: "true",
  CARGO_PROFILE_RELEASE_OVERFLOW_CHECKS: "true",
  CARGO_PROFILE_RELEASE_STRIP: "none",
  CARGO_INCREMENTAL: "1",
};
// cargo goes by the first of several that it finds, so those that hide others are left out once.
const { RUSTFLAGS: _, ...hidden } = variables;
for (const [what, env, config] of [
  ["variables", { ...variables, CARGO_ENCODED_RUSTFLAGS: MOLD.replaceAll(/-C /g, "-C").replaceAll(" ", "\u001f") }],
  ["variables that others would hide", hidden],
  [
    "a configuration in a parent folder",
    {},
    `[build]\ntarget = "x86_64-pc-windows-gnu"\nrustflags = ["-Clink-arg=-fuse-ld=mold"]\n` +
      `[target.'cfg(all())']\nrustflags = ["-Ctarget-cpu=native"]\n[target.'cfg(target_family = "wasm")']\nlinker = "/none/such"\n` +
      `[profile.release]\nopt-level = 1\ndebug-assertions = true\n`,
  ],
]) {
  test(`the Worker is the same with ${what}`, () => {
    if (config) configure(join(work, ".cargo/config.toml"), config);
    build(here, env);
    assert.equal(hash(here), expected);
  });
}

// The kind: what is to run on this machine is compiled for it, whatever target is set, and wherever.
for (const [what, env, config] of [
  ["CARGO_BUILD_TARGET", { CARGO_BUILD_TARGET: WASM }],
  ["a configuration", {}, `[build]\ntarget = "${WASM}"\n`],
]) {
  test(`programs are for this machine with a target in ${what}`, () => {
    const program = folder("program");
    mkdirSync(join(program, "src"), { recursive: true });
    writeFileSync(join(program, "Cargo.toml"), '[package]\nname = "hello"\nedition = "2024"\n[workspace]\n');
    writeFileSync(join(program, "src/main.rs"), 'fn main() { println!("Hello") }\n');
    if (config) configure(join(work, ".cargo/config.toml"), config);
    // The configuration is above both.
    const told = ["sh", "scripts/run.sh", "cargo", "run", "--quiet", "--manifest-path", join(program, "Cargo.toml")];
    const output = must(run(here, told, env));
    assert.equal(output.trim(), "Hello");
  });
}

test("a list of targets, which cargo takes back for nobody, is named", () => {
  configure(join(work, ".cargo/config.toml"), `[build]\ntarget = ["${WASM}", "x86_64-pc-windows-gnu"]\n`);
  const { status, output } = run(here, ["sh", "scripts/run.sh", "true"]);
  assert.notEqual(status, 0);
  assert.match(output, /^error: .*\[build\] target/m);
});

// The kind: another folder for what is compiled, however cargo was told. What is in `target/` then is old, and
// nobody takes it.
const moved = join(work, "moved to");
const ours = own(here, { CARGO_TARGET_DIR: moved });
for (const [what, env, path, text] of [
  ["CARGO_TARGET_DIR, absolute", { CARGO_TARGET_DIR: moved }],
  ["CARGO_TARGET_DIR, relative", { CARGO_TARGET_DIR: "../moved to" }],
  ["CARGO_BUILD_TARGET_DIR", { CARGO_BUILD_TARGET_DIR: moved }],
  ["a configuration in a parent folder", {}, join(work, ".cargo/config.toml"), "moved to"],
  ["an old configuration in a parent folder", {}, join(work, ".cargo/config"), "moved to"],
  ["the user's configuration", { CARGO_HOME: folder("home") }, join(work, "home/config.toml"), moved],
]) {
  test(`cargo's folder is found when it is told by ${what}`, () => {
    if (path) configure(path, `[build]\ntarget-dir = ${JSON.stringify(text)}\n`);
    assert.equal(own(here, env), ours);
  });
}

test("what cargo wrote there is packed, and nothing that lies in target/ or in a build folder", () => {
  mkdirSync(moved, { recursive: true });
  renameSync(join(here, "target"), ours);
  const stale = join(here, "target", WASM, "release/service_binding_rust.wasm");
  mkdirSync(join(stale, ".."), { recursive: true });
  writeFileSync(stale, "stale");
  configure(join(work, ".cargo/config.toml"), '[build]\ntarget-dir = "moved to"\nbuild-dir = "intermediate"\n');
  try {
    build(here);
  } finally {
    rmSync(join(here, "target"), { recursive: true });
    renameSync(ours, join(here, "target"));
  }
  assert.equal(hash(here), expected);
});

// The kind: a folder for all projects has two checkouts in it, whose Workers have one name.
test("two checkouts with one target folder do not meet in it", () => {
  const other = join(work, "worktree");
  must(run(here, ["git", "worktree", "add", "--quiet", "--detach", other]));
  const env = { CARGO_TARGET_DIR: moved };
  assert.notEqual(own(here, env), own(other, env));
  assert.equal(own(here, {}), join(here, "target"));
});

// The kind: the file that cargo's name for it leads to is not the one that these sources make.
test("a Worker that somebody put in the place of the compiled one is not packed", () => {
  const names = readdirSync(join(here, "target", WASM, "release/deps")).filter((name) => name === "service_binding_rust.wasm");
  assert.equal(names.length, 1);
  for (const name of [`deps/${names[0]}`, "service_binding_rust.wasm"]) {
    const path = join(here, "target", WASM, "release", name);
    rmSync(path, { force: true });
    writeFileSync(path, "another");
  }
  build(here);
  assert.equal(hash(here), expected);
});

const artifact = (messages, kind) => {
  const input = messages.map((message) => JSON.stringify(message)).join("\n");
  return run(here, ["sh", "-c", `node scripts/artifact.mjs ${SMALL} ${kind} <<'END'\n${input}\nEND`]);
};

test("what this run did not make has no path", () => {
  const made = { reason: "compiler-artifact", manifest_path: join(here, SMALL, "Cargo.toml"), fresh: false, filenames: ["/a/b.wasm"], executable: null };
  assert.equal(artifact([made], "wasm").stdout, "/a/b.wasm\n");
  for (const messages of [
    [{ ...made, fresh: true }],
    [{ ...made, manifest_path: "/other/Cargo.toml" }],
    [{ ...made, filenames: ["/a/b.rlib"] }],
    [made, { ...made, filenames: ["/c.wasm"] }],
    [{ reason: "build-finished", success: true }],
  ]) {
    assert.notEqual(artifact(messages, "wasm").status, 0, JSON.stringify(messages));
  }
  const program = { ...made, fresh: true, filenames: ["/a/b"], executable: "/a/b" };
  assert.equal(artifact([program], "program").stdout, "/a/b\n");
});
