// An application that knows who is signed in. authkit-edge believes it, and does the rest.
export default {
  async fetch(request, env) {
    const { pathname } = new URL(request.url);
    if (pathname !== TOKEN_PATH && !pathname.startsWith(`${TOKEN_PATH}/`)) {
      return new Response("A page of the application\n");
    }
    const headers = new Headers(request.headers);
    // Who the visitor is, this Worker says, and nobody else.
    headers.delete("x-user-id");
    headers.delete("x-authkit-key");
    // The key opens the deep check, too, which is for the operator. So it goes with nothing but a
    // wish for a token.
    const asksForToken =
      request.method === "POST" && (pathname === TOKEN_PATH || pathname === `${TOKEN_PATH}/`);
    const user = asksForToken ? await signedIn(headers, env) : null;
    if (user) {
      headers.set("x-user-id", user);
      headers.set("x-authkit-key", env.TRUSTED_CALLER_KEY);
    }
    // Whoever is not signed in has no key, so authkit-edge refuses the request, CORS and all.
    return env.AUTHKIT.fetch(new Request(request, { headers }));
  },
} satisfies ExportedHandler<Env>;

const TOKEN_PATH = "/api/authkit";

/** Who is signed in: the application's sessions are in a KV namespace. */
async function signedIn(headers: Headers, env: Env): Promise<string | null> {
  const session = /^Bearer (\S{32,128})$/.exec(headers.get("authorization") ?? "")?.[1];
  return session === undefined ? null : env.SESSIONS.get(session);
}
