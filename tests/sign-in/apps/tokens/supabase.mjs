// An application with @supabase/ssr: its client signs in and sets its cookies. Behind it is a stand-in
// for Supabase's Auth, which signs tokens like those that Supabase documents
// (https://supabase.com/docs/guides/auth/jwt-fields).

import { createServerClient, parseCookieHeader, serializeCookieHeader } from "@supabase/ssr";
import { createIssuer } from "./issuer.mjs";
import { serve } from "./server.mjs";

const PROJECT = "https://abcdefghijklmnopqrst.supabase.co";
const { keys, sign } = await createIssuer("ES256");

/** `bob` has so much about him that his session does not fit into one cookie. */
const userOf = (email) => {
  const [name] = email.split("@");
  const id = `00000000-0000-4000-8000-${Buffer.from(name.padEnd(6)).toString("hex")}`;
  return { id, aud: "authenticated", role: "authenticated", email, app_metadata: {}, user_metadata: { bio: "x".repeat(name === "bob" ? 6000 : 0) } };
};

const service = {
  async "POST /auth/v1/token"(body) {
    const user = userOf(body.email);
    const claims = { iss: `${PROJECT}/auth/v1`, sub: user.id, aud: "authenticated", role: "authenticated", aal: "aal1", session_id: crypto.randomUUID(), is_anonymous: false, email: body.email };
    const access_token = await sign(claims, body.password === "expired" ? -3600 : 3600);
    return Response.json({ access_token, token_type: "bearer", expires_in: 3600, refresh_token: "refresh", user });
  },
  "POST /auth/v1/logout": () => new Response(null, { status: 204 }),
};

/** What would go to the project. */
async function toService(url, init) {
  const handler = service[`${init.method} ${new URL(url).pathname}`];
  if (!handler) throw new Error(`no ${init.method} ${url} here`);
  return handler(init.body && JSON.parse(init.body));
}

/** Runs something with the library's client, and sets what cookies that sets. */
async function withClient(request, work) {
  const headers = new Headers({ "content-type": "application/json" });
  const supabase = createServerClient(PROJECT, "publishable-key", {
    global: { fetch: toService },
    cookies: {
      getAll: () => parseCookieHeader(request.headers.get("cookie") ?? ""),
      setAll: (cookies) => cookies.forEach(({ name, value, options }) => headers.append("set-cookie", serializeCookieHeader(name, value, options))),
    },
  });
  const { data, error } = await work(supabase.auth);
  return new Response(JSON.stringify({ id: data?.user?.id, error }), { status: error ? 400 : 200, headers });
}

serve({
  "GET /keys": () => Response.json(keys),
  async "POST /sign-in"(request) {
    const credentials = await request.json();
    return withClient(request, (auth) => auth.signInWithPassword(credentials));
  },
  "POST /sign-out": (request) => withClient(request, (auth) => auth.signOut()),
});
