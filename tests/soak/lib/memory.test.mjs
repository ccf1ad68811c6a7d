import assert from "node:assert/strict";
import { test } from "node:test";
import { trend } from "./memory.mjs";

const samples = (heap, wasm = () => 2) =>
  Array.from({ length: 32 }, (_, n) => ({ heapMb: heap(n), wasmMb: wasm(n), residentMb: 100 }));

test("sees no leak in what goes up and down", () => {
  const { heapMb, wasmMb, residentMb } = trend(samples((n) => 5 + (n % 3) * 0.1));
  assert.deepEqual([heapMb.grows, wasmMb.grows, residentMb.grows], [false, false, false]);
});

test("sees no leak in what grows only at the beginning", () => {
  assert.equal(trend(samples((n) => (n < 6 ? n : 6))).heapMb.grows, false);
});

test("sees a leak of twenty bytes in each of 100 000 requests", () => {
  const leak = (n) => 5 + (n * 20 * (100_000 / 32)) / 1e6;
  assert.equal(trend(samples(leak)).heapMb.grows, true);
});

test("sees a leak of one smallest allocation in each of 100 000 requests", () => {
  const leak = (n) => 2 + (n * 16 * (100_000 / 32)) / 1e6;
  assert.equal(trend(samples(() => 5, leak)).wasmMb.grows, true);
});

test("sees no leak in a single moment that took more than all before", () => {
  assert.equal(trend(samples(() => 5, (n) => (n < 20 ? 2 : 2.2))).wasmMb.grows, false);
});

test("wants enough samples", () => {
  assert.throws(() => trend(samples(() => 5).slice(0, 3)), /too few/);
});
