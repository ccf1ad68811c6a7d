// The list of intended differences is only worth something if it can neither hide a difference nor
// outlive one.
import assert from "node:assert/strict";
import { test } from "node:test";
import { differences, explain } from "./compare.mjs";

const facets = (more) => ({ status: "200", body: "token", cors: "readable", pages: "1", ...more });
const rule = (more) => ({
  claims: [{ systems: ["flask"], cases: ["get"], facet: "status", theirs: "404", ours: "405", ...more }],
});
const cell = (id, theirs, ours) => ({ id, system: "flask", found: differences(facets(theirs), facets(ours)) });

test("what is the same is no difference", () => {
  assert.deepEqual(differences(facets({}), facets({})), []);
});

test("with another status the body is another one anyway, but not CORS", () => {
  const found = differences(
    facets({ status: "500", body: "error", cors: "not readable", pages: "1" }),
    facets({ pages: "1 ×2" }),
  );
  assert.deepEqual(found.map(({ facet }) => facet), ["status", "cors", "pages"]);
});

test("a difference that no rule names is unexplained", () => {
  const other = cell("get", { status: "400" }, { status: "405" });
  explain([other], [rule({})]);
  assert.deepEqual(other.unexplained, [{ facet: "status", theirs: "400", ours: "405" }]);
});

test("a claim that holds for each of its cases is kept", () => {
  const cells = ["get", "get-2"].map((id) => cell(id, { status: "404" }, { status: "405" }));
  assert.deepEqual(explain(cells, [rule({ cases: ["get*"] })]), []);
  assert.deepEqual(cells.flatMap(({ unexplained }) => unexplained), []);
});

test("a claim about cases is stale when one of them is the same", () => {
  const cells = [cell("get", { status: "404" }, { status: "405" }), cell("get-2", {}, {})];
  const broken = explain(cells, [rule({ cases: ["get*"] })]);
  assert.deepEqual(broken.map(({ what }) => what), ["flask: get-2: status"]);
});

test("a claim about everything is stale when it holds for nothing", () => {
  const cells = [cell("get", {}, {}), cell("put", { status: "404" }, { status: "405" })];
  assert.deepEqual(explain(cells, [rule({ cases: ["*"] })]), []);
  assert.equal(explain([cells[0]], [rule({ cases: ["*"] })]).length, 1);
});

test("a claim about a case that is gone is stale", () => {
  assert.equal(explain([cell("put", {}, {})], [rule({})]).length, 1);
});
