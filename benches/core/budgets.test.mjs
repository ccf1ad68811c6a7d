import assert from "node:assert/strict";
import { test } from "node:test";
import { fault, fitting, parseBudgets, parseCount } from "./budgets.mjs";

test("a count may be anything from 70 % of its budget to all of it", () => {
  assert.match(fault(1001, 1000), /ABOVE/);
  assert.equal(fault(1000, 1000), undefined);
  assert.equal(fault(700, 1000), undefined);
  assert.match(fault(699, 1000), /lower it/);
  assert.match(fault(1, undefined), /no budget/);
});

test("a fitting budget has a tenth to spare", () => {
  assert.equal(fitting(687_136), 756_000);
  for (const count of [99, 813, 9959, 7_403_954]) assert.equal(fault(count, fitting(count)), undefined);
});

test("a budget that is not understood is an error, not left out", () => {
  assert.deepEqual(parseBudgets("# All\nparse = 1_000 # rows\n\nmerge = 5\n"), new Map([["parse", 1000], ["merge", 5]]));
  for (const text of ["parse = ", "parse = 1e3", "[parse]", "parse: 1", "parse = -1"])
    assert.throws(() => parseBudgets(text), /not a budget/, text);
});

test("a count is read from what the runner prints", () => {
  const line = (values) => JSON.stringify({ id: "parse", profiles: [{ data: { total: { metrics: { Ir: { values } } } } }] });
  assert.deepEqual(parseCount(line({ new: 2669, old: 2700 })), { name: "parse", instructions: 2669 });
  for (const text of ["", "{}", line({}), line({ new: "1" })]) assert.throws(() => parseCount(text), text);
});
