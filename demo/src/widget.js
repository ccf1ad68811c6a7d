// The official packages. Both are plain functions in spite of their names: no React is needed.

import { useAuthKit } from "@picahq/authkit";
import { useOneAuth } from "@withone/auth";

const PACKAGES = { pica: useAuthKit, one: useOneAuth };
// Both packages give their iframe this id.
const FRAME = "event-link";
/** Where a developer has the page. */
const LOOPBACK = /^(localhost|.*\.localhost|127\.[\d.]+|\[::1\])$/;

/** Opens a provider's widget over the page. `events` are the package's `on…` callbacks. */
export function openWidget(provider, options, events) {
  prepare(provider, options, events).open();
  watch(events);
}

/** Whether this page load is the way back from a provider that One went to in this window. */
export function isReturn() {
  const parameters = new URLSearchParams(location.search);
  return parameters.has("one_auth_state") || parameters.has("one_auth_error");
}

/** Lets @withone/auth take up what it finds in the URL. It opens its widget, if any, by itself. */
export function takeUpReturn(options, events) {
  prepare("one", options, events);
  watch(events);
}

function prepare(provider, { headers, title, app, theme }, events) {
  return PACKAGES[provider]({
    // Undefined means the hosted widget. In development it is the sandbox's stand-in.
    baseUrl: SETTINGS.widget,
    token: {
      // Absolute: the widget resolves it, on another origin.
      url: `${location.origin}/api/authkit`,
      headers,
    },
    title,
    selectedConnection: app || undefined,
    appTheme: theme,
    ...events,
  });
}

/** Gives the iframe what the packages leave out, and the focus once it can be seen. */
function watch({ onVisible }) {
  const frame = document.getElementById(FRAME);
  if (!frame) return;
  frame.title = "Connect an app";
  if (LOOPBACK.test(location.hostname)) {
    // In Chrome the hosted widget may call this machine from an iframe only with this. It counts
    // from the start of a load, and the package has begun one: being moved, the iframe loads anew.
    frame.allow = "local-network-access";
    document.body.append(frame);
  }
  new MutationObserver((_, observer) => {
    if (frame.style.visibility !== "visible") return;
    observer.disconnect();
    onVisible?.();
    frame.focus();
  }).observe(frame, { attributeFilter: ["style"] });
}
