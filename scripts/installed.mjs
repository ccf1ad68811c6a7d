// Says for which system packages are installed, and which of a lock file's are missing in FOLDER:
// node installed.mjs FOLDER. Runs on the user's own Node.js, before anything is installed.
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";

const [folder] = process.argv.slice(2);
const { packages } = JSON.parse(readFileSync(join(folder, "package-lock.json"), "utf8"));
const { platform, arch, report, versions } = process;
// Otherwise it looks up the names of all interfaces.
report.excludeNetwork = true;
const isGlibc = platform === "linux" && "glibcVersionRuntime" in report.getReport().header;
const libc = platform === "linux" ? (isGlibc ? "glibc" : "musl") : undefined;

/** As npm does: a list names what fits, or with an exclamation mark what does not. */
function fits(wanted, value) {
  if (wanted === undefined) return true;
  const list = [wanted].flat();
  if (list.includes(`!${value}`)) return false;
  const named = list.filter((entry) => !entry.startsWith("!"));
  return named.length === 0 || named.includes("any") || named.includes(value);
}

const missing = new Set();
for (const [path, entry] of Object.entries(packages)) {
  const isForAll = entry.os === undefined && entry.cpu === undefined;
  // An optional one that is for all systems may be there for one that is not for this.
  if (path === "" || entry.link || (entry.optional && isForAll)) continue;
  if (!fits(entry.os, platform) || !fits(entry.cpu, arch) || !fits(entry.libc, libc)) continue;
  if (!existsSync(join(folder, path, "package.json"))) missing.add(path.slice("node_modules/".length));
}
const { dependencies, devDependencies } = packages[""];
for (const name of Object.keys({ ...dependencies, ...devDependencies })) {
  for (const command of Object.keys(packages[`node_modules/${name}`]?.bin ?? {})) {
    if (!existsSync(join(folder, "node_modules/.bin", command))) missing.add(`.bin/${command}`);
  }
}

const system = [platform, arch, libc].filter(Boolean).join("-");
const without = missing.size > 0 ? ` without ${[...missing].join(", ")}` : "";
console.log(`${system} node${versions.node.split(".")[0]}${without}`);
