// The page: what it shows, and what happens when somebody does something with it.

import { forget, grantHeaders, lifetime, onGrant, renew, secondsLeft } from "./grant.js";
import { Problem, post } from "./problem.js";
import { onChange, signIn, signOut, user } from "./session.js";
import { effectiveTheme, startTheme } from "./theme.js";
import { isReturn, openWidget, takeUpReturn } from "./widget.js";

const $ = (id) => document.getElementById(id);
const KEPT = "connections";

$("provider").value = SETTINGS.provider;
startTheme($("theme"));
showConnections();
onGrant((grant, problem) => {
  showGrant();
  if (problem) report(problem);
});
onChange(() => start());
setInterval(showGrant, 1000);

$("sign-in").onsubmit = (event) => {
  event.preventDefault();
  attempt(async () => {
    await signIn($("user").value);
    await start();
    $("open").focus();
  });
};
$("sign-out").onclick = () =>
  attempt(async () => {
    await signOut();
    await start();
    $("user").focus();
  });
$("renew").onclick = () => attempt(renew);
$("connect").onsubmit = (event) => {
  event.preventDefault();
  attempt(connect);
};

start().then(() => isReturn() && attempt(async () => takeUpReturn(await options(), events())));

/** Shows who is signed in, and gets what they need. */
async function start() {
  const name = user();
  $("sign-in").hidden = name !== undefined;
  $("sign-out").hidden = !SETTINGS.signIn;
  $("signed-in").hidden = name === undefined;
  $("name").textContent = name ?? "";
  $("renew").disabled = $("form").disabled = name === undefined;
  $("count").textContent = "";
  forget();
  await attempt(async () => {
    if (name === undefined) return;
    await renew();
    await loadApps();
  });
}

/** The widget loads the list itself. The page does so too, to offer the apps by name. */
async function loadApps() {
  const headers = { "content-type": "application/json", ...(await grantHeaders()) };
  const { rows } = await post("/api/authkit", { headers, body: "{}" });
  const titles = rows.filter((row) => row.active).map((row) => row.title);
  titles.sort((a, b) => a.localeCompare(b));
  $("app").replaceChildren(new Option("Let me choose", ""), ...titles.map((title) => new Option(title)));
  $("count").textContent = titles.length > 0 ? `${titles.length} apps` : "No app is enabled in your dashboard yet.";
}

async function connect() {
  openWidget($("provider").value, await options(), events());
}

async function options() {
  return {
    headers: await grantHeaders(),
    title: latin($("title").value),
    app: $("app").value,
    theme: effectiveTheme(),
  };
}

/** The packages put all they are given into a URL by `btoa`, which knows Latin-1 only. */
function latin(text) {
  const other = [...text].find((character) => character.codePointAt(0) > 255);
  if (other) throw new Problem(`The title cannot have “${other}” in it: the widget takes Latin letters only.`, { code: "title" });
  return text;
}

function events() {
  return {
    onVisible: () => ($("page").inert = true),
    onSuccess: (connection) => {
      keep(connection);
      say(`${connection.name} is connected.`);
    },
    onError: (text) => report(new Problem(`The app could not be connected: ${text}`, { code: "widget" })),
    onClose: () => {
      $("page").inert = false;
      $("open").focus();
    },
  };
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
  place.textContent = problem?.message ?? "";
  if (problem?.requestId) {
    const id = document.createElement("small");
    id.textContent = `Request ${problem.requestId}`;
    place.append(id);
  }
}

function say(text) {
  $("status").textContent = text;
}

function showGrant() {
  const left = Math.round(secondsLeft());
  const clock = `${Math.floor(left / 60)}:${String(left % 60).padStart(2, "0")}`;
  $("grant").textContent = left > 0 ? `A grant, good for ${clock}` : user() ? "No grant." : "No grant: sign in first.";
  $("life").value = left / lifetime();
}

// Kept for the tab, since One's way through a provider leaves the page and comes back.
function keep(connection) {
  const { name, platform, key } = connection;
  sessionStorage.setItem(KEPT, JSON.stringify([...kept(), { name, platform, key }]));
  showConnections();
}

function kept() {
  return JSON.parse(sessionStorage.getItem(KEPT) ?? "[]");
}

function showConnections() {
  const items = kept().map(({ name, key }) => {
    const item = document.createElement("li");
    const title = Object.assign(document.createElement("strong"), { textContent: name });
    const code = Object.assign(document.createElement("code"), { textContent: key });
    item.append(title, code);
    return item;
  });
  $("connections").replaceChildren(...items);
  $("none").hidden = items.length > 0;
}
