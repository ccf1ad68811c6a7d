// What matters of an answer, each part as a short text, so that two systems can be compared and a
// reader sees what differs.
import { DETAIL } from "./sandbox.mjs";

/** Facets by name. `rows` is the exact text of the upstream's rows, `seen` what the upstream saw. */
export function facetsOf(test, request, answer, seen, rows) {
  const { status, headers, body } = answer;
  const text = body.toString("utf8");
  const json = parse(text);
  return {
    status: String(status),
    body: describe(text, json),
    rows: Array.isArray(json?.rows) ? fidelity(text, json.rows, rows) : "-",
    "white label": String(json?.isWhiteLabel ?? "-"),
    "error fields": isError(json) ? Object.keys(json).sort().join(", ") : "-",
    repeats: repeats(json),
    type: (headers["content-type"] ?? "-").split(";")[0],
    cors: cors(request, answer),
    // Flask writes them in an order that changes.
    allow: headers.allow ? list(headers.allow).sort().join(", ").toUpperCase() : "-",
    location: headers.location ? new URL(headers.location, "http://host").pathname : "-",
    "retry-after": headers["retry-after"] ?? "-",
    "www-authenticate": headers["www-authenticate"] ? "present" : "-",
    "cache-control": headers["cache-control"] ?? "-",
    flags: String(count(test, seen, ({ route }) => route === "flags")),
    pages: pages(test, seen),
    asked: asked(seen),
  };
}

function parse(text) {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function describe(text, json) {
  if (text === "") return "empty";
  if (text.startsWith("<")) return `HTML page "${text.match(/<title>(.*?)<\/title>/)?.[1] ?? ""}"`;
  if (json === undefined) return `text "${cut(text)}"`;
  if (Array.isArray(json?.rows)) return token(json);
  if (text.includes(DETAIL)) return "the upstream's error body";
  if (json.detail) return `detail ${detail(json.detail)}`;
  if (isError(json)) return `error "${json.error}"`;
  return cut(JSON.stringify(json, (key, value) => (key === "requestId" ? "…" : value)));
}

const cut = (text) => (text.length > 120 ? `${text.slice(0, 120)}…` : text);

const isError = (json) => Boolean(json?.detail) || typeof json?.error === "string";

/** FastAPI's description of an error, but for what it repeats of the request. */
function detail(text) {
  if (!Array.isArray(text)) return `"${text}"`;
  const place = ({ loc }) => loc.filter((part) => typeof part === "string").join(".");
  return text.map((one) => `${one.type} of ${place(one)}, "${one.msg}"`).join(" and ");
}

function repeats(json) {
  if (!Array.isArray(json?.detail)) return "-";
  return cut(json.detail.map(({ input, ctx, loc }) => JSON.stringify({ input, ctx, loc })).join(" "));
}

const KNOWN = ["rows", "total", "pages", "page", "requestId", "isWhiteLabel"];

function token(json) {
  const { rows, total, pages, page, requestId } = json;
  const others = Object.keys(json).filter((key) => !KNOWN.includes(key));
  const id = requestId === undefined ? "no requestId" : `requestId ${typeof requestId}`;
  const parts = [`token: ${rows.length} of ${total}, page ${page} of ${pages}, ${id}`];
  if (others.length) parts.push(others.sort().join(", "));
  return parts.join(", ");
}

/** How true the rows are to the upstream's, some of which have numbers that JavaScript has not. */
function fidelity(text, rows, expected) {
  const known = JSON.parse(`[${expected}]`);
  const first = known.findIndex((row) => row.id === rows[0]?.id);
  const part = known.slice(first, first + rows.length);
  if (rows.length > 0 && canonical(rows) !== canonical(part)) return "not the upstream's";
  const source = rows.length > 0 ? textOf(expected, part) : "";
  if (text.includes(`[${source}]`)) return "exact";
  const lost = (number) => source.includes(number) && !text.includes(number);
  if (lost("9007199254740993")) return "big numbers rounded";
  return lost("1.10") ? "1.10 written as 1.1" : "in another order of fields";
}

/** JSON in one order of fields. */
function canonical(json) {
  const sort = (_, value) =>
    value?.constructor === Object ? Object.fromEntries(Object.entries(value).sort()) : value;
  return JSON.stringify(json, sort);
}

/** The upstream's text of some rows in a row; their ids count up. */
function textOf(expected, part) {
  const start = expected.indexOf(`{"id":${part[0].id},`);
  const next = expected.indexOf(`,{"id":${part.at(-1).id + 1},`);
  return expected.slice(start, next < 0 ? undefined : next);
}

/** What a browser makes of it. */
function cors({ method, headers: sent }, { status, headers }) {
  if (!sent.origin) return "-";
  const origin = headers["access-control-allow-origin"];
  const readable = origin === "*" || origin === sent.origin;
  if (method !== "OPTIONS") return readable ? "readable" : "not readable";
  if (status < 200 || status > 299) return `refused: status ${status}`;
  if (!readable) return "refused: no matching Allow-Origin";
  const allowed = list(headers["access-control-allow-headers"]);
  const missing = list(sent["access-control-request-headers"]).filter((h) => !allowed.includes(h));
  return missing.length ? `refused: ${missing.join(", ")}` : "allowed";
}

const list = (text = "") => text.split(",").map((name) => name.trim().toLowerCase());

/** How often, unless it is time running out that decides. */
function count({ slow }, seen, which) {
  const number = seen.filter(which).length;
  return slow && number > 1 ? 1 : number;
}

/** The pages that the upstream was asked for, with how often if that is more than once. */
function pages(test, seen) {
  const calls = seen.filter(({ route }) => route !== "flags");
  const names = new Set(calls.map(nameOf));
  if (names.size > 12) return `${names.size} pages`;
  const times = (name) => {
    const number = count(test, calls, (call) => nameOf(call) === name);
    return number > 1 ? `${name} ×${number}` : name;
  };
  const sorted = [...names].sort((a, b) => a.localeCompare(b, "en", { numeric: true }));
  return sorted.map(times).join(", ") || "none";
}

/** The page, and the query unless it is the official SDKs'. */
function nameOf({ route, page, query }) {
  if (route !== "token") return route;
  return query === `limit=100&page=${page}` ? `${page}` : `${page} (${query})`;
}

/** For whom the upstream was asked. */
function asked(seen) {
  const bodies = seen.filter(({ route }) => route === "token").map(({ body }) => body);
  const unique = [...new Set(bodies)].map((body) => {
    const { identity, ...rest } = parse(body) ?? {};
    const others = Object.entries(rest).map(([key, value]) => `${key} ${value}`);
    return [identity === undefined ? "nobody" : short(identity), ...others].join(", ");
  });
  return unique.join(" and ") || "-";
}

function short(identity) {
  if (typeof identity !== "string") return JSON.stringify(identity);
  const bytes = Buffer.byteLength(identity);
  return bytes > 40 ? `${identity.slice(0, 10)}… (${bytes} bytes)` : identity;
}
