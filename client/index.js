// Connects a user's apps through authkit-edge: gets grants, opens the official widget with them, takes
// up the way back from a provider, and lists and ends connections. README.md shows how to use it.
//
// It has no dependency. The official hook is an argument, since its packages are GPL-3.0 and this is not.

// The id that both official packages give their iframe.
const FRAME = "event-link";
// In sessionStorage while a page is left with a widget open, so that the next load knows what it may be
// the way back of. In localStorage for the moment of a sign-out, which other tabs hear.
const KEY = "authkit-edge";
// As long as @withone/auth 1.3.0 and later remember a way back themselves, in milliseconds.
const AWAY = 600_000;
// A grant that ends sooner than this is not given to a widget, in milliseconds.
const AHEAD = 60_000;
// A package takes its iframe away a moment after it was closed. Looked for so often, in milliseconds.
const STEP = 50;
const STEPS = 10;

// Of the page, whichever instance a framework has made: it has room for one widget, and one way back.
let opening;
let back;
let heard = {};
let unheard = [];

/** What went wrong: an answer of the endpoint, no answer, or what the widget said. */
export class AuthKitError extends Error {
  name = "AuthKitError";

  constructor(message, { code, status, requestId, retryAfter, cause } = {}) {
    super(message, { cause });
    Object.assign(this, { code, status, requestId, retryAfter });
  }
}

/** See index.d.ts, which has the documentation of everything that is returned. */
export function createAuthKit(settings) {
  const { widget, endpoint = "/api/authkit", getToken, identity, identityType, resume: resumes = true, ...defaults } = settings;
  let grant;
  let asking;

  async function connect(given) {
    // An event, if this itself is the listener of a button.
    const own = given?.preventDefault ? {} : given;
    const options = { ...defaults, ...own };
    let mine;
    try {
      // What comes of a way back that nobody has taken up is this caller's, too.
      if (!back) heard = { ...heard, ...own };
      await wayBack();
      // A second click: the widget is opening, or open.
      if (isBusy()) return;
      mine = begin(options, (name, value) => options[name]?.(value));
      for (let n = 0; frame() && n < STEPS; n += 1) await new Promise((later) => setTimeout(later, STEP));
      frame()?.remove();
      await ask();
      (await make(mine)).open();
      dress(mine);
    } catch (error) {
      if (opening === mine) opening = undefined;
      fail(error, options.onError);
    }
  }

  async function resume(given) {
    heard = { ...heard, ...given };
    const late = unheard;
    unheard = [];
    for (const [name, value] of late) hear(name, value);
    await wayBack().catch((error) => fail(error, heard.onError ?? defaults.onError));
  }

  const wayBack = () => (back ??= takeUp());

  function hear(name, value) {
    const listener = heard[name] ?? defaults[name];
    if (listener) listener(value);
    // The component that listens may not be there yet.
    else if (value) unheard.push([name, value]);
  }

  async function takeUp() {
    const mark = store("sessionStorage", (storage) => JSON.parse(storage.getItem(KEY)));
    store("sessionStorage", (storage) => storage.removeItem(KEY));
    const parameters = new URLSearchParams(location.search);
    const mayBe =
      Date.now() - mark?.at < AWAY ||
      // How versions 1.1 and 1.3 of @withone/auth remember it. Others are known by the mark.
      ["one_auth_state", "one_auth_error"].some((name) => parameters.has(name)) ||
      store("sessionStorage", (storage) => storage.getItem("__withone_auth_pending"));
    if (!mayBe) return;
    const mine = begin({ ...defaults, replaces: mark?.replaces }, hear);
    try {
      // The hook itself looks for a way back, and opens its widget if this is one.
      await make(mine);
      if (frame()) dress(mine);
      else opening = undefined;
    } catch (error) {
      opening = back = undefined;
      // As if this page had not been: what it could not take up, the next one does.
      if (mark) leave(mark);
      throw error;
    }
  }

  /** The page's one widget from now on. `tell` calls one of the callbacks. */
  function begin(options, tell) {
    const { replaces, title } = options;
    const before = document.activeElement;
    const mine = { options, replaces, title, tell, starting: true };
    mine.closed = () => {
      if (opening === mine) opening = undefined;
      tell("onClose");
      // Unless the page has put it somewhere.
      if ([document.body, frame()].includes(document.activeElement)) before?.focus();
    };
    return (opening = mine);
  }

  /** The widget, made by the official hook with what every version of it understands. */
  async function make(mine) {
    const { app, onOpen, replaces, ...options } = mine.options;
    const headers = await grantHeaders();
    return widget({
      selectedConnection: app,
      ...options,
      // Absolute: the widget resolves it, on another origin.
      token: { url: new URL(endpoint, location.href).href, headers },
      onSuccess: async (connection) => {
        const old = mine.replaces;
        // Once: the next app in the same widget takes no one's place.
        mine.replaces = undefined;
        if (old) await replace(old, connection).catch((error) => mine.tell("onError", error));
        mine.tell("onSuccess", connection);
      },
      onError: (text) => mine.tell("onError", new AuthKitError(String(text), { code: "widget" })),
      onClose: mine.closed,
    });
  }

  /** Asks for one row, so that a refusal and an empty list are the page's to show; once with a grant. */
  async function ask() {
    const url = new URL(endpoint, location.href);
    // Elsewhere, this page is not one that may read the list.
    if (url.origin !== location.origin) return;
    const headers = await grantHeaders();
    if (grant?.isGood) return;
    const one = (headers) => call("?page=1&limit=1", "POST", headers);
    const { total } = await one(headers).catch(async (error) => {
      if (error.status !== 401) throw error;
      // The grant may be the trouble: its key was changed, or the clocks stood still.
      drop();
      return one(await grantHeaders());
    });
    if (total === 0) throw new AuthKitError("No app is enabled yet.", { code: "no_integrations" });
    if (grant) grant.isGood = true;
  }

  function grantHeaders() {
    if (grant && grant.life - since(grant.at) > Math.min(AHEAD, grant.life / 2)) return Promise.resolve(grant.headers);
    // Whoever asks meanwhile gets the same one; unless it was forgotten meanwhile.
    const mine = (asking ??= get().finally(() => asking === mine && (asking = undefined)));
    return mine;

    async function get() {
      // From before it was made, so that a slow answer is no longer life.
      const at = now();
      const { headers, expires_in } = await call("/grant", "POST");
      if (asking === mine) grant = { headers, at, life: expires_in * 1000 };
      return headers;
    }
  }

  const drop = () => (grant = asking = undefined);

  function forget() {
    drop();
    store("sessionStorage", (storage) => storage.removeItem(KEY));
    store("localStorage", (storage) => {
      storage.setItem(KEY, Math.random());
      storage.removeItem(KEY);
    });
  }

  async function call(path, method, headers) {
    const url = new URL(endpoint + path, location.href);
    const isPost = method === "POST";
    const wish = Object.entries({ identity, identityType }).filter(([, value]) => value);
    if (!isPost) wish.forEach(([name, value]) => url.searchParams.set(name, value));
    let code = "token";
    let response, data;
    try {
      const token = await getToken?.();
      code = "network";
      response = await fetch(url, {
        method,
        headers: {
          ...(isPost && { "content-type": "application/json" }),
          ...(token && { authorization: `Bearer ${token}` }),
          ...headers,
        },
        ...(isPost && { body: JSON.stringify(Object.fromEntries(wish)) }),
        cache: "no-store",
      });
      if (response.status === 204) return;
      code = "unreadable";
      data = await response.json();
    } catch (cause) {
      throw new AuthKitError(WORDS[code], { code, status: response?.status, cause });
    }
    if (response.ok) return data;
    const { message, code: named = "unknown", request_id: requestId } = data ?? {};
    throw new AuthKitError(typeof message === "string" ? message : "The server refused.", {
      code: named,
      status: response.status,
      requestId,
      retryAfter: Number(response.headers.get("retry-after")) || undefined,
    });
  }

  /** The old connection ends only when the list has the new one, of the same app, beside it. */
  async function replace(old, { key }) {
    const rows = await connections();
    const was = rows.find(({ id }) => id === old);
    const isThere = rows.some((row) => row.id !== old && row.key === key && row.platform === was?.platform);
    if (was && key && isThere) await disconnect(old);
  }

  const connections = async () => (await call("/connections", "GET")).connections;
  const disconnect = (id) => call(`/connections/${encodeURIComponent(id)}`, "DELETE");
  // The widget finds an app by the name that people see.
  const reconnect = ({ id, title, platform }, given) => connect({ app: title ?? platform, ...given, replaces: id });

  if (typeof document !== "undefined") {
    // Signed out in another tab: it says so (once: what it has written it takes back, which is an event, too),
    // or it has emptied the storage.
    addEventListener("storage", ({ key, newValue }) => ((key === KEY && newValue) || key === null) && drop());
    // Or it does not, while nobody looks at this page.
    addEventListener("visibilitychange", () => document.hidden && drop());
    addEventListener("pagehide", () => isBusy() && leave({ at: Date.now(), replaces: opening.replaces }));
    addEventListener("pageshow", ({ persisted }) => persisted && comeBack(drop));
    // Later, so that whoever calls this can say first what is to happen then.
    if (resumes) queueMicrotask(resume);
  }
  return { connect, resume, connections, disconnect, reconnect, forget, grantHeaders };
}

const WORDS = {
  token: "Who is signed in could not be found out.",
  network: "The server cannot be reached.",
  unreadable: "The server's answer cannot be read.",
};

const frame = () => document.getElementById(FRAME);
const isBusy = () => opening && (opening.starting || frame());

// One clock of the two may stand still while the computer sleeps, the other may be set back.
const now = () => ({ steady: performance.now(), wall: Date.now() });
const since = (then) => Math.max(performance.now() - then.steady, Date.now() - then.wall);

/** Leaves a mark for the next page load. */
const leave = (mark) => store("sessionStorage", (storage) => storage.setItem(KEY, JSON.stringify(mark)));

/** Does something with a storage, unless the browser forbids it: then there is nothing in it. */
function store(name, act) {
  try {
    return act(globalThis[name]);
  } catch {}
}

/** The browser's Back button, from the provider: the widget is there still, and hears nothing any more. */
function comeBack(drop) {
  drop();
  store("sessionStorage", (storage) => storage.removeItem(KEY));
  if (!opening || !frame()) return;
  frame().remove();
  opening.closed();
}

/** An error goes to whoever asked for errors, else to whoever awaits. */
function fail(cause, onError) {
  const error = cause instanceof AuthKitError ? cause : new AuthKitError(String(cause?.message ?? cause), { code: "widget", cause });
  if (!onError) throw error;
  onError(error);
}

/** Gives the iframe what the packages leave out: a name, the focus, and leave to call this machine. */
function dress(mine) {
  mine.starting = false;
  const made = frame();
  if (!made) return;
  made.title = mine.title ?? "Connect an app";
  if (/^(localhost|.*\.localhost|127\.[\d.]+|\[::1\])$/.test(location.hostname)) {
    // Chrome's Local Network Access. It counts from the start of a load: being moved, the iframe loads anew.
    made.allow = "local-network-access";
    document.body.append(made);
  }
  new MutationObserver((_, observer) => {
    if (made.style.visibility !== "visible") return;
    observer.disconnect();
    mine.tell("onOpen");
    made.focus();
  }).observe(made, { attributeFilter: ["style"] });
}
