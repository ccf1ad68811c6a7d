import { getIronSession, sealData } from "iron-session";
import { cookies } from "next/headers";
import { userOf } from "./users";

const ttl = 3600;
const options = {
  password: "a password of 32 characters, published on purpose",
  cookieName: "app-session",
  ttl,
};

const current = async () => getIronSession(await cookies(), options);

// #region session
async function GET() {
  const session = await getIronSession(await cookies(), options);
  if (!session.userId) return new Response(null, { status: 401 });
  return Response.json({ user: { id: session.userId } });
}
// #endregion

async function login(request) {
  const user = userOf(await request.json());
  if (!user) return new Response(null, { status: 401 });
  const session = await current();
  session.userId = user.id;
  await session.save();
  return Response.json({ id: user.id });
}

async function logout() {
  (await current()).destroy();
  return new Response(null, { status: 204 });
}

/** For the test: the cookie of a session that has ended. */
async function old() {
  const now = Date.now;
  Date.now = () => now() - 2 * ttl * 1000;
  try {
    return Response.json({ cookie: await sealData({ userId: "user_ada" }, options) });
  } finally {
    Date.now = now;
  }
}

export const routes = { session: { GET }, login: { POST: login }, logout: { POST: logout }, test: { GET: old } };
