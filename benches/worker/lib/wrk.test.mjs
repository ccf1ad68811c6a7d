import assert from "node:assert/strict";
import { test } from "node:test";
import { parse } from "./wrk.mjs";

test("wrk's findings are the line that the script printed", () => {
  const output = `Running 2s test @ http://127.0.0.1:1/
  10 requests in 2.00s, 1.00MB read
{"requests":10,"errors":1,"us":2000000,"bytes":5000,"p50us":1500,"p99us":20000}
`;
  assert.deepEqual(parse(output), { requests: 10, errors: 1, seconds: 2, bytes: 500, p50Ms: 1.5, p99Ms: 20 });
});

test("without that line nothing was measured", () => {
  assert.throws(() => parse("unable to connect to 127.0.0.1:1"), /unable to connect/);
});
