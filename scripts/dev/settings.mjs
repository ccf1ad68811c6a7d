// The settings of the Worker that `make dev` starts: for the demo, or with APP for an application of
// your own. What the shell sets is used, or it is said that it is not.
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { isSecret, settings } from "../dev-vars.mjs";

const ROOT = join(import.meta.dirname, "../..");
/** The route of the token, below which the others are. */
export const ROUTE = "/api/authkit";
/** What the sandbox stands in for: its own key and address count, and no account of yours. */
const SANDBOX = ["PICA_SECRET_KEY", "PICA_SECRET_KEY_NEXT", "ONE_SECRET_KEY", "ONE_SECRET_KEY_NEXT", "AUTHKIT_BASE_URL", "ENVIRONMENT"];
/** Who is asking. The demo has a sign-in of its own. */
const IDENTITY = /^(IDENTITY_SOURCE$|JWT_|SESSION_|ACCESS_)/;
/** Bindings, which no text can be. */
const BINDINGS = ["SESSION", "CLIENT_LIMITER", "IDENTITY_LIMITER"];
/** Products that write the page's origin into `azp`. */
const ORIGIN_IN_AZP = ["clerk"];
const WIDGETS = ["https://authkit.picaos.com", "https://auth.withone.ai"];
/** What is given to `make dev` and is no setting of the Worker. */
const OWN = ["APP", "PRESET", "ISSUER", "HOST", "PORT", "SANDBOX_PORT"];
const HOW = "PRESET=supabase ISSUER=your-project-ref, or PRESET=better-auth; docs/start.md has the line for each product";

/** The names that a shell or a file can set. In the code there are other words in capitals: `ES`, `RS`. */
const NAMES = [...settings()].filter((name) => (name.includes("_") || name.length > 9) && !BINDINGS.includes(name));
/** The sources that have settings of their own, by how those begin. */
const FAMILIES = ["session", "jwt", "access"];
const familyOf = (name) => FAMILIES.find((family) => name.startsWith(`${family.toUpperCase()}_`));

/** The names of sign-in products, by what the Worker does with them. */
export const PRESETS = {
  jwt: words("presets.rs", /"name=([a-z0-9-]+)/g),
  session: words("session.rs", /Preset::new\(\s*"([a-z0-9-]+)"/g),
};

function words(file, pattern) {
  const [text] = readFileSync(join(ROOT, "src/config", file), "utf8").split("#[cfg(test)]");
  return [...new Set([...text.matchAll(pattern)].map(([, name]) => name))];
}

/**
 * What the Worker is started with.
 *
 * `shell` is the environment, `devVars` what .dev.vars sets, `toml` the variables of production in
 * wrangler.toml, `base` what a stand-in for everything needs, and `sandbox` its address.
 * @returns {{ variables: Record<string, string>, from: Record<string, string>, notes: string[], faults: string[] }}
 *   `from` says for each setting of yours where it is from; with a fault nothing can be started.
 */
export function devSettings({ shell, devVars = {}, toml = {}, base, sandbox }) {
  const notes = [];
  const given = (layer) => Object.fromEntries(NAMES.filter((name) => layer[name]).map((name) => [name, layer[name]]));
  const typed = given(shell);
  for (const name of SANDBOX) {
    if (typed[name] && typed[name] !== base[name]) notes.push(`${name} is not used: ${name === "ENVIRONMENT" ? "this is development" : "the sandbox has a key and an address of its own"}`);
    delete typed[name];
  }
  for (const name of assigned(shell.MAKEFLAGS)) {
    if (!OWN.includes(name) && !NAMES.includes(name)) notes.push(`${name} is not used: it is no setting of this Worker. Is it misspelt?`);
  }
  const found = shell.APP ? application(shell, typed, given(devVars), given(toml), notes) : demo(shell, typed, notes);
  if (found.faults.length > 0) return { variables: {}, from: {}, notes, faults: found.faults };
  const { own, from } = found;
  const stand = Object.entries(base).filter(([name]) => !found.app || !IDENTITY.test(name));
  const variables = { ...Object.fromEntries(stand), ...own, AUTHKIT_BASE_URL: sandbox };
  const list = (text) => (text ?? "").split(",").map((entry) => entry.trim()).filter(Boolean);
  const origins = list(own.ALLOWED_ORIGINS ?? WIDGETS.join(","));
  if (!origins.includes("*")) variables.ALLOWED_ORIGINS = [...new Set([...origins, sandbox])].join(",");
  if (found.app) variables.APP_ORIGINS = [...new Set([...list(own.APP_ORIGINS), found.app])].join(",");
  return { variables, from, notes, faults: [] };
}

/** The demo signs in at the sandbox, and knows no other sign-in. */
function demo(shell, typed, notes) {
  const faults = ["PRESET", "ISSUER"].filter((name) => shell[name]).map((name) => `${name} is for an application of your own: add APP=http://localhost:3000`);
  for (const name of Object.keys(typed)) {
    if (!IDENTITY.test(name)) continue;
    notes.push(`${name} is not used: the demo has a sign-in of its own. With APP=http://localhost:3000 it is`);
    delete typed[name];
  }
  return { own: typed, from: Object.fromEntries(Object.keys(typed).map((name) => [name, "this shell"])), faults };
}

/** An application of yours, which signs its own users in. */
function application(shell, typed, devVars, toml, notes) {
  const faults = [];
  const app = URL.canParse(shell.APP) ? new URL(shell.APP) : undefined;
  if (!/^https?:$/.test(app?.protocol) || app.pathname !== "/" || app.search || app.hash || app.username) {
    return { faults: ["APP must be the origin of your application, such as APP=http://localhost:3000"] };
  }
  const wanted = short(shell, typed, faults);
  for (const name of SANDBOX) {
    if (devVars[name] && isSecret(name)) notes.push(`${name} of .dev.vars is not used: the sandbox has a key of its own`);
    delete devVars[name];
    delete toml[name];
  }
  // What is for production only is where the application is then.
  const moved = movedTo(app.origin, toml);
  const layers = { "this shell": { ...typed, ...wanted }, ".dev.vars": devVars, "wrangler.toml": moved };
  const own = {};
  const from = {};
  for (const [place, layer] of Object.entries(layers)) {
    for (const [name, value] of Object.entries(layer)) {
      if (name in own) continue;
      own[name] = value;
      from[name] = place;
    }
  }
  const set = (name, value, why) => {
    own[name] = value;
    from[name] = why;
  };
  // What somebody has just typed says it before a file does.
  const typedFamilies = FAMILIES.filter((family) => Object.keys(typed).some((name) => familyOf(name) === family));
  const families = FAMILIES.filter((family) => Object.keys(own).some((name) => familyOf(name) === family));
  if (from.IDENTITY_SOURCE !== "this shell" && typedFamilies.length > 0) set("IDENTITY_SOURCE", typedFamilies.join(","), "this shell");
  else if (!own.IDENTITY_SOURCE && families.length > 0) set("IDENTITY_SOURCE", families.join(","), "what is set");
  if (!own.IDENTITY_SOURCE && faults.length === 0) faults.push(`Who signs your users in? Say ${HOW}`);
  const sources = (own.IDENTITY_SOURCE ?? "").split(",").map((source) => source.trim()).filter(Boolean);
  for (const name of Object.keys(typed)) {
    const family = familyOf(name);
    if (family && !sources.includes(family)) notes.push(`${name} is not used: IDENTITY_SOURCE has no \`${family}\``);
  }
  if (!sources.includes("grant")) set("IDENTITY_SOURCE", ["grant", ...sources].join(","), `${from.IDENTITY_SOURCE}, and \`grant\`, which the widget needs`);
  if (sources.includes("session") && !own.SESSION_ORIGIN && !own.SESSION_URL) set("SESSION_ORIGIN", app.origin, "APP");
  if (ORIGIN_IN_AZP.includes(own.JWT_PRESET) && !typed.JWT_AZP && !devVars.JWT_AZP) set("JWT_AZP", app.origin, "APP");
  return { app: app.origin, own, from, faults };
}

/** What PRESET and ISSUER stand for. The preset says whether a token is verified or the application asked. */
function short({ PRESET: preset, ISSUER: issuer }, typed, faults) {
  if (!preset && !issuer) return {};
  const known = { jwt: PRESETS.jwt.includes(preset), session: PRESETS.session.includes(preset) };
  if (preset && !known.jwt && !known.session) {
    faults.push(`PRESET is none of ${[...new Set([...PRESETS.jwt, ...PRESETS.session])].sort().join(", ")}`);
    return {};
  }
  const asks = known.session && !issuer;
  if (preset && issuer && !known.jwt) faults.push(`ISSUER is not for PRESET=${preset}, which is a session of your application's: leave it out`);
  if (!asks && !issuer && !typed.JWT_ISSUER) faults.push(`PRESET=${preset} needs ISSUER: docs/start.md says which`);
  const full = asks
    ? { IDENTITY_SOURCE: "session", SESSION_PRESET: preset }
    : { IDENTITY_SOURCE: "jwt", ...(preset && { JWT_PRESET: preset }), ...(issuer && { JWT_ISSUER: issuer }) };
  for (const [name, value] of Object.entries(full)) {
    if (!typed[name]) continue;
    if (name !== "IDENTITY_SOURCE" && typed[name] !== value) faults.push(`${name} and ${name.endsWith("ISSUER") ? "ISSUER" : "PRESET"} say two things: leave one out`);
    full[name] = typed[name];
  }
  // Without a preset there is none, whatever a file says.
  if (!asks && !preset && !typed.JWT_PRESET) full.JWT_PRESET = "custom";
  return full;
}

/** The same settings with the application at another origin than in production. */
function movedTo(origin, toml) {
  const moved = { ...toml };
  if (moved.SESSION_ORIGIN) moved.SESSION_ORIGIN = origin;
  if (URL.canParse(moved.SESSION_URL)) {
    const { pathname, search } = new URL(moved.SESSION_URL);
    moved.SESSION_URL = origin + pathname + search;
  }
  return moved;
}

/** The names that are given on make's command line, as GNU make passes them on. */
function assigned(flags = "") {
  const [, text = ""] = ` ${flags}`.split(/\s--\s/);
  return [...text.matchAll(/(?:^|[^\\]\s)([A-Za-z_]\w*)[:+?]?=/g)].map(([, name]) => name);
}

/** The lines to paste into the application. */
export function toPaste({ port, host, prefix = "", sandbox }) {
  const worker = `http://${host}:${port}`;
  const route = `${prefix}${ROUTE}`;
  return {
    // With AUTHKIT_URL, the same line does for production.
    next: `rewrites: async () => [{ source: "${route}/:path*", destination: \`\${process.env.AUTHKIT_URL ?? "${worker}"}${route}/:path*\` }],`,
    vite: `server: { proxy: { "${route}": "${worker}" } },`,
    widget: `${sandbox}/_sandbox/widget`,
  };
}
