// What the kernel says of the processes of a server: CPU time, memory, on which CPU they run.
import { execFileSync } from "node:child_process";
import { readFileSync, readdirSync, writeFileSync } from "node:fs";

/** Milliseconds of a clock tick in /proc: 100 a second on every machine, whatever the kernel's own. */
const TICK_MS = 10;

/** The fields of /proc/PID/stat that count here. A program's name may have spaces and brackets. */
export function parseStat(text) {
  const fields = text.slice(text.lastIndexOf(")") + 2).split(" ");
  const [parent, group] = fields.slice(1, 3).map(Number);
  const [user, system] = fields.slice(11, 13).map(Number);
  return { parent, group, cpuMs: (user + system) * TICK_MS };
}

/** Milliseconds that a thread has run, by /proc/PID/task/TID/schedstat. */
export const parseSchedstat = (text) => Number(text.split(" ")[0]) / 1e6;

/** A field of /proc/PID/status in KiB. */
export function parseKib(text, name) {
  const found = text.match(new RegExp(`^${name}:\\s+(\\d+) kB$`, "m"));
  if (!found) throw new Error(`There is no ${name} in /proc/PID/status.`);
  return Number(found[1]);
}

/** `0-2,5` as numbers. */
export function parseCpus(text) {
  return text.trim().split(",").flatMap((part) => {
    const [first, last = first] = part.split("-").map(Number);
    return Array.from({ length: last - first + 1 }, (_, index) => first + index);
  });
}

/**
 * How long a CPU was busy with processes, and how long the hypervisor kept it, by the text of
 * /proc/stat. Interrupts are left out: most of them are the server's own network.
 */
export function parseCpuTimes(text, cpu) {
  const found = text.match(new RegExp(`^cpu${cpu} (.*)$`, "m"));
  if (!found) throw new Error(`There is no cpu${cpu} in /proc/stat.`);
  const [user, nice, system, , , , , stolen] = found[1].split(" ").map(Number);
  return { busyMs: (user + nice + system) * TICK_MS, stolenMs: stolen * TICK_MS };
}

/** All processes of a server, by the guard that started it. */
export class Group {
  #leader;

  constructor(guard) {
    const child = everyProcess().find(({ parent }) => parent === guard);
    if (!child) throw new Error("The server has ended.");
    this.#leader = child.pid;
  }

  #members() {
    const members = everyProcess().filter(({ group }) => group === this.#leader);
    if (members.length === 0) throw new Error("The server has ended.");
    return members;
  }

  /** CPU time of all of them since they started, in milliseconds. */
  cpuMs() {
    return this.#members().reduce((sum, { cpuMs }) => sum + cpuMs, 0);
  }

  /** The same, finer, for what takes a few milliseconds: of the threads that have not ended. */
  exactCpuMs() {
    return this.#members().reduce((sum, { pid }) => sum + exactCpuMs(pid), 0);
  }

  /** Memory in use now, in MB (10^6 bytes). Shared pages count once for each process. */
  residentMb() {
    return this.#sum("VmRSS");
  }

  /** The most memory in use since `resetPeak`. */
  peakMb() {
    return this.#sum("VmHWM");
  }

  resetPeak() {
    for (const { pid } of this.#members()) writeFileSync(`/proc/${pid}/clear_refs`, "5");
  }

  #sum(field) {
    const kib = this.#members().map(({ pid }) => parseKib(readFileSync(`/proc/${pid}/status`, "utf8"), field));
    return (kib.reduce((sum, one) => sum + one, 0) * 1024) / 1e6;
  }

  /** Moves all of them, and what they start, to these CPUs. */
  pin(cpus) {
    for (const { pid } of this.#members()) pin(pid, cpus);
  }
}

function exactCpuMs(pid) {
  const threads = readdirSync(`/proc/${pid}/task`);
  const times = threads.map((thread) => {
    try {
      return parseSchedstat(readFileSync(`/proc/${pid}/task/${thread}/schedstat`, "utf8"));
    } catch {
      // It has ended since.
      return 0;
    }
  });
  return times.reduce((sum, ms) => sum + ms, 0);
}

/** Moves all threads of a process, and what it starts, to these CPUs. */
export function pin(pid, cpus) {
  const args = ["--all-tasks", "--cpu-list", "--pid", cpus.join(","), String(pid)];
  // It fails when a thread ends while it is at work.
  for (let tries = 1; ; tries += 1) {
    try {
      return execFileSync("taskset", args, { stdio: "pipe" });
    } catch (error) {
      if (tries === 5) throw error;
    }
  }
}

function everyProcess() {
  const pids = readdirSync("/proc").filter((name) => /^\d+$/.test(name)).map(Number);
  return pids.flatMap((pid) => {
    try {
      return [{ pid, ...parseStat(readFileSync(`/proc/${pid}/stat`, "utf8")) }];
    } catch {
      // It has ended since.
      return [];
    }
  });
}

/**
 * One CPU for the server under test and the others for everything else: `{server, others}`, or
 * undefined on a machine that has only one.
 */
export function divideCpus() {
  const allowed = readFileSync("/proc/self/status", "utf8").match(/^Cpus_allowed_list:(.*)$/m)[1];
  const cpus = parseCpus(allowed);
  if (cpus.length < 2) return undefined;
  return { server: cpus.at(-1), others: cpus.slice(0, -1) };
}
