import { sealSession } from "h3";

/** For the test: the cookie of a session that has ended. */
export default defineEventHandler(async (event) => {
  const { password } = useRuntimeConfig(event).session;
  const config = { password, name: "nuxt-session", maxAge: 3600 };
  event.context.sessions = { [config.name]: { id: "old", createdAt: Date.now() - 7_200_000, data: { user: { id: "user_ada" } } } };
  return { cookie: await sealSession(event, config) };
});
