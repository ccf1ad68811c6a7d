// How blocks are read and applied, since everything else here relies on it.
import assert from "node:assert/strict";
import { test } from "node:test";
import { blocksOf, changedLines, patched } from "./lib/page.mjs";

const diff = (text) => ({ page: "x.md", line: 1, language: "diff", file: "a.js", text: `+++ a.js\n${text}` });

test("adds and removes lines where the others are", () => {
  assert.equal(patched("one\n  two\nthree\nfour\n", diff(" one\n+new\n\n-three\n four\n+end\n")), "one\nnew\n  two\nfour\nend\n");
});

test("refuses a line that is not there, or only before", () => {
  for (const text of [" two\n+new\n", " b\n a\n", "-c\n", "b\n"]) {
    assert.throws(() => patched("a\nb\n", diff(text)), /x\.md:1: a\.js has no line/, text);
  }
});

test("counts what is changed and not what is shown", () => {
  assert.equal(changedLines(diff(" one\n+new\n\n-three\n four\n")), 2);
  assert.equal(changedLines({ language: "ts", text: "// a.ts\n\nimport a;\nb();\n" }), 2);
});

test("reads the blocks of a page with what they name", () => {
  const blocks = blocksOf("start.md");
  const named = new Set(blocks.map(({ file }) => file).filter(Boolean));
  for (const file of ["next.config.ts", ".env.development", "app/authkit.ts", "netlify.toml", "public/index.html"]) assert.ok(named.has(file), file);
  assert.ok(blocks.every(({ language, text }) => language && text.endsWith("\n") && !text.includes("```")));
});
