// The front-end module of client/, with both official packages. A page of yours imports one of them, and
// has no need of the rest.

import { useAuthKit } from "@picahq/authkit";
import { useOneAuth } from "@withone/auth";
import { createAuthKit } from "authkit-edge-client";
import { effectiveTheme } from "./theme.js";

const PACKAGES = { pica: useAuthKit, one: useOneAuth };
const KEY = "widget";

/** Which package is chosen. Kept for the tab, since One's way through a provider leaves the page. */
export const provider = () => sessionStorage.getItem(KEY) ?? SETTINGS.provider;
export const choose = (name) => sessionStorage.setItem(KEY, name);

/** The widget and the connections. `callbacks` are those of every widget that it opens. */
export function startAuthKit(callbacks) {
  return createAuthKit({
    widget: (props) => PACKAGES[provider()](props),
    // Undefined means the hosted widget. In development it is the sandbox's stand-in.
    baseUrl: SETTINGS.widget,
    appTheme: effectiveTheme(),
    // When the page knows who is signed in.
    resume: false,
    ...callbacks,
  });
}
