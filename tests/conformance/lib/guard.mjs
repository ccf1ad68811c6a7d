// Runs one program so that nothing of it outlives the run: node guard.mjs COMMAND ARGUMENT...
//
// wrangler and next start processes of their own, and all would stay if the run were killed. This
// process holds the other end of a pipe, which the kernel closes whatever the run ends by.
import { spawn } from "node:child_process";

const [command, ...args] = process.argv.slice(2);
// `detached` makes a process group, which the children of the program stay in.
const child = spawn(command, args, { detached: true, stdio: ["ignore", "inherit", "inherit"] });

function end(code = 1) {
  try {
    process.kill(-child.pid, "SIGKILL");
  } catch {
    // It has ended already.
  }
  process.exit(code);
}

child.on("exit", (code) => end(code ?? 1));
child.on("error", (error) => {
  console.error(`${command} does not start: ${error.message}`);
  process.exit(1);
});
for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"]) process.on(signal, () => end());
process.stdin.on("close", () => end()).resume();
