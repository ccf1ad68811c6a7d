// The front-end module, where `npm install` puts it: what a package has of it, and no link.
import { execFileSync } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { apps } from "./apps.mjs";
import { root } from "./page.mjs";

export function installClient() {
  const folder = mkdtempSync(join(tmpdir(), "authkit-first-hour-"));
  try {
    const packed = execFileSync("npm", ["pack", "--silent", "--pack-destination", folder], { cwd: join(root, "client"), encoding: "utf8" });
    const target = join(apps, "node_modules/authkit-edge-client");
    rmSync(target, { recursive: true, force: true });
    mkdirSync(target, { recursive: true });
    execFileSync("tar", ["-xzf", join(folder, packed.trim()), "-C", target, "--strip-components=1"]);
  } finally {
    rmSync(folder, { recursive: true });
  }
}
