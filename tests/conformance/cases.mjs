// Every case that is replayed at every system.
//
// A case is a request and the upstream it meets. What is left out is ordinary: a POST from the
// hosted widget by `user-1`, an upstream with one integration that knows the key.
//
//   id, what   its name, and what it is in words
//   settings   of the sandbox
//   key        "wrong" or "absent": the key that the system was started with
//   as         who asks; null for nobody
//   type       the identity's type; in the body, since the header says nothing of it
//   only       "header" or "body": for systems that read the identity there
//   method, query, slash, origin, headers, body, media
//              of the request. `origin: null` is a caller that is no page. `body` is sent as it
//              is; without one the systems that read the identity there get it as JSON, the others
//              the widget's `{}`. `media: null` leaves the Content-Type out
//   slow       the answer may take as long as anyone would wait

const WIDGET = "https://authkit.picaos.com";
const JSON_TYPE = "application/json";

const group = (title, cases) => ({ title, cases });
const fault = (kind, more = {}) => ({ faults: [{ target: "token", kind, ...more }] });
const status = (code, more = {}) => ({ status: { status: code, ...more } });
const shape = (name) => fault({ wrong_shape: name });

export const groups = [
  group("Integrations", [
    ...[0, 1, 100, 101, 250, 700].map((catalogue) => ({
      id: `rows-${catalogue}`,
      what: catalogue === 1 ? "1 integration" : `${catalogue} integrations`,
      settings: { catalogue },
    })),
    { id: "white-label", what: "a white-label account", settings: { white_label: true } },
    { id: "request-id-text", what: "`requestId` is a string", settings: { request_id: "string" } },
    { id: "request-id-object", what: "`requestId` is an object", settings: { request_id: "object" } },
    { id: "request-id-absent", what: "no `requestId`", settings: { catalogue: 101, request_id: "absent" } },
    { id: "unknown-fields", what: "fields that no client knows, one page", settings: { extra_envelope_fields: true } },
    { id: "unknown-fields-merged", what: "the same, two pages", settings: { catalogue: 101, extra_envelope_fields: true } },
  ]),
  group("Pages", [
    { id: "query-page", what: "`?page=2&limit=50`", settings: { catalogue: 90 }, query: "?page=2&limit=50" },
    { id: "query-page-alone", what: "`?page=1`", settings: { catalogue: 90 }, query: "?page=1" },
    { id: "query-beyond", what: "`?page=9&limit=100`, which is beyond the last", settings: { catalogue: 90 }, query: "?page=9&limit=100" },
    { id: "query-zero", what: "`?page=0`", settings: { catalogue: 90 }, query: "?page=0" },
    { id: "query-limit-101", what: "`?limit=101`", settings: { catalogue: 90 }, query: "?limit=101" },
    { id: "query-null", what: "`?page=null&limit=null`", settings: { catalogue: 90 }, query: "?page=null&limit=null" },
    { id: "query-other", what: "`?platform=gmail`", settings: { catalogue: 90 }, query: "?platform=gmail" },
  ]),
  group("Identity", [
    { id: "nobody", what: "nobody named", as: null },
    { id: "empty", what: "an empty identity", as: "" },
    { id: "unicode", what: "`Zoë-名前`", as: "Zoë-名前" },
    { id: "unicode-western", what: "`Zoë`", as: "Zoë" },
    { id: "space", what: "`user 1`", as: "user 1" },
    { id: "colon", what: "`user:1`", as: "user:1" },
    { id: "pipe", what: "`auth0|1`", as: "auth0|1" },
    { id: "email", what: "`ann+x@example.com`", as: "ann+x@example.com" },
    { id: "bytes-128", what: "128 bytes", as: "a".repeat(128) },
    { id: "bytes-129", what: "129 bytes", as: "a".repeat(129) },
    { id: "bytes-129-short", what: "65 characters of 2 bytes", as: "é".repeat(65) },
    ...["user", "team", "organization", "project"].map((type) => ({
      id: `type-${type}`,
      what: `type ${type} in the body`,
      type,
    })),
    { id: "type-camel", what: "type team, spelled `identityType`", only: "body", body: '{"identity":"user-1","identityType":"team"}' },
    { id: "type-unknown", what: "type robot", type: "robot" },
    { id: "type-number", what: "type 7", type: 7 },
    { id: "identity-number", what: "identity 7", only: "body", body: '{"identity":7,"identity_type":"user"}' },
    { id: "type-empty", what: "an empty type", only: "body", body: '{"identity":"user-1","identity_type":""}' },
    { id: "type-null", what: "type null", only: "body", body: '{"identity":"user-1","identity_type":null}' },
    { id: "type-camel-unknown", what: "type robot, spelled `identityType`", only: "body", body: '{"identity":"user-1","identityType":"robot"}' },
    { id: "both-wrong", what: "identity 7 and type robot", only: "body", body: '{"identity":7,"identity_type":"robot"}' },
    { id: "identity-twice", what: "two identities", only: "body", body: '{"identity":"user-1","identity":"user-2"}' },
    { id: "identity-null", what: "identity null", only: "body", body: '{"identity":null}' },
    { id: "identity-in-body", what: "another identity in the body than in the header", only: "header", body: '{"identity":"user-2"}' },
    { id: "older", what: "the older contract's `group` and `label` besides", more: { group: "g-1", label: "l-1" } },
    { id: "older-alone", what: "`group` and `label` only", as: null, more: { group: "g-1", label: "l-1" } },
  ]),
  group("Methods and paths", [
    ...["GET", "HEAD", "PUT", "PATCH", "DELETE"].map((method) => ({ id: method.toLowerCase(), what: method, method })),
    { id: "preflight", what: "OPTIONS of the widget, which will send `x-user-id`", method: "OPTIONS", wants: "content-type,x-user-id" },
    { id: "preflight-bearer", what: "OPTIONS of the widget, which will send `authorization`", method: "OPTIONS", wants: "authorization,content-type" },
    { id: "preflight-foreign", what: "OPTIONS of another page", method: "OPTIONS", wants: "content-type", origin: "https://elsewhere.example" },
    { id: "options", what: "OPTIONS without Origin", method: "OPTIONS", origin: null },
    { id: "no-origin", what: "POST without Origin", origin: null },
    { id: "foreign", what: "POST of another page", origin: "https://elsewhere.example" },
    { id: "slash", what: "POST with a slash after the path", slash: true },
    { id: "other-path", what: "POST to another path", path: "/elsewhere" },
  ]),
  group("Request bodies", [
    { id: "body-absent", what: "no body, no type", body: "", media: null },
    { id: "body-empty", what: "an empty body of type JSON", body: "" },
    { id: "body-object", what: "`{}`", body: "{}" },
    { id: "body-null", what: "`null`", body: "null" },
    { id: "body-array", what: "`[]`", body: "[]" },
    { id: "body-text", what: '`"text"`', body: '"text"' },
    { id: "body-malformed", what: "half of an object", body: '{"identity":' },
    { id: "body-not-utf-8", what: "an object that is not UTF-8", body: Buffer.from('{"identity":"\xff"}', "latin1") },
    { id: "body-more", what: "an object and more", body: '{"identity":"user-1"}x' },
    { id: "body-16k", what: "16 KiB", more: { padding: "x".repeat(16 * 1024) } },
    { id: "body-2m", what: "2 MiB", more: { padding: "x".repeat(2 * 1024 * 1024) } },
    { id: "media-charset", what: "`application/json; charset=utf-8`", media: "application/json; charset=utf-8" },
    { id: "media-text", what: "`text/plain`", media: "text/plain" },
    { id: "media-form", what: "a form", media: "application/x-www-form-urlencoded", body: "identity=user-1" },
  ]),
  group("Keys", [
    { id: "key-revoked", what: "a revoked key", settings: { revoked: true } },
    { id: "key-wrong", what: "a wrong key", key: "wrong" },
    { id: "key-wrong-nobody", what: "a wrong key, nobody named", key: "wrong", as: null },
    { id: "key-absent", what: "no key", key: "absent" },
    { id: "key-absent-preflight", what: "no key, OPTIONS of the widget", key: "absent", method: "OPTIONS", wants: "authorization,content-type" },
  ]),
  group("Upstream faults", [
    ...[400, 403, 404, 422, 500, 502, 503, 504].map((code) => ({
      id: `upstream-${code}`,
      what: `always ${code}`,
      settings: fault(status(code)),
    })),
    { id: "upstream-429", what: "always 429, wait 5 s", settings: fault(status(429, { retry_after: "5" })) },
    { id: "upstream-429-pica", what: "always 429, wait 60 s in Pica's header", settings: fault(status(429, { rate_limit_reset: "60" })) },
    { id: "upstream-204", what: "204", settings: fault(status(204)) },
    { id: "once-503", what: "503 once", settings: fault(status(503), { times: 1 }) },
    { id: "once-reset", what: "reset once", settings: fault("reset", { times: 1 }) },
    { id: "page-2-once-503", what: "503 once for page 2", settings: { catalogue: 250, ...fault(status(503), { page: 2, times: 1 }) } },
    { id: "page-2-503", what: "always 503 for page 2", settings: { catalogue: 250, ...fault(status(503), { page: 2 }) } },
    { id: "reset", what: "connections reset", settings: fault("reset") },
    { id: "closed", what: "connections closed", settings: fault("close_early") },
    { id: "truncated", what: "half of a body, then a close", settings: fault("truncated") },
    { id: "slow", what: "half a second later", settings: { latency_ms: 500 } },
    { id: "drip", what: "a body that drips", settings: fault({ slow_body: { chunk_bytes: 100, delay_ms: 20 } }) },
    { id: "html", what: "200 with an HTML page", settings: fault("not_json") },
    { id: "gzip", what: "compressed answers", settings: { catalogue: 101, gzip: true } },
    { id: "redirect", what: "a redirect", settings: fault({ redirect: { status: 307, location: "/_sandbox/trap" } }) },
    { id: "flags-500", what: "500 for the flags", settings: { faults: [{ target: "flags", kind: status(500) }] } },
    { id: "flags-reset", what: "flags reset", settings: { faults: [{ target: "flags", kind: "reset" }] } },
    { id: "flags-html", what: "an HTML page for the flags", settings: { faults: [{ target: "flags", kind: "not_json" }] } },
    { id: "flags-text", what: "flags that are no booleans", settings: { faults: [{ target: "flags", kind: { wrong_shape: "rows_missing" } }] } },
    { id: "shape-array", what: "an array instead of an object", settings: shape("array_instead_of_object") },
    { id: "shape-no-rows", what: "no `rows`", settings: shape("rows_missing") },
    { id: "shape-rows-object", what: "`rows` is an object", settings: shape("rows_not_array") },
    { id: "shape-rows-twice", what: "`rows` twice, then empty", settings: shape("duplicate_rows") },
    { id: "shape-no-pages", what: "no `pages`", settings: shape("pages_missing") },
    { id: "shape-pages-text", what: '`pages` is `"3"`', settings: shape("pages_string") },
    { id: "shape-pages-negative", what: "`pages` is -3", settings: shape("pages_negative") },
    { id: "shape-pages-fraction", what: "`pages` is 2.5", settings: shape("pages_fractional") },
    { id: "shape-empty", what: "200 and no body", settings: shape("empty_body") },
    { id: "pages-many", what: "a claim of 101 pages", settings: { pages_claim: 101 } },
    { id: "oversized", what: "40 MB", settings: fault({ oversized: { bytes: 40_000_000, content_length: true } }) },
    { id: "bomb", what: "40 MB, compressed to little", settings: fault({ zip_bomb: { bytes: 40_000_000 } }) },
  ]),
  // Last, since the samples go on waiting after their caller has left.
  group("Upstream that does not answer", [
    { id: "hang", what: "no answer", slow: true, settings: fault("hang") },
    { id: "hang-page-2", what: "no answer for page 2", slow: true, settings: { catalogue: 250, ...fault("hang", { page: 2 }) } },
    { id: "hang-body", what: "half of a body, then silence", slow: true, settings: fault("hang_body") },
    { id: "hang-flags", what: "no answer for the flags", slow: true, settings: { faults: [{ target: "flags", kind: "hang" }] } },
  ]),
];

/** The request of a case at one system. */
export function requestOf(test, system) {
  const { method = "POST", query = "", origin = WIDGET, media = JSON_TYPE, as = "user-1" } = test;
  const headers = {};
  if (origin) headers.origin = origin;
  if (method === "OPTIONS" && origin) {
    headers["access-control-request-method"] = "POST";
    headers["access-control-request-headers"] = test.wants;
  }
  const path = (test.path ?? system.path + (test.slash ? "/" : "")) + query;
  if (method === "OPTIONS") return { method, path, headers };
  if (system.identity === "header" && as !== null) headers["x-user-id"] = as;
  if (method === "GET" || method === "HEAD") return { method, path, headers };
  if (media) headers["content-type"] = media;
  const body = test.body ?? JSON.stringify(fields(test, as, system));
  headers["content-length"] = String(Buffer.byteLength(body));
  return { method, path, headers, body };
}

function fields({ type, more }, as, system) {
  if (system.identity === "header") return { identityType: type, ...more };
  return { identity: as ?? undefined, identity_type: type ?? (as ? "user" : undefined), ...more };
}
