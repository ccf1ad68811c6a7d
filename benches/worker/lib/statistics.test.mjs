import assert from "node:assert/strict";
import { test } from "node:test";
import { line, median, quantile, ratios, rotated, spread } from "./statistics.mjs";

test("a median is the middle value, or between the two middle ones, in any order", () => {
  assert.equal(median([3, 1, 2]), 2);
  assert.equal(median([4, 1, 3, 2]), 2.5);
  assert.equal(median([10, 9, 100]), 10);
});

test("a quantile lies between two values if need be", () => {
  assert.equal(quantile([0, 10, 20, 30, 40], 0.25), 10);
  assert.equal(quantile([0, 10], 0.99), 9.9);
  assert.throws(() => quantile([], 0.5));
});

test("a spread has the lowest and the highest value", () => {
  assert.deepEqual(spread([2, 8, 5]), { median: 5, min: 2, max: 8 });
});

test("ratios are taken within a round, not of medians", () => {
  assert.deepEqual(ratios([10, 200, 3], [5, 100, 3]), { median: 2, min: 1, max: 2 });
  assert.throws(() => ratios([1, 2], [1]), /1/);
});

test("a line through points on a line is that line", () => {
  const { slope, intercept, r2 } = line([[0, 1], [1, 3], [2, 5], [10, 21]]);
  assert.deepEqual([slope, intercept, r2], [2, 1, 1]);
});

test("a line through a square's corners explains nothing", () => {
  const { slope, intercept, r2 } = line([[0, 0], [0, 1], [1, 0], [1, 1]]);
  assert.deepEqual([slope, intercept, r2], [0, 0.5, 0]);
  assert.throws(() => line([[1, 1], [1, 2]]));
});

test("everybody goes first once in as many rounds as there are", () => {
  const rounds = [0, 1, 2, 3].map((round) => rotated(["a", "b", "c"], round).join(""));
  assert.deepEqual(rounds, ["abc", "bca", "cab", "abc"]);
});
