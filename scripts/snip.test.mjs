import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { test } from "node:test";
import { snip, STREAMS } from "./snip.mjs";

/** Three functions with names, one of which is imported; and a long body, whose length takes two bytes. */
const TEXT = `(module
  (import "a" "b" (func $imported (result i32)))
  (func $into_underlying_sink_write (export "write") (param i32) (result i32)
    (local i64)
    (i32.add (local.get 0) (i32.const 1)))
  (func $into_underlying_source_pull (export "pull") (result i32)
    ${"(drop (call $imported))".repeat(100)}
    (i32.const 7))
  (func $kept (export "kept") (result i32) (i32.const 42)))`;

const wasm = () => execFileSync("wasm-as", ["-g", "-o", "-", "-"], { input: TEXT });
const start = (bytes) => new WebAssembly.Instance(new WebAssembly.Module(bytes), { a: { b: () => 1 } }).exports;

test("leaves functions of other names as they are", () => {
  const { bytes, count } = snip(wasm(), STREAMS);
  assert.equal(count, 2);
  assert.equal(start(bytes).kept(), 42);
});

test("traps in those that it took the code out of", () => {
  const before = start(wasm());
  assert.deepEqual([before.write(1), before.pull()], [2, 7]);
  const { write, pull } = start(snip(wasm(), STREAMS).bytes);
  assert.throws(() => write(1), WebAssembly.RuntimeError);
  assert.throws(() => pull(), WebAssembly.RuntimeError);
});

test("counts none where there is none", () => {
  const { bytes, count } = snip(wasm(), /elsewhere/);
  assert.equal(count, 0);
  assert.deepEqual(Buffer.from(bytes), wasm());
});
