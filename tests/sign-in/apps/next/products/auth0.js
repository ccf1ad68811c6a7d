import { Auth0Client } from "@auth0/nextjs-auth0/server";
import { SECRET } from "./openid";

export const auth0 = new Auth0Client({
  domain: process.env.OPENID_ISSUER,
  clientId: process.env.CLIENT_ID,
  clientSecret: process.env.CLIENT_SECRET,
  appBaseUrl: process.env.ORIGIN,
  secret: SECRET,
  allowInsecureRequests: true,
});

export const routes = {};
