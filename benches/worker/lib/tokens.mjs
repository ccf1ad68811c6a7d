// Requests, and the check that all contestants answer the same.
import { isDeepStrictEqual } from "node:util";
import { requestOf } from "../../../tests/conformance/cases.mjs";
import { ask } from "../../../tests/conformance/lib/request.mjs";
import { KEY, rowsOf } from "../../../tests/conformance/lib/sandbox.mjs";

const ROWS_PER_PAGE = 100;

/** The settings of a sandbox with so many full pages, whose rows have that size if one is given. */
export async function catalogueOf(sandbox, pages, rowBytes) {
  const catalogue = pages * ROWS_PER_PAGE;
  // The Python samples make no token of several pages from what the real API answers.
  const request_id = "twice";
  if (rowBytes === undefined) return { catalogue, row_padding: 0, request_id };
  const rows = await rowsOf(sandbox, catalogue);
  const padding = rowBytes - rows.length / catalogue - ',"padding":""'.length;
  return { catalogue, row_padding: Math.round(padding), request_id };
}

/** Its rows as values. This changes the sandbox's settings. */
export async function valuesOf(sandbox, { catalogue, row_padding }) {
  return parse(`[${await rowsOf(sandbox, catalogue, row_padding)}]`);
}

/** What a contestant answers by a token. */
export const tokenRequest = (contestant) => contestant.request ?? requestOf({}, contestant);

/** What a browser asks before. */
export const preflight = (contestant) =>
  contestant.preflight ?? requestOf({ method: "OPTIONS", wants: "content-type,x-user-id" }, contestant);

/** One page from the upstream itself. */
export const bareRequest = {
  method: "POST",
  path: "/v1/authkit?limit=100&page=1",
  headers: { "content-type": "application/json", "x-pica-secret": KEY },
  body: '{"identity":"user-1","identityType":"user"}',
};

/** Asks for a token, which must have these rows, and resolves to the bytes that it took. */
export async function checkToken({ contestant, port }, rows) {
  const answer = await ask(port, tokenRequest(contestant));
  if (answer.status !== 200) throw new Error(`${contestant.label} answers ${answer.status}.`);
  if (!isDeepStrictEqual(parse(answer.body.toString("utf8")).rows, rows)) {
    throw new Error(`${contestant.label} answers with other rows than the upstream has.`);
  }
  return answer.body.length;
}

/** Asks, and resolves to the milliseconds until the last byte. */
export async function time(port, request, status = 200) {
  const start = performance.now();
  const answer = await ask(port, request);
  const ms = performance.now() - start;
  if (answer.status !== status) throw new Error(`${request.path} answers ${answer.status}, not ${status}.`);
  return ms;
}

/** JSON as JavaScript has it, in which every contestant is equal: -0 may have become 0. */
const parse = (text) => JSON.parse(text, (_, value) => (value === 0 ? 0 : value));
