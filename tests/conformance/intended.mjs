// The differences that are meant to be, each with its reason: all there may be, and each must
// really occur (lib/compare.mjs). The texts go into docs/conformance.md.
//
// A claim is (samples, cases, facet, theirs, ours). It holds for every case that it names;
// `name-*` names all that begin so, and `*` is every case without a promise for each.

const NODE = ["next-app", "next-pages", "express"];
const PYTHON = ["fastapi", "flask"];
const ALL = [...NODE, ...PYTHON];
const ANY = /^/;

const claim = (systems, cases, facet, theirs, ours) => ({
  systems: [systems].flat(),
  cases: cases.split(" "),
  facet,
  theirs,
  ours,
});

const JSON_ERROR = /^code, (detail, )?error, message, request_id$/;

/** Differences of almost every answer; the table does not repeat them in every cell. */
export const everywhere = [
  {
    title: "The widget can read every answer",
    why: "Four samples send no CORS headers, so the widget's iframe cannot read their answers. The App Router sample sends them itself, but not when Next.js answers for it: 404, 405, redirects.",
    claims: [
      claim(["next-pages", "express", ...PYTHON], "*", "cors", "not readable", "readable"),
      claim("next-app", "get head put patch delete slash other-path hang*", "cors", "not readable", "readable"),
    ],
  },
  {
    title: "No answer is stored",
    why: "A token belongs to one identity. The samples do not forbid caching.",
    claims: [claim(ALL, "*", "cache-control", ANY, "no-store")],
  },
  {
    title: "Errors say more",
    why: "Besides the sample's `error` there is a stable `code`, a `message` that the widget can show, and the `request_id` of the log line. All errors are JSON, including 404 and 405.",
    claims: [
      claim(ALL, "*", "error fields", ANY, JSON_ERROR),
      claim(NODE, "nobody empty older-alone key-wrong-nobody", "www-authenticate", "-", "present"),
    ],
  },
  {
    title: "Rows keep their exact text",
    why: "The samples parse the JSON and write it again. JavaScript rounds whole numbers above 2^53, Python shortens `1.10`, Flask sorts the fields.",
    claims: [
      claim(NODE, "*", "rows", "big numbers rounded", "exact"),
      claim(PYTHON, "rows-100 query-page query-page-alone query-beyond query-limit-101 query-other", "rows", "1.10 written as 1.1", "exact"),
      claim("flask", "*", "rows", "in another order of fields", "exact"),
    ],
  },
  {
    title: "The Python samples get what the JavaScript ones get",
    why: "Their SDK sends `identity_type`, but the API's open-source part and the JavaScript SDK use `identityType`, so the type is lost. It also does not fetch the account's flags, so `isWhiteLabel` is missing.",
    claims: [
      claim(PYTHON, "*", "asked", /, identity_type /, /, identityType /),
      claim(PYTHON, "*", "flags", "0", /^[13]$/),
      claim(PYTHON, "*", "white label", "-", /^(true|false)$/),
    ],
  },
];

/** Differences of some cases. The table refers to them by number, from 1. */
export const differences = [
  {
    title: "An error of the upstream is an error",
    why: "The SDKs return the upstream's error body as if it were a token, and the samples send it with status 200: for a bad key, a refused identity, a rate limit, an outage. Ours is 502, 429 with `Retry-After`, or 503 when no key is set, and never the upstream's text.",
    claims: [
      claim(ALL, "key-revoked key-wrong upstream-400 upstream-403 upstream-404 upstream-422 upstream-50*", "status", "200", "502"),
      claim(ALL, "page-2-503", "status", "200", "502"),
      claim(ALL, "upstream-429*", "status", "200", "429"),
      claim(ALL, "key-absent", "status", "200", "503"),
    ],
  },
  {
    title: "A failed first page is tried again",
    why: "The SDKs retry later pages only, so one brief fault on the first page fails the request. Ours tries every call up to three times within its deadline, if a retry can help, as it can where a proxy answered in place of the API, and waits as long as the upstream asks.",
    claims: [
      claim(ALL, "once-503", "body", "the upstream's error body", /^token: 1 of 1/),
      claim(ALL, "once-503", "rows", "-", "exact"),
      claim(NODE, "once-503", "white label", "-", "false"),
      claim(["next-app", ...PYTHON], "once-reset", "status", "500", "200"),
      claim(["next-pages", "express"], "once-reset", "body", "empty", /^token: 1 of 1/),
      claim(["next-pages", "express"], "once-reset", "rows", "-", "exact"),
      claim(["next-pages", "express"], "once-reset", "white label", "-", "false"),
      claim(ALL, "once-*", "pages", "1", "1 ×2"),
      claim(ALL, "upstream-429", "pages", "1", "1 ×2"),
      claim(ALL, "upstream-50* upstream-204 html reset closed truncated shape-array shape-no-rows shape-rows-object shape-rows-twice shape-empty", "pages", "1", "1 ×3"),
      claim(NODE, "flags-reset flags-500 flags-html", "flags", "1", "3"),
    ],
  },
  {
    title: "An upstream that cannot be reached is an error",
    why: "The JavaScript SDK then returns nothing; the Pages Router and Express samples answer 200 without a body, the others 500. Ours is 502, which says whose fault it was.",
    claims: [
      claim(["next-app", ...PYTHON], "reset closed truncated", "status", "500", "502"),
      claim(["next-pages", "express"], "reset closed truncated", "status", "200", "502"),
      claim(NODE, "upstream-204", "status", "200", "502"),
      claim(PYTHON, "upstream-204", "status", "500", "502"),
    ],
  },
  {
    title: "An upstream that does not answer times out",
    why: "The JavaScript samples wait forever and the Python ones for 30 seconds, longer than the widget. Ours answers 504 after `UPSTREAM_DEADLINE_MS`. If only the flags do not arrive, there is still a token.",
    claims: [
      claim(ALL, "hang hang-page-2 hang-body", "status", "none", "504"),
      claim(NODE, "hang-flags", "status", "none", "200"),
    ],
  },
  {
    title: "An invalid answer is an error",
    why: "From an HTML page, an empty body or JSON of another shape, the SDKs make `rows` that are missing, empty or `[null]`, and pages that do not exist. The samples pass this on with status 200.",
    claims: [
      claim(NODE, "html shape-*", "status", "200", "502"),
      claim(NODE, "shape-pages-text", "pages", "1, 2, 3", "1"),
      claim(NODE, "shape-pages-fraction", "pages", "1, 2", "1"),
      claim(PYTHON, "shape-no-rows shape-rows-object shape-rows-twice shape-pages-negative", "status", "200", "502"),
      claim(PYTHON, "html shape-array shape-no-pages shape-pages-text shape-pages-fraction shape-empty", "status", "500", "502"),
    ],
  },
  {
    title: "There are limits",
    why: "At most 100 pages and 16 MiB are merged. The samples read any amount, for any time.",
    claims: [
      claim(ALL, "oversized bomb", "status", "200", "502"),
      claim(NODE, "pages-many", "status", "200", "502"),
      claim(PYTHON, "pages-many", "status", "500", "502"),
      claim(ALL, "pages-many", "pages", "101 pages", "1"),
    ],
  },
  {
    title: "Redirects are not followed",
    why: "The JavaScript SDK follows them and sends the secret key along. The Python SDK does not, and the samples answer 200 with the body of the redirect.",
    claims: [
      claim(ALL, "redirect", "status", "200", "502"),
      claim(NODE, "redirect", "pages", "1, trap", "1"),
    ],
  },
  {
    title: "More than 100 integrations work",
    why: "The Python SDK fetches all pages and then reads `request_id`, but Pica's published example has `requestId`; so the samples answer 500.",
    claims: [
      claim(PYTHON, "rows-101 rows-250 rows-700 request-id-absent unknown-fields-merged page-2-once-503 gzip", "status", "500", "200"),
    ],
  },
  {
    title: "All pages are requested at once",
    why: "The Flask sample requests one after another, and stops when one fails.",
    claims: [
      claim("flask", "page-2-503", "pages", "1, 2 ×3", "1, 2 ×3, 3"),
      claim("flask", "hang-page-2", "pages", "1, 2", "1, 2, 3"),
    ],
  },
  {
    title: "Unknown fields are kept",
    why: "The JavaScript SDK builds a new object when it merges pages, and drops them.",
    claims: [claim(NODE, "unknown-fields-merged", "body", /requestId number$/, /, apiVersion, cursor$/)],
  },
  {
    title: "A flag that is not a boolean is false",
    why: "`isWhiteLabel` must be a boolean; the JavaScript SDK passes on any value.",
    claims: [claim(NODE, "flags-text", "white label", "true", "false")],
  },
  {
    title: "`page` and `limit` work",
    why: "The newer widget requests one page at a time. The samples ignore that and send all pages each time. Invalid values are a 400, before any upstream call.",
    claims: [
      claim(ALL, "query-page query-beyond", "body", /^token: 90 of 90/, /^token: (40|0) of 90/),
      claim(ALL, "query-page query-beyond", "pages", "1", /^(2 \(limit=50&page=2\)|9)$/),
      claim(NODE, "query-page query-page-alone query-beyond query-limit-101", "flags", "1", "0"),
      claim(NODE, "query-page query-page-alone query-beyond query-limit-101", "white label", "false", "-"),
      claim(ALL, "query-zero query-null", "status", "200", "400"),
    ],
  },
  {
    title: "Without an identity there is no token",
    why: "The Python samples mint a token when the body names no identity. Ours is 401, like the other samples.",
    claims: [
      claim(PYTHON, "nobody empty identity-null older-alone body-object key-wrong-nobody", "status", "200", "401"),
      claim("flask", "body-null", "status", "200", "401"),
    ],
  },
  {
    title: "Identities that would be mixed up are refused",
    why: "The upstream stores spaces and colons as `-` and reserves `|`, so `user 1` and `user:1` would share a connection's name (`IDENTITY_CHARS = \"any\"` allows spaces and colons). The upstream refuses more than 128 bytes; the samples then answer 200.",
    claims: [claim(ALL, "space colon pipe bytes-129*", "status", "200", "400")],
  },
  {
    title: "Unknown types are refused",
    why: "The Flask sample passes them on under a name that the upstream does not know, so the type is lost. It also passes on an identity that is not a string, and answers 200 when the upstream refuses it.",
    claims: [claim("flask", "type-unknown type-number identity-number both-wrong", "status", "200", "400")],
  },
  {
    title: "Errors do not repeat the request",
    why: "FastAPI's `detail` repeats the input, which may be somebody's identity, so ours is null there. Ours names the first fault only, and not the position of a JSON error, which differs between Python versions.",
    claims: [
      claim("fastapi", "type-unknown type-number identity-number both-wrong body-array body-text body-malformed body-more", "repeats", ANY, ANY),
      claim("fastapi", "both-wrong", "body", / and literal_error/, /string"$/),
    ],
  },
  {
    title: "`identityType` is read in both spellings",
    why: "The Python samples ignore the JavaScript SDK's spelling, so they accept an unknown type in it.",
    claims: [
      claim(PYTHON, "type-camel", "asked", "user-1", "user-1, identityType team"),
      claim("fastapi", "type-camel-unknown", "status", "200", "422"),
      claim("flask", "type-camel-unknown", "status", "200", "400"),
    ],
  },
  {
    title: "A type is always sent upstream",
    why: "If the request has no type, the Python samples send none. Ours sends `IDENTITY_TYPE`. An empty type counts as none; FastAPI refuses it.",
    claims: [
      claim(PYTHON, "type-null", "asked", "user-1", "user-1, identityType user"),
      claim("fastapi", "type-empty", "status", "422", "200"),
    ],
  },
  {
    title: "Two identities are refused",
    why: "Of two fields with the same name, Python takes the last, other parsers the first. A request must mean the same to every parser.",
    claims: [
      claim("fastapi", "identity-twice", "status", "200", "422"),
      claim("flask", "identity-twice", "status", "200", "400"),
    ],
  },
  {
    title: "Headers are UTF-8",
    why: "Node.js reads header bytes as Latin-1, so a header with `Zoë` becomes a different identity.",
    claims: [claim(NODE, "unicode*", "asked", ANY, /^Zoë(-名前)?, /)],
  },
  {
    title: "Another method is 405, as JSON, with `Allow`",
    why: "Express answers 404, Next.js an empty body or no `Allow`, FastAPI an `Allow` without `OPTIONS`, Flask an HTML page.",
    claims: [
      claim("express", "get head put patch delete", "status", "404", "405"),
      claim(["next-app", "next-pages"], "get head put patch delete", "allow", "-", "OPTIONS, POST"),
      claim("fastapi", "get head put patch delete", "allow", "POST", "OPTIONS, POST"),
      claim(["next-app", "flask"], "get put patch delete", "body", ANY, 'error "Method not allowed"'),
      claim(["next-app", "flask"], "get head put patch delete", "type", ANY, "application/json"),
    ],
  },
  {
    title: "The widget's preflight succeeds",
    why: "The App Router sample requires `x-user-id` and does not allow it; the others have no preflight. Ours is 204 and allows the headers. Pages of origins outside `ALLOWED_ORIGINS` cannot read anything.",
    claims: [
      claim(["next-app", "express", "flask"], "preflight* options key-absent-preflight", "status", "200", "204"),
      claim(["next-pages", "fastapi"], "preflight* options key-absent-preflight", "status", "405", "204"),
      claim("next-app", "preflight", "cors", "refused: x-user-id", "allowed"),
      claim(ALL.slice(1), "preflight preflight-bearer key-absent-preflight", "cors", /^refused/, "allowed"),
      claim(["next-pages", "fastapi"], "preflight-foreign", "cors", "refused: status 405", "refused: no matching Allow-Origin"),
      claim("next-app", "preflight-foreign", "cors", "allowed", "refused: no matching Allow-Origin"),
      claim("next-app", "foreign", "cors", "readable", "not readable"),
    ],
  },
  {
    title: "A slash at the end makes no difference",
    why: "Next.js and FastAPI redirect such a path, which breaks the preflight; Flask answers 404. Ours accepts it, like Express.",
    claims: [
      claim(["next-app", "next-pages"], "slash", "status", "308", "200"),
      claim("fastapi", "slash", "status", "307", "200"),
      claim("flask", "slash", "status", "404", "200"),
    ],
  },
  {
    title: "Other paths are 404, as JSON",
    why: "The frameworks answer with their own HTML pages, FastAPI with `detail`.",
    claims: [
      claim(ALL, "other-path", "body", ANY, 'error "Not found"'),
      claim([...NODE, "flask"], "other-path", "type", "text/html", "application/json"),
    ],
  },
  {
    title: "An invalid body is refused",
    why: "If the body is not a JSON object, the request is not from the widget. Ours is 400 in JSON, even where a sample ignores the body or its framework answers with HTML or text. `null` and a missing body count as an empty object.",
    claims: [
      claim("next-app", "body-array body-text body-malformed body-more body-not-utf-8", "status", "200", "400"),
      claim("next-pages", "body-array body-text body-not-utf-8", "status", "200", "400"),
      claim("next-pages", "body-malformed body-more", "body", 'text "Invalid JSON"', 'error "Bad request"'),
      claim("next-pages", "body-malformed body-more", "type", "-", "application/json"),
      claim("express", "body-array body-not-utf-8", "status", "200", "400"),
      claim("express", "body-null", "status", "400", "200"),
      claim("express", "body-text body-malformed body-more", "body", /^HTML page/, 'error "Bad request"'),
      claim("express", "body-text body-malformed body-more", "type", "text/html", "application/json"),
      claim("fastapi", "body-absent body-empty body-null", "status", "422", "401"),
      claim("fastapi", "body-not-utf-8", "status", "400", "422"),
      claim("flask", "body-array", "status", "200", "400"),
      claim("flask", "body-text", "status", "500", "400"),
      claim("flask", "body-malformed body-more body-not-utf-8", "body", /^HTML page/, 'error "Bad request"'),
      claim("flask", "body-malformed body-more body-not-utf-8", "type", "text/html", "application/json"),
      claim("flask", "body-absent", "status", "415", "401"),
      claim("flask", "body-empty", "status", "400", "401"),
    ],
  },
  {
    title: "Long bodies are refused",
    why: "8 KiB are enough. Next.js's Pages Router and Express stop at 1 MiB and 100 KiB, with text or HTML; the others read everything.",
    claims: [
      claim(ALL, "body-16k", "status", "200", "413"),
      claim(["next-app", ...PYTHON], "body-2m", "status", "200", "413"),
      claim("next-pages", "body-2m", "body", 'text "Body exceeded 1mb limit"', 'error "Payload too large"'),
      claim("express", "body-2m", "body", /^HTML page/, 'error "Payload too large"'),
      claim(["next-pages", "express"], "body-2m", "type", ANY, "application/json"),
    ],
  },
  {
    title: "Bodies are `application/json`",
    why: "Browsers send other types across sites without a preflight. The JavaScript samples do not check; FastAPI answers 422, Flask 415 with HTML.",
    claims: [
      claim(NODE, "media-text media-form", "status", "200", "415"),
      claim("fastapi", "media-text media-form", "status", "422", "415"),
      claim("flask", "media-text media-form", "body", /^HTML page/, 'error "Unsupported media type"'),
      claim("flask", "media-text media-form", "type", "text/html", "application/json"),
    ],
  },
];
