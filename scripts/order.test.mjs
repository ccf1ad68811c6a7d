import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { test } from "node:test";
import { nameBySize } from "./order.mjs";
import { read } from "./snip.mjs";

/** The longest function first, and more of them than a number of one byte counts. */
const TEXT = `(module
  (import "a" "b" (func (result i32)))
  ${Array.from({ length: 200 }, (_, index) => `(func (export "f${index}") (result i32)
    ${"(drop (call 0))".repeat(200 - index)} (i32.const ${index}))`).join("\n")})`;

const wasm = () => execFileSync("wasm-as", ["-o", "-", "-"], { input: TEXT });
const lengths = (bytes) => read(bytes).bodies.map(({ start, end }) => end - start);
const ascending = (list) => list.toSorted((one, other) => one - other);

test("names functions so that sorted by name they are sorted by size", () => {
  const sorted = execFileSync("wasm-opt", ["-", "--reorder-functions-by-name", "-o", "-"], { input: nameBySize(wasm()) });
  assert.notDeepEqual(lengths(wasm()), ascending(lengths(wasm())));
  assert.deepEqual(lengths(sorted), ascending(lengths(wasm())));
});

test("changes nothing but the names", () => {
  const { exports } = new WebAssembly.Instance(new WebAssembly.Module(nameBySize(wasm())), { a: { b: () => 1 } });
  for (let index = 0; index < 200; index += 1) assert.equal(exports[`f${index}`](), index);
});

test("refuses a module that has names", () => {
  assert.throws(() => nameBySize(nameBySize(wasm())), /names already/);
});
