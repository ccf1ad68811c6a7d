// The page: what it shows, and what happens when somebody does something with it.

import { choose, provider, startAuthKit } from "./authkit.js";
import { startConnections } from "./connections.js";
import { watchGrant } from "./grant.js";
import { Problem, post, words } from "./problem.js";
import { onChange, signIn, signOut, user } from "./session.js";
import { effectiveTheme, startTheme } from "./theme.js";

const $ = (id) => document.getElementById(id);
/** The apps' names by their type, which connections call their platform. */
const titles = new Map();

$("provider").value = provider();
$("provider").onchange = () => choose($("provider").value);
startTheme($("theme"));

const authkit = startAuthKit({
  onOpen: () => ($("page").inert = true),
  onSuccess: ({ name }) => loadConnections().then(() => say(`${name} is connected.`)).catch(report),
  onError: report,
  onClose: () => {
    $("page").inert = false;
    // The client gives the focus back to the button, if it is there still.
    if (!opener?.isConnected) $("connected-title").focus();
  },
});
let opener;
const grant = watchGrant(authkit, showGrant, report);
const showConnections = startConnections({
  title: (platform) => titles.get(platform) ?? platform,
  reconnect: (row) => open((options) => authkit.reconnect(row, options)),
  disconnect: (row, name) => attempt(async () => {
    await authkit.disconnect(row.id);
    await loadConnections();
    say(`${name} is disconnected.`);
  }),
});

onChange(another);
$("sign-in").onsubmit = (event) => {
  event.preventDefault();
  attempt(async () => {
    await signIn($("user").value);
    await another();
    $("open").focus();
  });
};
$("sign-out").onclick = () =>
  attempt(async () => {
    await signOut();
    await another();
    $("user").focus();
  });
$("renew").onclick = () =>
  attempt(async () => {
    authkit.forget();
    grant.gone();
    await grant.look();
  });
$("connect").onsubmit = (event) => {
  event.preventDefault();
  open((options) => authkit.connect({ ...options, app: $("app").value || undefined }));
};
start();

/** Another user is signed in, or nobody. */
function another() {
  authkit.forget();
  return start();
}

/** Shows who is signed in, and gets what they need. */
async function start() {
  const name = user();
  $("sign-in").hidden = name !== undefined;
  $("sign-out").hidden = !SETTINGS.signIn;
  $("signed-in").hidden = name === undefined;
  $("name").textContent = name ?? "";
  $("renew").disabled = $("form").disabled = name === undefined;
  $("count").textContent = "";
  grant.gone();
  showConnections([]);
  if (name === undefined) return report();
  await attempt(async () => {
    await grant.look();
    await authkit.resume();
    await loadApps();
    await loadConnections();
  });
}

/** The widget loads the list itself. The page does so too, to offer the apps by name. */
async function loadApps() {
  const headers = { "content-type": "application/json", ...(await authkit.grantHeaders()) };
  const { rows } = await post("/api/authkit", { headers, body: "{}" });
  const active = rows.filter((row) => row.active).sort((a, b) => a.title.localeCompare(b.title));
  for (const { type, title } of active) titles.set(type, title);
  $("app").replaceChildren(new Option("Let me choose", ""), ...active.map(({ title }) => new Option(title)));
  $("count").textContent = active.length > 0 ? `${active.length} apps` : "No app is enabled in your dashboard yet.";
}

async function loadConnections() {
  try {
    showConnections(await authkit.connections());
  } catch (problem) {
    if (problem.status !== 404) throw problem;
    $("none").textContent = "The Worker shows them with CONNECTIONS = \"manage\".";
  }
}

/** Opens the widget, with what the form says. */
function open(how) {
  opener = document.activeElement;
  return attempt(async () => {
    await how({ title: latin($("title").value), appTheme: effectiveTheme() });
    await grant.look();
  });
}

/** The packages put all they are given into a URL by `btoa`, which knows Latin-1 only. */
function latin(text) {
  const other = [...text].find((character) => character.codePointAt(0) > 255);
  if (other) throw new Problem(`The title cannot have “${other}” in it: the widget takes Latin letters only.`, { code: "title" });
  return text;
}

/** Does something and says in words when it fails. */
async function attempt(action) {
  report();
  try {
    await action();
  } catch (problem) {
    report(problem);
  }
}

function report(problem) {
  const place = $("problem");
  place.hidden = !problem;
  place.textContent = problem ? words(problem) : "";
  if (problem?.requestId) {
    const id = document.createElement("small");
    id.textContent = `Request ${problem.requestId}`;
    place.append(id);
  }
}

function say(text) {
  $("status").textContent = text;
}

function showGrant(seconds, life) {
  const left = Math.round(seconds);
  const clock = `${Math.floor(left / 60)}:${String(left % 60).padStart(2, "0")}`;
  $("grant").textContent = left > 0 ? `A grant, good for ${clock}` : user() ? "No grant." : "No grant: sign in first.";
  $("life").value = left / life;
}
