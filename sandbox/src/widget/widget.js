// A stand-in for the hosted widget of Pica (authkit.picaos.com) and One (auth.withone.ai), written
// from how they are known to behave: which parameters they read, how they call the token endpoint,
// what they post to the page that opened them.

import { button, field, list, make, show } from "./widget-view.js";

// An embedded token is good for five minutes. One that is older is asked for again on submission.
const TOKEN_MS = 300_000;
const EMPTY = "No integrations available. Please activate integrations from the AuthKit dashboard.";

const back = document.getElementById("back");
let payload;
let token;

document.getElementById("close").onclick = leave;
addEventListener("keydown", (event) => event.key === "Escape" && leave());
addEventListener("message", ({ data, source }) => {
  if (source === parent && data?.linkTokenEndpoint) begin(data);
});

const inUrl = new URLSearchParams(location.search).get("data");
if (inUrl) {
  begin(JSON.parse(atob(inUrl)));
} else {
  show("Connect an app", make("p", { className: "soft", textContent: "Waiting for the page…" }));
}

/** The payload comes twice, in the URL and as a message: the first counts. */
function begin(given) {
  if (payload) return;
  payload = given;
  document.documentElement.dataset.theme = payload.appTheme ?? "light";
  if (payload.checkState) return returned(payload.checkState);
  load();
}

// Only @withone/auth says what it is capable of, and only its widget pages.
function isOne() {
  return payload.capabilities !== undefined;
}

async function load() {
  show(title(), make("p", { className: "soft", textContent: "Loading…" }));
  const problem = await fetchToken();
  if (problem) return show(title(), make("p", { className: "bad", textContent: problem }), button("Try again", load));
  const apps = token.rows.filter((row) => row.active).sort((a, b) => a.title.localeCompare(b.title));
  const { selectedConnection } = payload;
  const wanted = apps.find((app) => [app.title, String(app.connectionDefId)].includes(selectedConnection));
  if (wanted) return openApp(wanted);
  showList(apps);
}

/** Gets the token, or the text of what went wrong. */
async function fetchToken() {
  const rows = [];
  let requestId;
  for (let page = 1, pages = 1; page <= pages; page += 1) {
    const url = new URL(payload.linkTokenEndpoint);
    if (isOne()) {
      url.searchParams.set("page", page);
      url.searchParams.set("limit", 100);
    }
    let response, data;
    try {
      response = await fetch(url, {
        method: "POST",
        headers: { accept: "application/json, text/plain, */*", "content-type": "application/json", ...payload.linkHeaders },
        body: "{}",
      });
      data = await response.json().catch(() => undefined);
    } catch {
      return "Some error occurred";
    }
    if (!response.ok) return isOne() && response.status === 401 ? EMPTY : problemOf(data);
    rows.push(...(data?.rows ?? []));
    requestId = data?.requestId;
    if (isOne()) pages = data.pages;
  }
  token = { rows, requestId, at: Date.now() };
  return rows.length === 0 ? EMPTY : undefined;
}

function problemOf(data) {
  const text = data?.message?.message || data?.message || data || "Some error occurred";
  // The real one would hand an object to React, which shows nothing at all.
  return typeof text === "string" ? text : "";
}

function title() {
  return payload.title || "Connect an app";
}

function showList(apps) {
  back.hidden = true;
  show(title(), ...list(apps, (app) => openApp(app, apps)));
}

function openApp(app, apps) {
  back.hidden = !apps;
  back.onclick = () => showList(apps);
  const form = make("form", { onsubmit: (event) => (event.preventDefault(), submit(app, form)) });
  if (payload.showNameInput) form.append(...field("name", "Name of the connection"));
  // The catalogue says of some apps which OAuth scopes they have. The others take a key.
  if (!app.scopes) form.append(...field("key", "API key", { type: "password", required: true }));
  form.append(
    make("button", { className: "main", textContent: app.scopes ? `Continue to ${app.title}` : "Connect" }),
    make("p", { className: "bad", role: "alert" }),
  );
  show(`Connect ${app.title}`, form);
}

async function submit(app, form) {
  const problem = form.querySelector("[role=alert]");
  problem.textContent = "";
  if (Date.now() - token.at > TOKEN_MS) {
    const stale = await fetchToken();
    if (stale) return (problem.textContent = stale);
  }
  const name = form.elements.name?.value;
  if (app.scopes) return authorize(app, name, problem);
  // The pretended provider knows one wrong key.
  if (form.elements.key.value === "wrong") return failed(problem, `${app.title} refused the key`);
  succeeded(await connection(app.type, name), app.title);
}

/** Asks the pretended provider, in this window's place for One and in a pop-up for Pica. */
function authorize(app, name, problem) {
  const state = `${crypto.randomUUID()}.${app.type}`;
  const url = new URL("/_sandbox/provider", location.href);
  url.searchParams.set("app", app.title);
  url.searchParams.set("state", state);
  if (payload.capabilities?.oauthRedirect) {
    return parent.postMessage({ messageType: "OAUTH_REDIRECT", url: url.href, state }, "*");
  }
  const popup = open(url, "provider", "popup,width=480,height=560");
  addEventListener("message", async function answered({ source, data }) {
    if (source !== popup || data?.state !== state) return;
    removeEventListener("message", answered);
    if (data.allowed) succeeded(await connection(app.type, name), app.title);
    else failed(problem, "access_denied");
  });
}

/** Back from the provider in the same window. It wrote its answer before the state. */
async function returned(answer) {
  const [decision, , type] = answer.split(".");
  if (decision === "allow") {
    await fetchToken();
    return succeeded(await connection(type), type);
  }
  show(title(), make("p", { className: "bad", textContent: "Connection failed" }));
  say("LINK_ERROR", "access_denied");
}

function succeeded(record, name) {
  back.hidden = true;
  say("LINK_SUCCESS", record);
  show(
    "Connected",
    make("p", { className: "good", textContent: `${name} is connected.` }),
    button("Done", leave, "main"),
  );
}

function failed(problem, text) {
  problem.textContent = text;
  say("LINK_ERROR", text);
}

/** Puts the connection into the vault, for whom the token was made. */
async function connection(platform, name) {
  const body = JSON.stringify({ request_id: token?.requestId ?? null, platform, name });
  const response = await fetch("/_sandbox/connections", { method: "POST", body }).catch(() => undefined);
  const id = crypto.randomUUID();
  // A token that says no number is of nobody whom the vault knows.
  const row = response?.ok ? await response.json() : { id, key: `test::${platform}::default::${id}` };
  return {
    _id: `conn::${row.id}`,
    platform,
    name: name || platform,
    environment: "test",
    active: true,
    createdAt: Date.now(),
    ...row,
  };
}

function leave() {
  say("EXIT_EVENT_LINK", "");
}

function say(messageType, message) {
  parent.postMessage({ messageType, message }, "*");
}
