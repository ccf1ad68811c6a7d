import { DatabaseSync } from "node:sqlite";
import { betterAuth } from "better-auth";
import { getMigrations } from "better-auth/db/migration";
import { toNextJsHandler } from "better-auth/next-js";
import { jwt } from "better-auth/plugins";

const database = new DatabaseSync(":memory:");

/** It lets an address sign in three times in ten seconds. */
const unlimited = { "/sign-in/email": false, "/sign-up/email": false };

// #region session
export const auth = betterAuth({
  baseURL: process.env.ORIGIN,
  database,
  emailAndPassword: { enabled: true },
  plugins: [jwt()],
  session: { cookieCache: { enabled: true } },
  rateLimit: { customRules: { "/get-session": false, ...unlimited } },
});
// #endregion

const { runMigrations } = await getMigrations(auth.options);
await runMigrations();

export const routes = {
  auth: toNextJsHandler(auth),
  // For the test: all sessions are over.
  test: {
    POST() {
      database.exec(`UPDATE session SET "expiresAt" = '2020-01-01T00:00:00.000Z'`);
      return new Response(null, { status: 204 });
    },
  },
};
