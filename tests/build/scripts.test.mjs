// What the scripts and documents say has to work in shells and with tools that are not here.
import assert from "node:assert/strict";
import { readFileSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { environment, root, run } from "./lib/checkout.mjs";

const read = (path) => readFileSync(join(root, path), "utf8");
const scripts = readdirSync(join(root, "scripts")).filter((name) => name.endsWith(".sh")).map((name) => `scripts/${name}`);
const documents = ["README.md", ...readdirSync(join(root, "docs")).filter((name) => name.endsWith(".md")).map((name) => `docs/${name}`)];

// The kind: an option or a command that GNU has, and macOS or BusyBox has not, or in another way.
const GNU = /\b(sed -i|sed -r|readlink -f|realpath|cp -a|cp --|xargs -r|xargs -d|sort -V|find .*-printf|date \+\S*%N|date -d|grep -P|stat -c|head -c|tac|nproc|mktemp --|echo -e|timeout )/;

test("no script uses what only GNU has", () => {
  for (const path of scripts) {
    for (const line of read(path).split("\n")) assert.doesNotMatch(line, GNU, `${path}: ${line}`);
  }
});

// The shells that are here; each is another one's on some system.
for (const shell of [["sh"], ["dash"], ["bash"], ["bash", "--posix"], ["busybox", "sh"]]) {
  const [name] = shell;
  const isHere = run(root, ["sh", "-c", `command -v ${name}`], environment).status === 0;
  test(`${shell.join(" ")} reads every script`, { skip: !isHere && "it is not here" }, () => {
    for (const path of scripts) {
      const { status, output } = run(root, [...shell, "-n", path]);
      assert.equal(status, 0, `${path}: ${output}`);
    }
  });
}

// The kind: make 3.81 looks for a line's first word in the path that it was started with, not in one that it exports.
test("the Makefile starts no tool of the project by its name", () => {
  const lines = read("Makefile").split("\n").filter((line) => line.startsWith("\t"));
  for (const line of lines) assert.doesNotMatch(line, /^\t@?(\w+=\S+ )*(cargo|node|npx?|wrangler)\b/, line);
  assert.doesNotMatch(read("Makefile"), /^export PATH/m);
});

// The kind: PowerShell drops an empty argument, and the next word takes its place.
test("no documented command has an empty argument", () => {
  for (const path of [...documents, "package.json", "Makefile", ...scripts.filter((path) => /wrangler/.test(read(path)))]) {
    for (const line of read(path).split("\n").filter((line) => line.includes("wrangler"))) {
      assert.doesNotMatch(line, /\s(\\?"\\?"|'')(\s|$|`)/, `${path}: ${line}`);
    }
  }
});

test("what lies in the repository has one kind of line end everywhere", () => {
  const attributes = run(root, ["git", "check-attr", "eol", "text", "--", "scripts/build.sh", "Makefile", "src/lib.rs"]).output;
  assert.equal(attributes.match(/eol: lf/g).length, 3);
  assert.match(read("scripts/build.sh"), /^#!\/bin\/sh\n/);
});
