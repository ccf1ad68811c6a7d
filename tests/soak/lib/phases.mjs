// What the upstream does while the load goes on, one phase after the other, and what may then be
// answered.
import { healthy, tokenFault } from "./server.mjs";

/** `UPSTREAM_DEADLINE_MS`: short, so that a fault that only the deadline ends costs little time. */
export const DEADLINE_MS = 500;

const FAILED = "502 upstream_failed";
const TIMEOUT = "504 upstream_timeout";
const LIMITED = "429 rate_limited";

const status = (code, more = {}) => ({ status: { status: code, ...more } });

/** A fault that no call escapes, and what must come of it. */
const lasting = (name, kind, must, more = {}) => ({ name, settings: tokenFault(kind), must, ...more });

const faults = [
  { name: "connections reset now and then", settings: tokenFault("reset", { times: 40 }), may: [FAILED] },
  lasting("connections reset", "reset", FAILED),
  lasting("connections closed", "close_early", FAILED),
  lasting("503", status(503), FAILED),
  lasting("500", status(500), FAILED),
  { name: "key revoked", settings: { revoked: true }, must: FAILED },
  lasting("bodies cut short", "truncated", FAILED),
  lasting("HTML", "not_json", FAILED),
  lasting("wrong shape", { wrong_shape: "rows_missing" }, FAILED),
  lasting("redirect", { redirect: { status: 307, location: "/_sandbox/trap" } }, FAILED),
  lasting("100 MB", { oversized: { bytes: 100_000_000, content_length: true } }, FAILED),
  { name: "a lie about pages", settings: { pages_claim: 1e9 }, must: FAILED },
  lasting("hang", "hang", TIMEOUT, { slow: true }),
  lasting("hang in the body", "hang_body", TIMEOUT, { slow: true }),
  { name: "page 2 hangs", settings: tokenFault("hang", { page: 2 }), must: TIMEOUT, slow: true },
  { name: "flags hang", settings: { faults: [{ target: "flags", kind: "hang" }] }, must: "200" },
  { name: "late", settings: { latency_ms: 20 }, must: "200" },
  { name: "clients leave", settings: { latency_ms: 30 }, must: "left", leaves: true },
  // What it asks for is more than the deadline, so the isolate leaves its upstream alone for a second.
  lasting("429", status(429, { retry_after: "1" }), LIMITED, { lingers: true }),
];

const phase = ({ settings, must, may = [], slow = false, leaves = false, lingers = false, name }) => ({
  name,
  settings: healthy(settings),
  must,
  // What is merely slow may be too slow on a busy machine, at any time: that is an answer, too.
  allows: new Set(["200", TIMEOUT, must, ...may].filter(Boolean)),
  requests: slow ? 60 : 100,
  leaves,
  lingers,
});

/** Between any two faults the upstream is well. */
export const cycle = faults.flatMap((fault) => [phase(fault), phase({ name: "well", settings: {}, must: "200" })]);
