import NextAuth from "next-auth";
import { UnstorageAdapter } from "@auth/unstorage-adapter";
import { createStorage } from "unstorage";
import { openid, SECRET } from "./openid";

const storage = createStorage();

// #region session
const { handlers } = NextAuth({
  secret: SECRET,
  trustHost: true,
  adapter: UnstorageAdapter(storage),
  providers: [{ ...openid(), type: "oidc" }],
  session: { strategy: "database" },
  callbacks: {
    session({ session, user }) {
      session.user.id = user.id;
      return session;
    },
  },
});
// #endregion

export const routes = {
  auth: handlers,
  // For the test: all sessions are over.
  test: {
    async POST() {
      for (const key of await storage.getKeys("user:session")) {
        const session = await storage.getItem(key);
        if (session?.expires) await storage.setItem(key, { ...session, expires: new Date(0).toISOString() });
      }
      return new Response(null, { status: 204 });
    },
  },
};
