/** Where the local OpenID provider is, for the products that take one, but for its type. */
export const openid = () => ({
  id: "openid",
  name: "OpenID",
  issuer: process.env.OPENID_ISSUER,
  clientId: process.env.CLIENT_ID,
  clientSecret: process.env.CLIENT_SECRET,
});

export const SECRET = "a secret of the application, published on purpose";
