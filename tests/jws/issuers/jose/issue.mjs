// Prints fresh tokens by jose as JSON lines: node issue.mjs COUNT
//
// An issuer with a key for each algorithm, all in one set: every key has kid, alg and use.
import { randomBytes } from "node:crypto";
import { SignJWT, exportJWK, generateKeyPair } from "jose";

const count = Number(process.argv[2]);
const now = Math.floor(Date.now() / 1000);

function sign(algorithm, header, key, number) {
  return new SignJWT({ org_id: `org_${number}`, email: "zoë@example.com" })
    .setProtectedHeader({ alg: algorithm, typ: "JWT", ...header })
    .setIssuer("https://issuer.example")
    .setAudience(["authkit", "other"])
    .setSubject(`user_${number}`)
    .setIssuedAt(now)
    .setNotBefore(now)
    .setExpirationTime(now + 600)
    .setJti(randomBytes(8).toString("hex"))
    .sign(key);
}

const keys = [];
const issued = [];
for (const family of ["RS", "PS", "ES", "EdDSA"]) {
  const algorithms = family === "EdDSA" ? [family] : [256, 384, 512].map((size) => family + size);
  for (const alg of algorithms) {
    const pair = await generateKeyPair(alg);
    const kid = `${alg}-${randomBytes(4).toString("hex")}`;
    keys.push({ ...(await exportJWK(pair.publicKey)), kid, alg, use: "sig" });
    for (let number = 0; number < count; number++) {
      issued.push({ algorithm: alg, token: await sign(alg, { kid }, pair.privateKey, number) });
    }
  }
}
for (const token of issued) console.log(JSON.stringify({ ...token, keys: { keys } }));

for (const size of [256, 384, 512]) {
  const alg = `HS${size}`;
  const secret = randomBytes(size / 8);
  for (let number = 0; number < count; number++) {
    const token = await sign(alg, {}, secret, number);
    console.log(JSON.stringify({ algorithm: alg, token, secret: secret.toString("base64url") }));
  }
}
