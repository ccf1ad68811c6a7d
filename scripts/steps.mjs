// Runs the parts of `make test` one after the other and says how far it is. The list is in test.mjs.
import { spawn, spawnSync } from "node:child_process";

/** A part that takes longer hangs, in milliseconds: the longest takes seven minutes on 2 cores. */
const LIMIT = 30 * 60_000;

/**
 * @typedef {object} Part
 * @property {string} name What ONLY= takes.
 * @property {string} what It checks this.
 * @property {string[]} run Lines for `sh -e`.
 * @property {string[]} [needs] Parts that have to pass before, which stand above it in the list.
 * @property {boolean} [extra] It runs only when it is asked for.
 */

/**
 * The parts that are asked for and what they need, in the order of the list. Without names: all but the extra ones.
 * @param {Part[]} parts
 * @param {string[]} only
 * @param {string[]} also
 */
export function select(parts, only, also = []) {
  const names = parts.map(({ name }) => name);
  const unknown = [...only, ...also].filter((name) => !names.includes(name));
  if (unknown.length > 0) throw new Error(`there is no part ${unknown.join(", ")}. The parts are: ${names.join(", ")}`);
  const chosen = new Set([...(only.length > 0 ? only : names.filter((_, at) => !parts[at].extra)), ...also]);
  // What a part needs stands above it, so one way up the list finds all.
  for (const { name, needs = [] } of parts.toReversed()) {
    if (chosen.has(name)) for (const need of needs) chosen.add(need);
  }
  return parts.filter(({ name }) => chosen.has(name));
}

/**
 * Runs them, until one fails; with `keepGoing`, all that do not need one that failed.
 * @param {Part[]} parts
 * @param {{ keepGoing?: boolean, cwd?: string, limit?: number, say?: (line: string) => void }} options
 * @returns {Promise<boolean>} whether all passed
 */
export async function runParts(parts, { keepGoing = false, cwd, limit = LIMIT, say = console.log } = {}) {
  const begun = Date.now();
  const passed = [];
  const failed = [];
  let stopped = false;
  for (const [index, { name, what, run, needs = [] }] of parts.entries()) {
    const needed = parts.filter((part) => needs.includes(part.name)).map((part) => part.name);
    if (stopped || needed.some((need) => !passed.includes(need))) continue;
    say(`\n==> Part ${index + 1} of ${parts.length}, ${name}: ${what} (${since(begun)} so far)`);
    for (const line of run) say(`    ${line}`);
    const partBegun = Date.now();
    const { code, signal, interrupted, hung } = await shell(run.join("\n"), cwd, limit);
    if (hung) say(`==> ${name} does not end. These were running:\n${hung}`);
    if (code === 0 && !interrupted) {
      passed.push(name);
      say(`==> ${name} passed in ${since(partBegun)}`);
    } else {
      const how = hung ? "it hung" : interrupted ?? signal ?? `status ${code}`;
      failed.push(name);
      say(`==> ${name} FAILED after ${since(partBegun)} (${how})`);
      stopped = interrupted !== undefined || !keepGoing;
    }
  }
  report(parts, passed, failed, begun, say);
  return failed.length === 0;
}

function report(parts, passed, failed, begun, say) {
  if (failed.length === 0) {
    say(`\n==> PASSED: ${count(passed.length)} in ${since(begun)}: ${passed.join(", ")}`);
    return;
  }
  const notRun = parts.map(({ name }) => name).filter((name) => !passed.includes(name) && !failed.includes(name));
  const command = (names) => `make test ONLY="${names.join(" ")}"`;
  say(`\n==> FAILED: ${failed.join(", ")} (after ${since(begun)})`);
  if (passed.length > 0) say(`    passed:  ${passed.join(", ")}`);
  if (notRun.length > 0) say(`    not run: ${notRun.join(", ")}`);
  say(`    again:   ${command(failed)}`);
  if (notRun.length > 0) say(`    go on:   ${command([...failed, ...notRun])}`);
}

const count = (number) => (number === 1 ? "1 part" : `${number} parts`);
const since = (begun) => {
  const seconds = Math.round((Date.now() - begun) / 1000);
  return seconds < 60 ? `${seconds} s` : `${Math.floor(seconds / 60)} min ${seconds % 60} s`;
};

/**
 * Runs lines of shell with this process's input and output. A signal to stop goes to them, too, and is told; they
 * are stopped as well when they take too long.
 */
function shell(script, cwd, limit) {
  let interrupted;
  let hung;
  // A terminal sends Ctrl-C to everybody; whoever kills this process alone means the part as well.
  const stop = (signal) => {
    interrupted = signal;
    if (signal !== "SIGINT") child.kill(signal);
  };
  const signals = ["SIGINT", "SIGTERM", "SIGHUP"];
  // Before the part begins: it may have said something, and somebody have answered by a signal, at once.
  for (const signal of signals) process.on(signal, stop);
  const child = spawn("sh", ["-euc", script], { cwd, stdio: "inherit" });
  const timer = setTimeout(() => {
    hung = descendants(child.pid);
    for (const { pid } of hung.toReversed()) kill(pid);
  }, limit);
  return new Promise((resolve, reject) => {
    child.on("error", reject);
    child.on("close", (code, signal) => {
      resolve({ code, signal, interrupted, hung: hung?.map(({ line }) => `    ${line}`).join("\n") });
    });
  }).finally(() => {
    clearTimeout(timer);
    for (const signal of signals) process.off(signal, stop);
  });
}

/** A process and all that came of it, as `ps` tells them, parents first. */
function descendants(pid) {
  const { stdout } = spawnSync("ps", ["-A", "-o", "pid=,ppid=,etime=,args="], { encoding: "utf8" });
  const all = (stdout ?? "").split("\n").map((line) => {
    const [own, parent] = line.trim().split(/\s+/, 2).map(Number);
    return { pid: own, parent, line: line.trim().slice(0, 200) };
  });
  const found = all.filter((process) => process.pid === pid);
  // The list grows while it is walked.
  for (const { pid: parent } of found) found.push(...all.filter((process) => process.parent === parent));
  return found.length > 0 ? found : [{ pid, line: String(pid) }];
}

/** Ends a process, if it is still there. */
function kill(pid) {
  try {
    process.kill(pid, "SIGKILL");
  } catch (error) {
    if (error.code !== "ESRCH") throw error;
  }
}
