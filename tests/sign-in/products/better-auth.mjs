import { next } from "../lib/next.mjs";

const user = (name) => ({ name, email: `${name}@example.com`, password: `the password of ${name}` });

/** Signs in, and up before that at the first time. Resolves to the user's id. */
export async function signIn(browser, name) {
  const send = (path) => browser.send(`/api/auth/${path}/email`, { method: "POST", json: user(name) });
  let answer = await send("sign-in");
  if (answer.status === 401) answer = await send("sign-up");
  if (!answer.ok) throw new Error(`${answer.status} ${await answer.text()}`);
  return (await answer.json()).user.id;
}

export const signOut = (browser) => browser.send("/api/auth/sign-out", { method: "POST", json: {} });

export default {
  name: "Better Auth",
  packages: ["better-auth", "next"],
  settings: `
IDENTITY_SOURCE = "grant,session"
SESSION_PRESET = "better-auth"
SESSION_ORIGIN = "https://app.example.com"
`,
  text: "Its cookie cache is on: a session that was revoked is over at once nevertheless. In production it limits how often an address may ask, and with the Worker on another zone all its questions come from one.",
  code: { file: "next/products/better-auth.js", language: "js" },
  cookie: "__Secure-better-auth.session_token",
  application: (place) => next("better-auth", place),
  signIn,
  signOut,
  copyAfterSignOut: "refused",
  expire: (browser) => browser.send("/api/test", { method: "POST" }),
};
