// One Next.js, built once. Which product it uses is said when it starts: most want `/api/auth` for
// themselves.

const PRODUCTS = {
  "better-auth": () => import("./better-auth"),
  authjs: () => import("./authjs"),
  "authjs-database": () => import("./authjs-database"),
  nextauth: () => import("./nextauth"),
  "iron-session": () => import("./iron-session"),
  auth0: () => import("./auth0"),
};

/** The product's handlers of requests, as Next.js has them, by route. */
export function product() {
  return PRODUCTS[process.env.PRODUCT]();
}

/** Handlers of a route, which the product has under a name of `routes`. */
export function handlers(name) {
  const handle = async (request, context) => {
    const { routes } = await product();
    const handler = routes[name]?.[request.method];
    return handler ? handler(request, context) : new Response(null, { status: 404 });
  };
  return { GET: handle, POST: handle };
}
