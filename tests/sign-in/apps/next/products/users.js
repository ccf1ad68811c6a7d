/** Who may sign in where the product leaves that to the application. */
const USERS = {
  ada: { id: "user_ada", password: "engine" },
  bob: { id: "user_bob", password: "builder" },
};

/** The user of that name, if that is the password. */
export function userOf({ name, password }) {
  const user = USERS[name];
  return user?.password === password ? { id: user.id, name } : null;
}
