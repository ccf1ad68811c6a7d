// An application that knows who is signed in. authkit-edge believes it, and does the rest.
export default {
  async fetch(request, env) {
    if (!new URL(request.url).pathname.startsWith("/api/authkit")) {
      return new Response("A page of the application\n");
    }
    const headers = new Headers(request.headers);
    const user = await signedIn(headers, env);
    if (user) {
      headers.set("x-user-id", user);
      headers.set("x-authkit-key", env.TRUSTED_CALLER_KEY);
    }
    // Whoever is not signed in has no key, so authkit-edge refuses the request, CORS and all.
    return env.AUTHKIT.fetch(new Request(request, { headers }));
  },
} satisfies ExportedHandler<Env>;

/** Who is signed in: the application's sessions are in a KV namespace. */
async function signedIn(headers: Headers, env: Env): Promise<string | null> {
  const session = /^Bearer (\S{32,128})$/.exec(headers.get("authorization") ?? "")?.[1];
  return session === undefined ? null : env.SESSIONS.get(session);
}
