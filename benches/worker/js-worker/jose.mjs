// JWTs as the documentation of jose has it: createRemoteJWKSet once, jwtVerify for every request.
// https://github.com/panva/jose/blob/main/docs/jwks/remote/functions/createRemoteJWKSet.md
import { createRemoteJWKSet, jwtVerify } from "jose";
import { endpoint } from "./endpoint.mjs";
import { minting } from "./memory.mjs";
import { bearerOf } from "./bearer.mjs";

let keys;

async function identityOf(request, { JWT_JWKS_URL, JWT_ISSUER, JWT_AUDIENCE }) {
  keys ??= createRemoteJWKSet(new URL(JWT_JWKS_URL));
  try {
    const { payload } = await jwtVerify(bearerOf(request), keys, { issuer: JWT_ISSUER, audience: JWT_AUDIENCE });
    return payload.sub;
  } catch {
    return undefined;
  }
}

export default endpoint(minting(), { identityOf });
