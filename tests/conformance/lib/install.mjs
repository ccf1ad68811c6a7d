// Installs and builds what the samples need, once; a second run finds all of it.
import { execFileSync } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { run } from "./children.mjs";

const apps = join(import.meta.dirname, "../apps");
const root = join(import.meta.dirname, "../../..");

/** Installs the samples; resolves to the path of the sandbox's program. */
export async function install(say, profile) {
  const sandbox = await buildSandbox(say, profile);
  await packages(say);
  for (const name of ["next-app", "next-pages"]) await nextBuild(say, name);
  for (const name of ["fastapi", "flask"]) await virtualenv(say, name, join(apps, name));
  return sandbox;
}

/** Resolves to the path of the sandbox's program, compiled with that profile of Cargo. */
export async function buildSandbox(say, profile = "dev") {
  if (!existsSync(join(root, "build/index.js"))) {
    throw new Error("There is no build/index.js: run `make build` first.");
  }
  say(`Building the sandbox, profile ${profile}`);
  return execFileSync("sh", ["scripts/sandbox.sh", profile], { cwd: root, encoding: "utf8", stdio: ["ignore", "pipe", "inherit"] }).trim();
}

async function packages(say) {
  say("Looking for the packages of the JavaScript samples (400 MB from npm, once; about a minute)");
  await run("sh", ["scripts/packages.sh", "tests/conformance/apps", "the packages of the samples"], { cwd: root });
}

async function nextBuild(say, name) {
  const folder = join(apps, name);
  const route = name === "next-app" ? "app/api/authkit/route.ts" : "pages/api/authkit.ts";
  const inputs = [route, "next.config.mjs", "package.json", "../package-lock.json"];
  const paths = inputs.map((file) => join(folder, file));
  await once(join(folder, ".next/.stamp"), paths, async () => {
    say(`Building ${name} (about half a minute)`);
    const env = { NODE_ENV: "production", NEXT_TELEMETRY_DISABLED: "1", NO_COLOR: "1", CI: "1" };
    const next = join(apps, "node_modules/next/dist/bin/next");
    await run(process.execPath, [next, "build"], { cwd: folder, env });
  });
}

/** Installs what `requirements.txt` of a folder names into its `.venv`. */
export async function virtualenv(say, name, folder) {
  const requirements = join(folder, "requirements.txt");
  await once(join(folder, ".venv/.stamp"), [requirements], async () => {
    say(`Installing the packages of ${name} from PyPI`);
    const create = () => run("python3", ["-m", "venv", "--clear", ".venv"], { cwd: folder });
    await create().catch(async (error) => {
      await installPython(say, error);
      await create();
    });
    const pip = ["-m", "pip", "install", "--quiet", "--require-hashes", "-r", "requirements.txt"];
    await run(join(folder, ".venv/bin/python"), pip, { cwd: folder });
  });
}

/** As scripts/setup.sh does for what it needs: on Debian as root, or not at all. */
async function installPython(say, reason) {
  if (process.getuid?.() !== 0 || !existsSync("/usr/bin/apt-get")) {
    throw new Error(`Python 3.11 or newer with venv is needed.\n${reason.message}`);
  }
  say("Installing Python with apt");
  await run("apt-get", ["update", "-qq"]);
  await run("apt-get", ["install", "-y", "-qq", "python3", "python3-venv"]);
}

/** Does `work` unless it was done for these very inputs. */
export async function once(stamp, inputs, work) {
  // Of a folder that two systems share, the other one's are of no use.
  const hash = createHash("sha256").update(`${process.platform} ${process.arch} `);
  for (const path of inputs) hash.update(readFileSync(path));
  const want = hash.digest("hex");
  if (existsSync(stamp) && readFileSync(stamp, "utf8") === want) return;
  await work();
  writeFileSync(stamp, want);
}
