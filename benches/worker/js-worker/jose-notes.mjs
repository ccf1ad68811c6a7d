// The same with all of the Rust Worker's means: keys are loaded when a preflight comes, and what the
// data centre's cache has of keys and pages helps a new isolate. For the keys by jose's own `jwksCache`.
// https://github.com/panva/jose/blob/main/docs/jwks/remote/variables/jwksCache.md
import { createRemoteJWKSet, jwksCache, jwtVerify } from "jose";
import { bearerOf } from "./bearer.mjs";
import { endpoint } from "./endpoint.mjs";
import { minting } from "./memory.mjs";
import { keep, recall } from "./notes.mjs";

let keys;
let kept = {};
let pages;

/** What the data centre knows, both at once. Another request may be as far meanwhile. */
async function begin({ JWT_JWKS_URL }) {
  const [keysNote, pagesNote] = await Promise.all([recall("keys"), recall("pages")]);
  if (keys) return;
  pages = pagesNote;
  kept = keysNote ?? {};
  keys = createRemoteJWKSet(new URL(JWT_JWKS_URL), { [jwksCache]: kept });
}

async function identityOf(request, env, context) {
  if (!keys) await begin(env);
  const { uat } = kept;
  try {
    const { payload } = await jwtVerify(bearerOf(request), keys, { issuer: env.JWT_ISSUER, audience: env.JWT_AUDIENCE });
    return payload.sub;
  } catch {
    return undefined;
  } finally {
    if (kept.uat !== uat) keep("keys", kept, context);
  }
}

function prepare(env, context) {
  const load = async () => {
    if (!keys) await begin(env);
    if (keys.fresh) return;
    await keys.reload();
    keep("keys", kept, context);
  };
  context.waitUntil(load().catch(() => {}));
}

const mint = minting({
  guess: ({ EXPECTED_PAGES }) => pages ?? Number(EXPECTED_PAGES ?? 1),
  learn: (count, context) => {
    if (count !== pages) keep("pages", count, context);
  },
});

export default endpoint(mint, { identityOf, prepare });
