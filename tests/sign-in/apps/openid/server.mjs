// A small OpenID provider. It signs in whom `login_hint` names, without asking for a password.

import { Provider } from "oidc-provider";

const port = Number(process.argv[2]);
const issuer = `http://localhost:${port}`;

const provider = new Provider(issuer, {
  // The products differ in how they prove who they are.
  clients: ["client_secret_basic", "client_secret_post"].map((method) => ({
    client_id: `${process.env.CLIENT_ID}_${method}`,
    client_secret: process.env.CLIENT_SECRET,
    redirect_uris: ["https://any.example"],
    post_logout_redirect_uris: ["https://any.example"],
    token_endpoint_auth_method: method,
  })),
  cookies: { keys: ["published on purpose"] },
  findAccount: (_, id) => ({ accountId: id, claims: () => ({ sub: id, name: id, email: `${id.replace(/\W/g, ".")}@example.com`, email_verified: true }) }),
  claims: { openid: ["sub", "name", "email", "email_verified"] },
  conformIdTokenClaims: false,
  features: { devInteractions: { enabled: false }, rpInitiatedLogout: { enabled: true } },
  interactions: { url: (_, { uid }) => `/interaction/${uid}` },
  async loadExistingGrant({ oidc }) {
    const grant = new provider.Grant({ clientId: oidc.client.clientId, accountId: oidc.session.accountId });
    grant.addOIDCScope("openid profile email offline_access");
    await grant.save();
    return grant;
  },
  pkce: { required: () => false },
});

// The applications' ports are not known before they have one.
provider.Client.prototype.redirectUriAllowed = (uri) => new URL(uri).hostname === "localhost";
provider.Client.prototype.postLogoutRedirectUriAllowed = (uri) => new URL(uri).hostname === "localhost";

provider.use(async (context, next) => {
  if (!context.path.startsWith("/interaction/")) return next();
  const { params } = await provider.interactionDetails(context.req, context.res);
  await provider.interactionFinished(context.req, context.res, { login: { accountId: params.login_hint } });
  context.respond = false;
});

const server = provider.listen(port, "localhost", () => console.log(`listening on ${server.address().port}`));
