import { Auth0Client } from "@auth0/nextjs-auth0/server";
import { generateSessionCookie } from "@auth0/nextjs-auth0/testing";
import { SECRET } from "./openid";

export const auth0 = new Auth0Client({
  domain: process.env.OPENID_ISSUER,
  clientId: process.env.CLIENT_ID,
  clientSecret: process.env.CLIENT_SECRET,
  appBaseUrl: process.env.ORIGIN,
  secret: SECRET,
  allowInsecureRequests: true,
});

/** For the test: the cookie of a session that has ended. */
async function old() {
  const now = Date.now;
  const session = { user: { sub: "auth0|ada" }, tokenSet: { accessToken: "none", expiresAt: 0 } };
  Date.now = () => now() - 30 * 24 * 3_600_000;
  try {
    return Response.json({ cookie: await generateSessionCookie(session, { secret: SECRET }) });
  } finally {
    Date.now = now;
  }
}

export const routes = { test: { GET: old } };
