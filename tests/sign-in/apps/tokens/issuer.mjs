// What a product's service signs its tokens with, and how it says so.

import { exportJWK, generateKeyPair, SignJWT } from "jose";

/** @param {string} alg as in RFC 7518 */
export async function createIssuer(alg) {
  const { publicKey, privateKey } = await generateKeyPair(alg, { extractable: true });
  const key = { ...(await exportJWK(publicKey)), kid: "key_1", alg, use: "sig" };
  const now = () => Math.floor(Date.now() / 1000);
  return {
    publicKey,
    keys: { keys: [key] },
    /** A token that holds for so many seconds from now. */
    sign: (claims, seconds) =>
      new SignJWT({ ...claims, iat: now() - 7200, exp: now() + seconds })
        .setProtectedHeader({ alg, kid: key.kid, typ: "JWT" })
        .sign(privateKey),
  };
}
