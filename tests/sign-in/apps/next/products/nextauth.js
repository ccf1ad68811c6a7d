import NextAuth from "next-auth-4";
import { encode } from "next-auth-4/jwt";
import { openid, SECRET } from "./openid";

// #region session
const callbacks = {
  jwt({ token, account }) {
    if (account) token.sub = account.provider + "/" + account.providerAccountId;
    return token;
  },
  session({ session, token }) {
    session.user.id = token.sub;
    return session;
  },
};
// #endregion

const provider = {
  ...openid(),
  type: "oauth",
  wellKnown: `${process.env.OPENID_ISSUER}/.well-known/openid-configuration`,
  idToken: true,
  checks: ["pkce", "state"],
  authorization: { params: { scope: "openid" } },
  profile: (profile) => ({ id: profile.sub, name: profile.sub }),
};

const handler = NextAuth({ secret: SECRET, providers: [provider, { ...provider, id: "other" }], callbacks });

export const routes = {
  // Version 4 calls that segment of the path by a name of its own.
  auth: Object.fromEntries(
    ["GET", "POST"].map((method) => [
      method,
      async (request, context) => handler(request, { params: { nextauth: (await context.params).all } }),
    ]),
  ),
  // For the test: the cookie of a session that has ended.
  test: { GET: async () => Response.json({ cookie: await encode({ token: { sub: "openid/ada" }, secret: SECRET, maxAge: -60 }) }) },
};
