// Names what .dev.vars (or .env) sets and `wrangler dev` gives to no Worker, and what to write in
// wrangler.toml: node dev-vars.mjs [--config FILE]. wrangler drops such lines without a word.
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { parseArgs } from "node:util";

const ROOT = join(import.meta.dirname, "..");
/** Whether a setting is a secret, by its name. */
export const isSecret = (name) => /_(SECRET|KEY)(_NEXT|_PREVIOUS)?$/.test(name);

/**
 * What is set for an environment of `config` ("" is the top level) and not read.
 *
 * wrangler itself says which names it reads. In `.dev.vars` every other line is listed; in `.env` only
 * settings of the Worker, since that file is for other programs as well.
 * @returns {Promise<{ file: string, line: number, name: string, advice: string }[]>}
 */
export async function findUnread(config, env) {
  const folder = dirname(config);
  const here = (names) => names.filter((name) => existsSync(join(folder, name)));
  const [devVars] = here(env ? [`.dev.vars.${env}`, ".dev.vars"] : [".dev.vars"]);
  const dotEnv = here([".env", ".env.local", ...(env ? [`.env.${env}`, `.env.${env}.local`] : [])]);
  if (!devVars && dotEnv.length === 0) return [];

  const { unstable_readConfig: readConfig, unstable_getVarsForDev: getVars } = await import("wrangler");
  const { vars, secrets } = readConfig({ config, env: env || undefined }, { hideWarnings: true });
  const load = (files, ...rest) => Object.keys(getVars(config, files, ...rest));
  const read = new Set(load(undefined, vars, env || undefined, true, secrets));
  const set = (files) => load(files, {}, env || undefined, true);

  const known = settings();
  const table = (name) => (env ? `[env.${env}.${name}]` : `[${name}]`);
  const unread = (files) => set(files).filter((name) => !read.has(name));
  // One line for all of them: the second would replace the first.
  const missing = unread(undefined).filter((name) => known.has(name) && isSecret(name));
  const required = `[${[...(secrets?.required ?? []), ...missing].map((name) => `"${name}"`).join(", ")}]`;
  const advise = (name) => {
    if (!known.has(name)) return "is no setting of this Worker. Is it misspelt?";
    const [section, line] = isSecret(name) ? ["secrets", `required = ${required}`] : ["vars", `${name} = ""`];
    return `is not read. In wrangler.toml, below ${table(section)}, write: ${line}`;
  };
  const found = (file, names, advice) =>
    names.flatMap((name) => linesOf(join(folder, file), name).map((line) => ({ file, line, name, advice: advice(name) })));

  if (!devVars) {
    return dotEnv.flatMap((file) => found(file, unread([file]).filter((name) => known.has(name)), advise));
  }
  const moved = () => `is not read, because there is a ${devVars}. Move the line there`;
  const others = dotEnv.flatMap((file) => found(file, set([file]).filter((name) => known.has(name)), moved));
  return [...found(devVars, unread(undefined), advise), ...others];
}

/** The numbers of the lines that set a name. */
function linesOf(path, name) {
  const sets = new RegExp(`^\\s*(?:export\\s+)?${name.replaceAll(".", "\\.")}\\s*[=:]`);
  const lines = readFileSync(path, "utf8").split("\n");
  return lines.flatMap((text, index) => (sets.test(text) ? [index + 1] : []));
}

/** The names of all settings: those that stand in the code that reads them. */
export function settings() {
  const folder = join(ROOT, "src/config");
  const sources = readdirSync(folder, { recursive: true }).filter((name) => name.endsWith(".rs"));
  const texts = sources.map((name) => readFileSync(join(folder, name), "utf8").split("#[cfg(test)]")[0]);
  return new Set(texts.join("").match(/(?<=")[A-Z]+(_[A-Z]+)*(?=")/g));
}

/** The same for the top level and for every environment that has a file of its own. */
async function findAllUnread(config) {
  const files = readdirSync(dirname(config)).filter((name) => /^\.dev\.vars\.(?!example$)/.test(name));
  const found = await findUnread(config, "");
  if (files.length === 0) return found;
  const { experimental_readRawConfig: readRawConfig } = await import("wrangler");
  const environments = Object.keys(readRawConfig({ config }).rawConfig.env ?? {});
  for (const file of files) {
    const env = file.slice(".dev.vars.".length);
    if (environments.includes(env)) found.push(...(await findUnread(config, env)));
    else found.push({ file, name: file, advice: `is not read: wrangler.toml has no [env.${env}]` });
  }
  return found;
}

if (import.meta.filename === process.argv[1]) {
  const { values } = parseArgs({ options: { config: { type: "string", default: join(ROOT, "wrangler.toml") } } });
  try {
    const found = await findAllUnread(values.config);
    if (found.length > 0) console.log("==> NOT READ: these lines do nothing, and wrangler does not say so");
    for (const { file, line, name, advice } of found) {
      console.log(`    ${line ? `${file}:${line} ${name}` : name} ${advice}`);
    }
  } catch (error) {
    // Whether wrangler.toml is right is wrangler's to say, when something is made of it.
    console.log(`==> NOT CHECKED whether wrangler reads all of .dev.vars: ${error.message.split("\n")[0]}`);
  }
}
