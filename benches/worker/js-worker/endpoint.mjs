// What all JavaScript Workers share: the route, CORS, who asks, and the calls to Pica.

const WIDGETS = ["https://authkit.picaos.com", "https://auth.withone.ai"];
const METHODS = "POST, OPTIONS";
const UPSTREAM_MS = 8000;

/**
 * A Worker that answers with the token that `mint` makes of an upstream, for whom `identityOf` says.
 * `prepare` is called for every preflight.
 */
export function endpoint(mint, { identityOf = named, prepare = () => {} } = {}) {
  return {
    async fetch(request, env, context) {
      const headers = cors(request);
      const fail = (status, error, more) =>
        Response.json({ error }, { status, headers: { ...headers, ...more } });

      if (new URL(request.url).pathname !== "/api/authkit") return fail(404, "Not found");
      if (request.method === "OPTIONS") {
        prepare(env, context);
        return preflight(headers);
      }
      if (request.method !== "POST") return fail(405, "Method not allowed", { allow: METHODS });
      const identity = await identityOf(request, env, context);
      if (!identity) return fail(401, "Unauthorized");

      try {
        return Response.json(await mint(upstream(env, identity), env, context), { headers });
      } catch {
        return fail(502, "Failed to generate token");
      }
    },
  };
}

const named = (request) => request.headers.get("x-user-id");

function cors(request) {
  const headers = { vary: "Origin", "cache-control": "no-store" };
  const origin = request.headers.get("origin");
  if (WIDGETS.includes(origin)) headers["access-control-allow-origin"] = origin;
  return headers;
}

function preflight(headers) {
  const more = {
    "access-control-allow-methods": METHODS,
    "access-control-allow-headers": "content-type, authorization, x-user-id",
    "access-control-max-age": "7200",
  };
  return new Response(null, { status: 204, headers: { ...headers, ...more } });
}

/** The calls that a token takes. One signal bounds them all. */
function upstream(env, identity) {
  const signal = AbortSignal.timeout(UPSTREAM_MS);
  const call = async (path, init) => {
    const headers = { "content-type": "application/json", "x-pica-secret": env.PICA_SECRET_KEY };
    const response = await fetch(env.PICA_BASE_URL + path, { ...init, headers, signal });
    if (!response.ok) throw new Error(`The upstream answered ${response.status}`);
    return response.json();
  };
  const body = JSON.stringify({ identity, identityType: "user" });
  return {
    page: (number) => call(`/v1/authkit?limit=100&page=${number}`, { method: "POST", body }),
    // White-labelling is not worth a token: no answer is `undefined`.
    isWhiteLabel: () =>
      call("/v1/users/flags").then(
        ({ authkitWhitelist }) => authkitWhitelist === true,
        () => undefined,
      ),
  };
}

/** One token of all pages. */
export function merge(pages, flag) {
  const rows = pages.flatMap((page) => page.rows);
  const isWhiteLabel = flag ?? false;
  return { ...pages.at(-1), rows, total: pages[0].total, page: 1, pages: 1, isWhiteLabel };
}

/** The numbers from one to another. */
export const numbers = (from, to) => Array.from({ length: Math.max(0, to - from + 1) }, (_, i) => from + i);
