import assert from "node:assert/strict";
import { execFileSync, spawn, spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { runParts, select } from "./steps.mjs";
import { PARTS } from "./test.mjs";

const ROOT = join(import.meta.dirname, "..");
const part = (name, line, more = {}) => ({ name, what: `what ${name} checks`, run: [line], ...more });

/** Three parts, of which `middle` needs `first`, and one that has to be asked for. */
const FOUR = [
  part("first", ":"),
  part("middle", ":", { needs: ["first"] }),
  part("last", ":"),
  part("more", ":", { needs: ["middle"], extra: true }),
];
const selected = (only, also) => select(FOUR, only, also).map(({ name }) => name);

for (const [what, only, also, expected] of [
  ["all but the extra ones", [], [], ["first", "middle", "last"]],
  ["what is asked for beside them", [], ["more"], ["first", "middle", "last", "more"]],
  ["one alone", ["last"], [], ["last"]],
  ["one with what it needs", ["middle"], [], ["first", "middle"]],
  ["one with what that needs", ["more"], [], ["first", "middle", "more"]],
  ["each once, in the order of the list", ["last", "middle", "first"], [], ["first", "middle", "last"]],
]) {
  test(`selects ${what}`, () => assert.deepEqual(selected(only, also), expected));
}

test("lists the names when one is wrong", () => {
  const message = "there is no part lst, mor. The parts are: first, middle, last, more";
  assert.throws(() => selected(["lst", "last"], ["mor"]), { message });
});

/** What is said of parts, without times, and whether all passed. */
async function outcome(parts, options) {
  const lines = [];
  const well = await runParts(parts, { ...options, say: (text) => lines.push(...text.split("\n")) });
  const said = lines.filter(Boolean).map((line) => line.replace(/\d+ min \d+ s|\d+ s/g, "T"));
  return { well, said };
}

test("says how far it is, what it runs, and that all passed", async () => {
  const { well, said } = await outcome([part("one", ":"), part("two", "test 1 = 1")]);
  assert.ok(well);
  assert.deepEqual(said, [
    "==> Part 1 of 2, one: what one checks (T so far)",
    "    :",
    "==> one passed in T",
    "==> Part 2 of 2, two: what two checks (T so far)",
    "    test 1 = 1",
    "==> two passed in T",
    "==> PASSED: 2 parts in T: one, two",
  ]);
});

test("ends a part that hangs, and names what was running", async () => {
  const { well, said } = await outcome([part("one", "exec tail -f /dev/null")], { limit: 2000 });
  assert.ok(!well);
  assert.ok(said.includes("==> one does not end. These were running:"), said.join("\n"));
  assert.ok(said.some((line) => /tail -f .dev.null$/.test(line)), said.join("\n"));
  assert.ok(said.includes("==> one FAILED after T (it hung)"), said.join("\n"));
});

test("stops at the first that fails, and says what to type", async () => {
  const { well, said } = await outcome([part("one", ":"), part("two", "exit 3"), part("three", ":"), part("four", ":")]);
  assert.ok(!well);
  assert.deepEqual(said.slice(-6), [
    "==> two FAILED after T (status 3)",
    "==> FAILED: two (after T)",
    "    passed:  one",
    "    not run: three, four",
    '    again:   make test ONLY="two"',
    '    go on:   make test ONLY="two three four"',
  ]);
});

test("goes on if it is told to, but not with what needs a part that failed", async () => {
  const parts = [
    part("one", "exit 1"),
    part("two", ":", { needs: ["one"] }),
    part("three", ":", { needs: ["two"] }),
    part("four", ":"),
  ];
  const { well, said } = await outcome(parts, { keepGoing: true });
  assert.ok(!well);
  assert.deepEqual(said.slice(-5), [
    "==> FAILED: one (after T)",
    "    passed:  four",
    "    not run: two, three",
    '    again:   make test ONLY="one"',
    '    go on:   make test ONLY="one two three"',
  ]);
});

test("fails when any line of a part does, whatever comes after", async () => {
  const { well } = await outcome([{ ...part("one"), run: ["false", ":"] }]);
  assert.ok(!well);
});

/** A program that runs these parts, to be started on its own. */
const program = (parts) => [
  "--input-type=module",
  "--eval",
  `import { runParts } from ${JSON.stringify(join(import.meta.dirname, "steps.mjs"))};
   process.exitCode = (await runParts(${JSON.stringify(parts)})) ? 0 : 1;`,
];

test("lets everybody see what a part prints", () => {
  const parts = [part("one", "echo '# pass 7'; echo 'test result: ok.' >&2")];
  const { status, stdout, stderr } = spawnSync(process.execPath, program(parts), { encoding: "utf8" });
  assert.equal(status, 0);
  assert.match(stdout, /^# pass 7$/m);
  assert.match(stderr, /^test result: ok\.$/m);
});

test("ends its part when it is told to end, and says where it was", async () => {
  const parts = [part("one", "echo $$; exec sleep 600"), part("two", ":")];
  const child = spawn(process.execPath, program(parts), { stdio: ["ignore", "pipe", "inherit"] });
  let said = "";
  let pid;
  for await (const chunk of child.stdout.setEncoding("utf8")) {
    said += chunk;
    const begun = said.match(/^(\d+)$/m);
    if (begun && !pid) {
      pid = Number(begun[1]);
      child.kill("SIGTERM");
    }
  }
  assert.match(said, /==> one FAILED after .* \(SIGTERM\)\n/);
  assert.match(said, /not run: two\n/);
  assert.throws(() => process.kill(pid, 0), { code: "ESRCH" });
});

test("has a list in which what a part needs stands above it", () => {
  for (const [index, { name, needs = [] }] of PARTS.entries()) {
    const above = PARTS.slice(0, index).map((other) => other.name);
    assert.ok(!above.includes(name), `${name} is there twice`);
    for (const need of needs) assert.ok(above.includes(need), `${name} needs ${need}`);
  }
});

test("is called by make, with names that exist", () => {
  const make = (...args) =>
    spawnSync("make", ["--no-print-directory", ...args], { cwd: ROOT, encoding: "utf8", env: { ...process.env, MAKEFLAGS: "" }, timeout: 60_000 });
  const { status, stderr } = make("test", "ONLY=nobody");
  assert.notEqual(status, 0);
  assert.match(stderr, /there is no part nobody\. The parts are: lint, build, /);

  const listed = execFileSync("git", ["ls-files", "*.md", "Makefile", ".ci/run", ".github"], { cwd: ROOT, encoding: "utf8" });
  const texts = listed.trim().split("\n").map((path) => readFileSync(join(ROOT, path), "utf8")).join("\n");
  const named = [...texts.matchAll(/make (?:-k )?test (?:ONLY|ALSO)=(?:"([^"]+)"|([\w-]+))/g)];
  assert.ok(named.length > 0);
  for (const [, several, one] of named) select(PARTS, (several ?? one).split(" "));
});
