import { next } from "../lib/next.mjs";
import { signIn, signOut } from "./better-auth.mjs";

export default {
  name: "Better Auth with the JWT plugin",
  packages: ["better-auth", "next"],
  text: "The application is the same. The page asks it for a token at `/api/auth/token`, and sends that as `Authorization: Bearer`. With the cookie cache on, it gives tokens for as long as that lives (five minutes) to a session that was revoked. With the preset above, such a session is over at once.",
  settings: `
IDENTITY_SOURCE = "grant,jwt"
JWT_ISSUER = "https://app.example.com"
JWT_AUDIENCE = "https://app.example.com"
JWT_ALGORITHMS = "EdDSA"
JWT_JWKS_URL = "https://app.example.com/api/auth/jwks"
`,
  application: (place) => next("better-auth", place),
  async credential(browser) {
    const answer = await browser.send("/api/auth/token");
    return answer.ok ? { authorization: `Bearer ${(await answer.json()).token}` } : {};
  },
  signIn,
  signOut,
  copyAfterSignOut: "works on",
  async expire(browser) {
    await browser.send("/api/test", { method: "POST" });
    browser.set("__Secure-better-auth.session_data", "");
  },
  codes: { expired: "unauthenticated" },
};
