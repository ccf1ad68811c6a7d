// Asks, and takes the answer back: to the pop-up's opener, or to the page that was left, whose
// address @withone/auth adds to the state after a tilde.

const parameters = new URLSearchParams(location.search);
const [state, encoded] = parameters.get("state").split("~");
const app = parameters.get("app");
document.getElementById("question").textContent = `May the application have access to your ${app} account?`;
document.getElementById("allow").onclick = () => answer(true);
document.getElementById("deny").onclick = () => answer(false);

function answer(allowed) {
  if (opener) {
    opener.postMessage({ state, allowed }, location.origin);
    return close();
  }
  const page = new URL(atob(encoded.replaceAll("-", "+").replaceAll("_", "/")));
  // A real backend would remember the answer. This one keeps nothing: it is in the state.
  page.searchParams.set("one_auth_state", `${allowed ? "allow" : "deny"}.${state}`);
  if (!allowed) page.searchParams.set("one_auth_error", "access_denied");
  if (page.protocol === "http:" || page.protocol === "https:") location.replace(page);
}
