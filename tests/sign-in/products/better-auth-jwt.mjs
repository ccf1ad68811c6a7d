import { next } from "../lib/next.mjs";
import { signIn, signOut } from "./better-auth.mjs";

export default {
  name: "Better Auth with the JWT plugin",
  packages: ["better-auth", "next"],
  text: "The page asks `/api/auth/token` for a token and sends it as `Authorization: Bearer`.",
  settings: `
IDENTITY_SOURCE = "grant,jwt"
JWT_ISSUER = "https://app.example.com"
JWT_AUDIENCE = "https://app.example.com"
JWT_ALGORITHMS = "EdDSA"
JWT_JWKS_URL = "https://app.example.com/api/auth/jwks"
`,
  code: { file: "next/products/better-auth.js", language: "js" },
  application: (place) => next("better-auth", place),
  async credential(browser) {
    const answer = await browser.send("/api/auth/token");
    return answer.ok ? { authorization: `Bearer ${(await answer.json()).token}` } : {};
  },
  signIn,
  signOut,
  copyAfterSignOut: "refused",
  expire: (browser) => browser.send("/api/test", { method: "POST" }),
  codes: { expired: "unauthenticated" },
};
