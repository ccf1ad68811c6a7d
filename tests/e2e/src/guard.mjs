// Runs `wrangler dev` so that nothing of it outlives the tests: node guard.mjs FOLDER ARGUMENT...
//
// wrangler starts workerd, and both would stay if the tests were killed. This process holds the
// other end of a pipe, which the kernel closes whatever the tests end by; then all of them go, and
// the folder with them.
import { spawn } from "node:child_process";
import { rmSync } from "node:fs";

const [folder, ...args] = process.argv.slice(2);
const child = spawn("wrangler", args, {
  cwd: folder,
  // Its own process group, which the children of wrangler stay in.
  detached: true,
  stdio: ["ignore", "inherit", "inherit"],
});
console.log(`process group ${child.pid}`);

function end() {
  try {
    process.kill(-child.pid, "SIGKILL");
  } catch {
    // It has ended already.
  }
  rmSync(folder, { recursive: true, force: true, maxRetries: 10 });
  process.exit();
}

child.on("exit", end);
child.on("error", (error) => {
  console.error(`wrangler did not start: ${error.message}`);
  end();
});
for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"]) process.on(signal, end);
process.stdin.on("close", end).resume();
