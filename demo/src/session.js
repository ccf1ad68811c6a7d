// A stand-in for your sign-in product: a token from the sandbox, kept in a cookie.
//
// A real sign-in sets the cookie from its server, HttpOnly, so that no script can read it. This one
// has no server of its own on this origin.

import { post } from "./problem.js";

const COOKIE = "session";
const HOUR = 3_600_000;
const tabs = new BroadcastChannel("session");

/**
 * The name of who is signed in, else undefined. For display: the Worker checks the token. Of a sign-in
 * of your own this page knows nothing, so it lets the Worker say whether there is somebody.
 */
export function user() {
  if (!SETTINGS.signIn) return "your own sign-in knows you";
  const pair = document.cookie.split("; ").find((text) => text.startsWith(`${COOKIE}=`));
  if (!pair) return undefined;
  try {
    const claims = pair.split(".")[1].replaceAll("-", "+").replaceAll("_", "/");
    const bytes = Uint8Array.from(atob(claims), (character) => character.charCodeAt(0));
    return JSON.parse(new TextDecoder().decode(bytes)).sub;
  } catch {
    return undefined;
  }
}

/** Signs in at the sandbox. */
export async function signIn(name) {
  // As text, the request needs no preflight.
  const { token } = await post(SETTINGS.signIn, { body: JSON.stringify({ user: name }) });
  // Not `document.cookie`, which returns before other tabs can see what was set.
  await cookieStore.set({ name: COOKIE, value: token, path: "/", sameSite: "lax", expires: Date.now() + HOUR });
  tabs.postMessage("changed");
}

export async function signOut() {
  await cookieStore.delete(COOKIE);
  tabs.postMessage("changed");
}

/** Calls back when another tab has signed in or out. */
export function onChange(callback) {
  tabs.addEventListener("message", callback);
}
