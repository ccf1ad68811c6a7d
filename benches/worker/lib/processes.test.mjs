import assert from "node:assert/strict";
import { test } from "node:test";
import { parseCpus, parseCpuTimes, parseKib, parseSchedstat, parseStat } from "./processes.mjs";

test("a process's name may have spaces and brackets", () => {
  const stat = "42 (a) b) (c) S 7 41 41 0 -1 4194304 9 0 0 0 150 25 3 4 20 0 1 0 100";
  assert.deepEqual(parseStat(stat), { parent: 7, group: 41, cpuMs: 1750 });
});

test("a thread's time is counted in nanoseconds", () => {
  assert.equal(parseSchedstat("2500000 900 12\n"), 2.5);
});

test("memory is found by its name alone", () => {
  const status = "Name:\tVmHWM: 1 kB\nVmPeak:\t  900 kB\nVmHWM:\t    1234 kB\nVmRSS:\t     56 kB\n";
  assert.equal(parseKib(status, "VmHWM"), 1234);
  assert.equal(parseKib(status, "VmRSS"), 56);
  assert.throws(() => parseKib(status, "VmSwap"), /VmSwap/);
});

test("CPUs are single ones and ranges", () => {
  assert.deepEqual(parseCpus("0\n"), [0]);
  assert.deepEqual(parseCpus("\t0-2,5,8-9\n"), [0, 1, 2, 5, 8, 9]);
});

test("a CPU is busy with processes, not with idling, waiting and interrupts, nor is its neighbour", () => {
  const stat = "cpu  9 9 9 9 9 9 9 9\ncpu1 1 2 3 400 50 6 7 8 0 0\ncpu10 0 0 0 0 0 0 0 0 0 0\n";
  assert.deepEqual(parseCpuTimes(stat, 1), { busyMs: 60, stolenMs: 80 });
  assert.throws(() => parseCpuTimes(stat, 2), /cpu2/);
});
