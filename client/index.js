// Connects a user's apps through authkit-edge: gets grants, opens the official widget with them, takes
// up the way back from a provider, and lists and ends connections. README.md shows how to use it.
//
// It has no dependency. The official hook is an argument, since its packages are GPL-3.0 and this is not.

// The id that both official packages give their iframe.
const FRAME = "event-link";
// Set while a widget is open, so that the next page load knows what it may be the way back of.
const PENDING = "authkit-edge";
// As long as @withone/auth 1.3.0 and later remember it themselves, in milliseconds.
const PENDING_LIFE = 600_000;
// A grant that ends sooner than this is not given to a widget, in milliseconds.
const AHEAD = 60_000;
// Of the page, whichever instance a framework has made: it has room for one widget, and one way back.
let opening;
let returned = false;

/** What went wrong: an answer of the endpoint, no answer, or what the widget said. */
export class AuthKitError extends Error {
  name = "AuthKitError";

  constructor(message, { code, status, requestId, cause } = {}) {
    super(message, { cause });
    this.code = code;
    this.status = status;
    this.requestId = requestId;
  }
}

/** See index.d.ts, which has the documentation of everything that is returned. */
export function createAuthKit({ widget, endpoint = "/api/authkit", getToken, resume: resumes = true, ...defaults }) {
  let grant;
  let asking;
  let tabs;

  async function call(path, method, headers = {}) {
    const token = await getToken?.();
    let response, data;
    try {
      response = await fetch(new URL(endpoint + path, location.href), {
        method,
        headers: {
          ...(method === "POST" && { "content-type": "application/json" }),
          ...(token && { authorization: `Bearer ${token}` }),
          ...headers,
        },
        ...(method === "POST" && { body: "{}" }),
        cache: "no-store",
      });
      if (response.status === 204) return;
      data = await response.json();
    } catch (cause) {
      const message = response ? "The server's answer cannot be read." : "The server cannot be reached.";
      throw new AuthKitError(message, { code: response ? "unreadable" : "network", status: response?.status, cause });
    }
    if (response.ok) return data;
    const { message = "The server refused.", code = "unknown", request_id: requestId } = data ?? {};
    throw new AuthKitError(message, { code, status: response.status, requestId });
  }

  // One clock of the two may stand still while the computer sleeps, the other may be set back.
  const now = () => ({ steady: performance.now(), wall: Date.now() });
  const since = (then) => Math.max(performance.now() - then.steady, Date.now() - then.wall);

  function grantHeaders() {
    if (grant && grant.life - since(grant.at) > Math.min(AHEAD, grant.life / 2)) return grant.headers;
    // Whoever asks meanwhile gets the same one; unless it was forgotten meanwhile.
    const mine = (asking ??= ask().finally(() => asking === mine && (asking = undefined)));
    return mine;

    async function ask() {
      const at = now();
      const { headers, expires_in } = await call("/grant", "POST");
      if (asking === mine) grant = { headers, at, life: expires_in * 1000 };
      return headers;
    }
  }

  const drop = () => (grant = asking = undefined);

  function forget() {
    drop();
    // A channel does not hear itself.
    tabs?.postMessage("forget");
  }

  /** The widget, made by the official hook with what every version of it understands. */
  async function make({ app, onOpen, onSuccess, onError, onClose, replaces, ...options }) {
    const headers = await grantHeaders();
    const closed = () => {
      opening = undefined;
      sessionStorage.removeItem(PENDING);
      onClose?.();
    };
    const made = widget({
      // Absolute: the widget resolves it, on another origin.
      token: { url: new URL(endpoint, location.href).href, headers },
      selectedConnection: app,
      ...options,
      onSuccess: async (connection) => {
        sessionStorage.removeItem(PENDING);
        if (replaces) await replace(replaces, connection).catch((error) => onError?.(error));
        onSuccess?.(connection);
      },
      onError: (text) => {
        sessionStorage.removeItem(PENDING);
        onError?.(new AuthKitError(String(text), { code: "widget" }));
      },
      onClose: closed,
    });
    opening = { closed };
    return made;
  }

  async function connect(given = {}) {
    const options = { ...defaults, ...given };
    // A second click: the widget is opening, or open.
    if (opening && (opening.starting || document.getElementById(FRAME))) return;
    opening = { starting: true };
    try {
      // Asked for one row, so that a refusal and an empty list are the page's to show.
      const list = await call("?page=1&limit=1", "POST", await grantHeaders());
      if (list.total === 0) throw new AuthKitError("No app is enabled yet.", { code: "no_integrations" });
      const { open } = await make(options);
      const { replaces } = options;
      sessionStorage.setItem(PENDING, JSON.stringify({ at: Date.now(), replaces }));
      open();
      dress(options);
    } catch (error) {
      opening = undefined;
      sessionStorage.removeItem(PENDING);
      fail(error, options);
    }
  }

  async function resume(given = {}) {
    const pending = sessionStorage.getItem(PENDING);
    const parameters = new URLSearchParams(location.search);
    const { at = 0, replaces } = pending ? JSON.parse(pending) : {};
    const mayBe =
      Date.now() - at < PENDING_LIFE ||
      // How versions 1.1 and 1.3 of @withone/auth remember it. Others are known by the mark above.
      ["one_auth_state", "one_auth_error"].some((name) => parameters.has(name)) ||
      sessionStorage.getItem("__withone_auth_pending");
    if (returned || !mayBe) return;
    returned = true;
    const options = { ...defaults, ...given, replaces };
    try {
      // The hook itself looks for a way back, and opens its widget if this is one.
      await make(options);
      if (document.getElementById(FRAME)) dress(options);
      else opening = undefined;
    } catch (error) {
      fail(error, options);
    }
  }

  /** The browser's Back button, from the provider: the widget is there still, and hears nothing any more. */
  function comeBack() {
    drop();
    const frame = document.getElementById(FRAME);
    if (!frame || !opening) return;
    frame.remove();
    opening.closed?.();
  }

  /** The old connection ends only when the list has the new one beside it. */
  async function replace(old, { key }) {
    const { connections } = await call("/connections", "GET");
    const has = (test) => connections.some(test);
    if (has((row) => row.id === old) && has((row) => row.id !== old && row.key === key)) await disconnect(old);
  }

  const connections = async () => (await call("/connections", "GET")).connections;
  const disconnect = (id) => call(`/connections/${encodeURIComponent(id)}`, "DELETE");
  // The widget finds an app by the name that people see.
  const reconnect = ({ id, title, platform }, given) => connect({ app: title ?? platform, ...given, replaces: id });

  if (typeof document !== "undefined") {
    tabs = new BroadcastChannel(PENDING);
    tabs.onmessage = drop;
    // While nobody looks at this page, somebody may sign out in another one.
    addEventListener("visibilitychange", () => document.hidden && drop());
    addEventListener("pageshow", ({ persisted }) => persisted && comeBack());
    // Later, so that whoever calls this can say first what is to happen then.
    if (resumes) queueMicrotask(resume);
  }
  return { connect, resume, connections, disconnect, reconnect, forget, grantHeaders };
}

/** An error goes to whoever asked for errors, else to whoever awaits. */
function fail(cause, { onError }) {
  const error = cause instanceof AuthKitError ? cause : new AuthKitError(String(cause?.message ?? cause), { code: "widget", cause });
  if (!onError) throw error;
  onError(error);
}

/** Gives the iframe what the packages leave out: a name, the focus, and leave to call this machine. */
function dress({ onOpen }) {
  const frame = document.getElementById(FRAME);
  if (!frame) return;
  frame.title = "Connect an app";
  if (/^(localhost|.*\.localhost|127\.[\d.]+|\[::1\])$/.test(location.hostname)) {
    // Chrome's Local Network Access. It counts from the start of a load: being moved, the iframe loads anew.
    frame.allow = "local-network-access";
    document.body.append(frame);
  }
  new MutationObserver((_, observer) => {
    if (frame.style.visibility !== "visible") return;
    observer.disconnect();
    onOpen?.();
    frame.focus();
  }).observe(frame, { attributeFilter: ["style"] });
}
