// Shows the grant: what the widget carries instead of the session. The client gets and keeps it; this
// page looks at it, which yours need not.

/** How often the time that is left is shown, in milliseconds, and how little has a new one got. */
const TICK = 1000;
const AHEAD = 60;

let grant;

/** Keeps `show` told of the seconds that a grant has left, and had at first. */
export function watchGrant(authkit, show, problem) {
  const tell = () => show(secondsLeft(), grant?.life ?? 1);

  /** Looks which one there is, which gets one if there is none. */
  async function look() {
    const headers = await authkit.grantHeaders();
    const text = headers["x-authkit-grant"];
    if (text !== grant?.text) grant = { text, life: endOf(text) - Date.now() / 1000, age: stopwatch() };
    tell();
  }

  setInterval(() => {
    if (grant && secondsLeft() < AHEAD) look().catch(problem);
    tell();
  }, TICK);
  // A page that was out of sight has forgotten it.
  document.addEventListener("visibilitychange", () => grant && !document.hidden && look().catch(problem));

  return {
    look,
    gone() {
      grant = undefined;
      tell();
    },
  };
}

const secondsLeft = () => (grant ? Math.max(0, grant.life - grant.age()) : 0);

/** When it ends, as it says itself, in seconds since 1970. */
function endOf(text) {
  const payload = text.split(".")[1].replaceAll("-", "+").replaceAll("_", "/");
  return JSON.parse(atob(payload)).exp;
}

/** Seconds from now on, by whichever clock went further: one of the two may stand still or be set. */
function stopwatch() {
  const [ticks, time] = [performance.now(), Date.now()];
  return () => Math.max(performance.now() - ticks, Date.now() - time) / 1000;
}
