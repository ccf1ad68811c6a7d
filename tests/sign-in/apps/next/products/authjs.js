import NextAuth from "next-auth";
import { encode } from "next-auth/jwt";
import { openid, SECRET } from "./openid";

/** How often a session was renewed, by its user: only the newest cookie of each counts. */
const newest = new Map();
const rotates = process.env.ROTATE === "1";
const keepsProvidersId = process.env.STABLE !== "0";

// #region session
const callbacks = {
  jwt({ token, account }) {
    if (account) token.sub = account.provider + "/" + account.providerAccountId;
    return token;
  },
  session({ session, token, user }) {
    session.user.id = user?.id ?? token.sub;
    return session;
  },
};
// #endregion

const { handlers } = NextAuth({
  secret: SECRET,
  trustHost: true,
  providers: [{ ...openid(), type: "oidc" }],
  callbacks: {
    ...callbacks,
    jwt(input) {
      const token = keepsProvidersId ? callbacks.jwt(input) : input.token;
      return rotates ? rotated(input.account ? { ...token, family: crypto.randomUUID() } : token) : token;
    },
  },
});

/** As with rotating refresh tokens: what was read once is not good again. */
function rotated(token) {
  const count = newest.get(token.family) ?? 0;
  if ((token.count ?? 0) !== count) return null;
  newest.set(token.family, count + 1);
  return { ...token, count: count + 1 };
}

const NAME = "__Secure-authjs.session-token";

export const routes = {
  auth: handlers,
  // For the test: the cookie of a session that has ended.
  test: {
    GET: async () => Response.json({ cookie: await encode({ token: { sub: "openid/ada" }, secret: SECRET, salt: NAME, maxAge: -60 }) }),
  },
};
