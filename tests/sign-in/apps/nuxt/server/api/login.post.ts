/** Who may sign in. */
const USERS: Record<string, { id: string; password: string }> = {
  ada: { id: "user_ada", password: "engine" },
  bob: { id: "user_bob", password: "builder" },
};

export default defineEventHandler(async (event) => {
  const { name, password } = await readBody(event);
  const user = USERS[name];
  if (user?.password !== password) throw createError({ statusCode: 401 });
  // #region session
  await setUserSession(event, { user: { id: user.id } });
  // #endregion
  return { id: user.id };
});
