// Checkouts of this working tree, as somebody else has them, and the scripts run there.
//
// One is furnished with what this checkout has compiled and installed already, so that each test has to
// compile a Worker alone.
import { execFileSync, spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { cpSync, existsSync, linkSync, mkdirSync, mkdtempSync, readFileSync, readdirSync, readlinkSync, rmSync, symlinkSync } from "node:fs";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";

export const root = join(import.meta.dirname, "../../..");
/** A Worker that is compiled in seconds, and goes the same way as the others. */
export const SMALL = "examples/service-binding-rust";
export const WASM = "wasm32-unknown-unknown";

/** Outside of the project, so that nothing is found in a folder above. Removed when the process ends. */
export const work = mkdtempSync(join(tmpdir(), "authkit-build-"));
process.once("exit", () => rmSync(work, { recursive: true, force: true }));
for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"]) process.once(signal, () => process.exit(1));

/**
 * The variables of a user who has set nothing. What this process has from make, npm or cargo, and what
 * somebody has set for real, would otherwise be a part of every test.
 */
const mine = Object.entries(process.env).filter(([name]) => !/^(CARGO|RUST(C|FLAGS|DOC)|npm_|NODE_ENV|MAKE|HOST$|CI$)/.test(name) || name === "CARGO_HOME");
const path = process.env.PATH.split(delimiter).filter((folder) => !folder.endsWith("node_modules/.bin"));
export const environment = { ...Object.fromEntries(mine), PATH: path.join(delimiter) };

const git = (cwd, args, env = {}) =>
  execFileSync("git", args, { cwd, encoding: "utf8", env: { ...environment, ...env }, stdio: ["ignore", "pipe", "pipe"] }).trim();

/** A commit of the files as they are now, whether or not they are committed. No branch has it. */
function commit() {
  const index = { GIT_INDEX_FILE: join(work, "index") };
  git(root, ["read-tree", "HEAD"], index);
  git(root, ["add", "--all"], index);
  const who = { GIT_AUTHOR_NAME: "test", GIT_AUTHOR_EMAIL: "test@localhost", GIT_COMMITTER_NAME: "test", GIT_COMMITTER_EMAIL: "test@localhost" };
  return git(root, ["commit-tree", git(root, ["write-tree"], index), "-m", "as it is"], who);
}
let current;

/** Clones the project to a folder, with options of git's such as `-c core.autocrlf=true`. */
export function clone(name, options = []) {
  current ??= commit();
  const folder = join(work, name);
  git(work, ["clone", "--quiet", "--no-checkout", "--shared", ...options, root, folder]);
  git(folder, ["checkout", "--quiet", "--detach", current]);
  return folder;
}

/**
 * Puts a tree of files elsewhere by links, or by copies on another file system. What packages are made of is
 * never written to in place; what begins with a dot says what is installed, is written to, and is copied.
 */
function link(from, to) {
  mkdirSync(to, { recursive: true });
  for (const entry of readdirSync(from, { withFileTypes: true })) {
    const [source, target] = [join(from, entry.name), join(to, entry.name)];
    if (entry.isDirectory()) link(source, target);
    else if (entry.isSymbolicLink()) symlinkSync(readlinkSync(source), target);
    else if (entry.name.startsWith(".")) cpSync(source, target);
    else {
      try {
        linkSync(source, target);
      } catch {
        cpSync(source, target);
      }
    }
  }
}

const copy = (from, to) => cpSync(from, to, { recursive: true, preserveTimestamps: true, verbatimSymlinks: true });

/** Gives a checkout what this one has installed and compiled for wasm32. */
function furnish(folder) {
  link(join(root, "node_modules"), join(folder, "node_modules"));
  // Not the lock beside the tools: linked, it would be one for both.
  for (const entry of readdirSync(join(root, ".tools"), { withFileTypes: true })) {
    if (entry.isDirectory() && !entry.name.startsWith("lock")) link(join(root, ".tools", entry.name), join(folder, ".tools", entry.name));
  }
  for (const part of [`${WASM}/release`, "release"]) {
    for (const kind of ["deps", ".fingerprint", "build"]) {
      const source = join(root, "target", part, kind);
      if (existsSync(source)) copy(source, join(folder, "target", part, kind));
    }
  }
}

let built;
/** A checkout with everything that this one has compiled and installed; it lies where shells stumble. */
export function checkout() {
  if (built) return built;
  const folder = clone("it's a \"checkout\" of $HOME", ["-c", "core.autocrlf=true"]);
  if (existsSync(join(root, "node_modules/.stamp"))) furnish(folder);
  build(folder);
  built = folder;
  return folder;
}

/** Runs a command there, with these variables of the user's. */
export function run(folder, [command, ...args], env = {}) {
  const variables = { ...environment, ...env };
  const { status, stdout, stderr, error } = spawnSync(command, args, { cwd: folder, env: variables, encoding: "utf8", stdio: ["ignore", "pipe", "pipe"] });
  if (error) throw error;
  return { status, output: stdout + stderr, stdout };
}

/** Asserts that a command went well, and gives its output. */
export function must({ status, output }) {
  if (status !== 0) throw new Error(`It ended with ${status}:\n${output}`);
  return output;
}

/** What a user's variables make of the Worker there: compiled in this run, or an error with what was said. */
export function build(folder, env = {}, worker = SMALL) {
  rmSync(join(folder, worker, "build"), { recursive: true, force: true });
  const output = must(run(folder, ["sh", "scripts/build.sh", worker], env));
  if (!output.includes("==> Built ")) throw new Error(`Nothing was built:\n${output}`);
  return output;
}

/** A hash of the Worker that is built there. */
export function hash(folder, worker = SMALL) {
  const sum = createHash("sha256");
  for (const name of ["index.js", "index_bg.wasm"]) sum.update(readFileSync(join(folder, worker, "build", name)));
  return sum.digest("hex");
}

/** A folder of this run's own. */
export function folder(name) {
  const path = join(work, name);
  mkdirSync(path, { recursive: true });
  return path;
}

