// The grant: what the widget carries instead of the session. It is asked for over this origin, where
// the cookie says who is signed in, and renewed before it ends.

import { post } from "./problem.js";

/** A grant that ends sooner than this many seconds is renewed. */
const AHEAD = 60;

let grant;
let pending;
let timer;
let changed = () => {};

/** Calls back with the grant, or undefined, whenever it is another one; or with a problem. */
export function onGrant(callback) {
  changed = callback;
}

/** The headers for `token.headers`, of a grant that lives for a while yet. */
export async function grantHeaders() {
  if (!grant || secondsLeft() < grant.ahead) await renew();
  return grant.headers;
}

/** Gets a new grant, once for all who ask at the same time. */
export function renew() {
  pending ??= ask().finally(() => (pending = undefined));
  return pending;
}

async function ask() {
  try {
    const headers = { "content-type": "application/json" };
    const answer = await post("/api/authkit/grant", { headers, body: "{}" });
    const life = answer.expires_in ?? answer.expires_at - Date.now() / 1000;
    // A grant may be set to live for less than two minutes.
    grant = { ...answer, life, ahead: Math.min(AHEAD, life / 2), age: stopwatch() };
  } catch (problem) {
    forget();
    throw problem;
  }
  clearTimeout(timer);
  timer = setTimeout(() => renew().catch((problem) => changed(undefined, problem)), (grant.life - grant.ahead) * 1000);
  changed(grant);
}

/** Forgets it: another user is signed in, or nobody. */
export function forget() {
  clearTimeout(timer);
  grant = undefined;
  changed(undefined);
}

/** How long it lives yet, counted from its receipt; 0 without one. */
export function secondsLeft() {
  return grant ? Math.max(0, grant.life - grant.age()) : 0;
}

/**
 * Seconds from now on. The server's clock and this machine's may be minutes apart, so neither is
 * compared with the other. The monotonic clock cannot be set, but stands still while some machines
 * sleep; the other one does not. Whichever went further counts.
 */
function stopwatch() {
  const [ticks, time] = [performance.now(), Date.now()];
  return () => Math.max(performance.now() - ticks, Date.now() - time) / 1000;
}

/** All that it had to live when it was new. */
export function lifetime() {
  return grant?.life ?? 1;
}
