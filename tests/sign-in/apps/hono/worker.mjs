// Hono with Better Auth as a Worker, which the endpoint asks over the service binding `SESSION`.

import { betterAuth } from "better-auth";
import { Hono } from "hono";

let instance;

/** Made at the first request: what it is made of is not there before. */
const auth = (env) =>
  (instance ??= betterAuth({
    baseURL: env.ORIGIN,
    secret: env.SECRET,
    // Without a database it keeps all in memory, which is enough here.
    emailAndPassword: { enabled: true },
    telemetry: { enabled: false },
  }));

const app = new Hono();

// #region session
app.on(["GET", "POST"], "/api/auth/*", (c) => auth(c.env).handler(c.req.raw));
// #endregion

// For the test: all sessions are over.
app.post("/expire", async (c) => {
  const { adapter } = await auth(c.env).$context;
  await adapter.updateMany({ model: "session", where: [], update: { expiresAt: new Date(0) } });
  return c.body(null, 204);
});

export default app;
