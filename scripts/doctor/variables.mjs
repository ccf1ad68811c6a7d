// Where `wrangler dev` takes each variable and secret from, and what it changes on the way.
//
// The order is wrangler's: a file .dev.vars goes before everything; without one, the variables of the
// shell and then the files .env do; [vars] comes last. With [secrets], only names that stand in `required`
// or in [vars] are taken.
import { existsSync, readFileSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import { isSecret } from "../dev-vars.mjs";

/** The files that wrangler looks for, the ones that win first. */
const devFiles = (env) => [...(env ? [`.dev.vars.${env}`] : []), ".dev.vars"];
const envFiles = (env) => [...(env ? [`.env.${env}.local`, `.env.${env}`] : []), ".env.local", ".env"];

/**
 * What there is to take values from. `config` is the path of wrangler.toml, `env` the name of an
 * environment or empty, `shell` the variables of the shell.
 */
export async function readVariables({ config, env, shell = process.env }) {
  const { unstable_readConfig: readConfig, unstable_getVarsForDev: getVars } = await import("wrangler");
  const settings = readConfig({ config, env: env || undefined }, { hideWarnings: true });
  const folder = dirname(config);
  const dev = devFiles(env).find((name) => existsSync(join(folder, name)));
  const files = dev ? [dev] : envFiles(env).filter((name) => existsSync(join(folder, name)));
  // wrangler's own parser. `[secrets]` would leave names out.
  const parse = (name) => {
    const only = name.startsWith(".env") ? [join(folder, name)] : undefined;
    const parsed = getVars(config, only, {}, env || undefined, true);
    return Object.fromEntries(Object.entries(parsed).map(([key, { value }]) => [key, value]));
  };
  return {
    env,
    configName: basename(config),
    vars: settings.vars ?? {},
    required: settings.secrets && (settings.secrets.required ?? []),
    stored: (settings.secrets_store_secrets ?? []).map(({ binding }) => binding),
    files: files.map((name) => {
      const bytes = readFileSync(join(folder, name));
      return { name, bytes, parsed: parse(name), expands: name.startsWith(".env") };
    }),
    shell: dev || !readsShell(settings, shell) ? {} : shell,
  };
}

/** Whether variables of the shell reach the Worker at all, where no .dev.vars is. */
function readsShell(settings, shell) {
  const on = (name) => shell[name]?.toLowerCase();
  if (on("CLOUDFLARE_LOAD_DEV_VARS_FROM_DOT_ENV") === "false") return false;
  return Boolean(settings.secrets) || on("CLOUDFLARE_INCLUDE_PROCESS_ENV") === "true";
}

/** Where a value is from: `place`, for a person, and `kind`; nothing if it is nowhere. */
export function originOf(name, variables) {
  const { env, configName, vars, required, stored, files, shell } = variables;
  if (stored.includes(name)) {
    return { kind: "store", place: `the Secrets Store, by secrets_store_secrets of ${configName}` };
  }
  const taken = !required || required.includes(name) || name in vars;
  const file = files.find(({ parsed }) => name in parsed);
  // An empty variable of the shell goes before [vars], and not before a file.
  if (taken && name in shell && (shell[name] !== "" || !file)) {
    return { kind: "shell", place: `a variable of this shell, which goes before ${file?.name ?? configName}` };
  }
  if (taken && file) return { kind: "file", place: file.name };
  if (!(name in vars) || vars[name] === "") return undefined;
  return { kind: "vars", place: `[${env ? `env.${env}.vars` : "vars"}] of ${configName}` };
}

/** Whether the shell has a value that wrangler does not take. */
const isLeftOut = (name, { shell, required, vars }) =>
  Boolean(shell[name]) && required && !required.includes(name) && !(name in vars);

/** The check with where the values are from that it names. */
export function withOrigins(check, variables) {
  if (check.status === "ok") return check;
  let advice = check.advice ?? "";
  const names = new Set(`${check.name} ${advice}`.match(/\b[A-Z][A-Z0-9]*(?:_[A-Z0-9]+)*\b/g));
  const known = (name) => name.length > 3 && name !== "HTTP";
  const notes = [];
  for (const name of [...names].filter(known)) {
    const origin = originOf(name, variables);
    if (!origin && name === check.name && isLeftOut(name, variables)) {
      // A variable in `required` would be a secret that every deploy wants.
      const where = isSecret(name) ? "in [secrets] required" : `in [vars]: ${name} = ""`;
      notes.push(`${name} of this shell is not read: name it in ${variables.configName}, ${where}`);
    }
    if (!origin) continue;
    const mend = origin.kind === "shell" ? `: unset ${name}, or set it to something else` : "";
    notes.push(`${name} is from ${origin.place}${mend}`);
    // What to type for another place.
    if (name !== check.name) continue;
    if (origin.kind !== "vars") advice = advice.replace(/\. In \[vars\] of wrangler\.toml: \w+ = "…"$/, "");
    if (origin.kind !== "store") advice = advice.replace(/\. A secret is set by: .*$/, "");
  }
  if (variables.env) {
    const section = `[env.${variables.env}.vars]`;
    advice = advice.replaceAll("[vars]", section).replace(/(secret put \w+)/, `$1 --env ${variables.env}`);
  }
  return { ...check, advice: [advice, ...notes].filter(Boolean).join("\n") };
}

/** Warnings of what a person would not expect of the variables, whatever the Worker makes of them. */
export function variableWarnings(variables) {
  const { vars, files, shell } = variables;
  const warnings = [];
  const warn = (name, lines) => {
    if (lines.length > 0) warnings.push({ name, status: "warning", advice: lines.join("\n") });
  };
  const replaced = Object.keys(vars).filter(
    (name) => vars[name] !== "" && originOf(name, variables)?.kind === "shell" && shell[name] !== vars[name],
  );
  warn("shell", replaced.map((name) => `${name}: the value of this shell is taken, not that of ${variables.configName}`));
  for (const file of files) {
    warn(file.name, changedValues(file));
  }
  return warnings;
}

/** What wrangler's parser makes of the lines of a file that they do not say. No value is told. */
export function changedValues({ bytes, parsed, expands }) {
  if (bytes.includes(0)) return ["is not UTF-8, so nothing in it is read: save it as UTF-8"];
  const said = [];
  const last = new Map();
  for (const entry of entries(bytes.toString("utf8").replace(/^\ufeff/, ""))) {
    const { line, name } = entry;
    if (!name) said.push(`line ${line} is no NAME=value, and not read`);
    else if (!Object.hasOwn(parsed, name)) said.push(`line ${line}: ${name} is not read`);
    else {
      const before = last.get(name);
      if (before) said.push(`${name} is there twice: line ${line} counts, line ${before.line} does not`);
      last.set(name, entry);
    }
  }
  for (const [name, entry] of last) {
    const change = changeOf(entry.rest, parsed[name], expands);
    if (change) said.push(`line ${entry.line}, ${name}: ${change}`);
  }
  return said;
}

/** The assignments of a file: where each is, its name, and what follows `=` up to the end of the value. */
function* entries(text) {
  const lines = text.split(/\r\n?|\n/);
  for (let index = 0; index < lines.length; index += 1) {
    const line = index + 1;
    if (/^\s*(#|$)/.test(lines[index])) continue;
    const found = lines[index].match(/^\s*(?:export\s+)?([\w.-]+)(?:\s*=|:\s+)(.*)$/);
    if (!found) {
      yield { line };
      continue;
    }
    let [, name, rest] = found;
    const quote = rest.trimStart()[0];
    const closes = (value) => value.trimStart().slice(1).replaceAll(`\\${quote}`, "").includes(quote);
    if (`'"\``.includes(quote ?? " ") && !closes(rest)) {
      // A value of several lines, if the quote ends on a later one.
      const more = lines.slice(index + 1).findIndex((next) => next.includes(quote));
      const whole = more < 0 ? rest : [rest, ...lines.slice(index + 1, index + more + 2)].join("\n");
      if (more >= 0 && /^\s*(#.*)?$/.test(whole.slice(whole.lastIndexOf(quote) + 1))) {
        rest = whole;
        index += more + 1;
      }
    }
    yield { line, name, rest };
  }
}

/** How the value differs from what stands there; nothing if it says what everybody would read. */
function changeOf(rest, value, expands) {
  const text = rest.trim();
  const quoted = text.match(/^(['"`])([\s\S]*)\1$/) ?? text.match(/^(['"`])((?:(?!\1)[\s\S])*)\1\s*#.*$/);
  const inner = quoted?.[2];
  // What stands after a space and `#` is a comment to everybody.
  const meant = inner ?? rest.replace(/\s#.*$/s, "").trim();
  const dropped = meant.startsWith(value) ? meant.slice(value.length) : "";
  if (value !== meant) {
    if (/^\s*#/.test(dropped)) return "is cut at `#`, which begins a comment. Put it in quotes: '…'";
    if (quoted?.[1] === '"' && /\\[nr]/.test(text)) {
      return "`\\n` and `\\r` become line ends within \". Put it in single quotes: '…'";
    }
    if (expands && /[$\\]/.test(meant)) {
      return "`$` and `\\` are replaced in a file .env. Put it in .dev.vars, where they are not";
    }
    if (/^['"`]/.test(value)) return "its quotes do not end where the line does, so they are part of the value";
    return "is read differently than it stands there. Put it in quotes: '…'";
  }
  if (/^['"`“”‘’«»„]|['"`“”‘’«»„]$/.test(value)) {
    return "a quote is part of the value: only a pair of ', \" or ` is taken off";
  }
  if (/\\["'`]/.test(value)) return "a `\\` before a quote is part of the value. Use other quotes around it";
  if (/^\s|\s$/.test(rest) && /^\S/.test(text) && inner === undefined && !/\s#/.test(rest)) {
    return "the spaces around it are dropped";
  }
  if (inner !== undefined && /^\s|\s$/.test(inner)) return "the spaces within the quotes are dropped by the Worker";
  return undefined;
}
