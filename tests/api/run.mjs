// Lets schemathesis loose on the Worker, with its OpenAPI document: node run.mjs [--short].
//
// EXAMPLES (200) are made for each operation of each deployment, from SEED if that is given. The
// short form makes 25 from a seed that is always the same, for some of the deployments.
import { spawn } from "node:child_process";
import { once } from "node:events";
import { createServer } from "node:http";
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { buildSandbox, virtualenv } from "../conformance/lib/install.mjs";
import { KEY, startSandbox } from "../conformance/lib/sandbox.mjs";
import { removeWork, worker } from "../conformance/lib/systems.mjs";
import { profiles } from "./profiles.mjs";

const here = import.meta.dirname;
const work = join(here, `.work/${process.pid}`);
const bin = join(here, ".venv/bin");
const short = process.argv.includes("--short");
const examples = short ? "25" : (process.env.EXAMPLES ?? "200");
const seed = short ? "7" : process.env.SEED;
/** Longer than any answer may take: UPSTREAM_DEADLINE_MS and the loads of two key sets. */
const SLOWEST_SECONDS = "20";
/** For one deployment. */
const RUN_MS = 15 * 60_000;
/** Deployments at a time. */
const LANES = 2;

const started = Date.now();
const say = (text) => console.log(`[${Math.round((Date.now() - started) / 1000)} s] ${text}`);

process.on("exit", () => {
  removeWork();
  rmSync(work, { recursive: true, force: true });
});
for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"]) process.on(signal, () => process.exit(1));

/** Runs a program to its end and resolves to what it said. */
async function run(command, args, env = {}) {
  const options = { cwd: work, env: { ...process.env, ...env }, timeout: RUN_MS };
  const child = spawn(command, args, { ...options, stdio: ["ignore", "pipe", "pipe"] });
  let output = "";
  for (const stream of [child.stdout, child.stderr]) stream.on("data", (data) => (output += data));
  const [code] = await once(child, "close");
  return { passed: code === 0, output };
}

/** What the document names, and what of it some deployment reads. */
const named = new Set();
const read = new Set();

/** Takes out of the document what the deployment does not read. */
function reduce(document, reads) {
  const keeps = (input) => {
    named.add(input);
    if (!reads.includes(input)) return false;
    read.add(input);
    return true;
  };
  const { parameters, schemas } = document.components;
  const everywhere = [
    ...["query page", "query limit", "query platform", "query key", "path id"],
    "header x-request-id",
  ];
  for (const operation of Object.values(document.paths).flatMap(Object.values)) {
    operation.parameters = operation.parameters.filter(({ $ref, ...inline }) => {
      const parameter = $ref ? parameters[$ref.split("/").at(-1)] : inline;
      const input = `${parameter.in} ${parameter.name}`;
      return everywhere.includes(input) || keeps(input);
    });
    operation.security = operation.security.filter((option) => Object.keys(option).every(keeps));
  }
  const wish = schemas.Wish.properties;
  for (const name of Object.keys(wish)) if (!keeps(`body ${name}`)) delete wish[name];
}

/** Starts a profile's application, and resolves to where it is. */
async function serve(application) {
  const server = createServer(application);
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const stop = () => {
    server.close();
    server.closeAllConnections();
  };
  return { url: `http://127.0.0.1:${server.address().port}`, stop };
}

/** The configuration of schemathesis for a deployment. */
async function configOf({ auth, names, headers = {} }, sandbox) {
  const lines = ["[headers]", ...Object.entries(headers).map(([name, value]) => `${name} = "${value}"`)];
  for (const [scheme, values] of Object.entries((await auth?.(sandbox)) ?? {})) {
    lines.push(`[auth.openapi.${scheme}]`);
    for (const [key, value] of Object.entries(values)) lines.push(`${key} = "${value}"`);
  }
  if (names) {
    lines.push("[dictionaries.names]", `values = ${JSON.stringify(names)}`, "[parameters]");
    for (const place of ["query.identity", "body.identity"]) {
      lines.push(`"${place}" = { dictionary = "names", probability = 0.3 }`);
    }
  }
  return lines.join("\n");
}

/** Tests one deployment and resolves to whether it passed. */
async function test(profile, binary) {
  const { name, variables, reads, mints = false, faults = [], without = {} } = profile;
  const file = name.replaceAll(" ", "-");
  const sandbox = await startSandbox(binary, name);
  const application = profile.application && (await serve(profile.application));
  const system = worker(file, "header", "/api/authkit", variables(sandbox, application?.url));
  const server = await system.start(sandbox.url, KEY);
  try {
    const base = `http://127.0.0.1:${server.port}`;
    const document = await (await fetch(`${base}/api/authkit/openapi.json`)).json();
    reduce(document, reads);
    writeFileSync(join(work, `${file}.json`), JSON.stringify(document));
    writeFileSync(join(work, `${file}.toml`), await configOf(profile, sandbox));
    await sandbox.set({ faults });

    for (const [check, reason] of Object.entries(without)) say(`${name}: not ${check}, as ${reason}`);
    const report = join(work, `${file}-report.json`);
    const options = [
      ...["--checks", "all", "--max-response-time", SLOWEST_SECONDS, "--max-examples", examples],
      ...["--report", "json", "--report-json-path", report],
      ...Object.keys(without).flatMap((check) => ["--exclude-checks", check]),
      ...(seed ? ["--seed", seed] : []),
    ];
    const command = ["--no-color", "--config-file", `${file}.toml`, "run", `${file}.json`];
    const { passed, output } = await run(
      join(bin, "st"),
      [...command, "--url", base, ...options],
      { SCHEMATHESIS_HOOKS: "hooks", PYTHONPATH: here },
    );
    if (!existsSync(report)) throw new Error(output);
    const text = readFileSync(report, "utf8");
    const { test_cases: cases, valid_rates: rates } = JSON.parse(text);
    // It has more digits than a number of JavaScript.
    const used = text.match(/"seed": *(\d+)/)?.[1];
    const phases = Object.values(rates["POST /api/authkit"] ?? {});
    const minted = phases.reduce((sum, { accepted }) => sum + accepted, 0);
    say(`${name}: ${cases.generated} cases, ${cases.unique_failures} failures, seed ${used}`);
    if (!passed) console.log(output);
    // Without tokens it would be the refusals alone that were tested.
    if (mints !== minted > 0) say(`${name}: ${minted} requests for a token were granted`);
    return passed && mints === minted > 0;
  } finally {
    await server.stop();
    await sandbox.stop();
    application?.stop();
  }
}

async function main() {
  mkdirSync(work, { recursive: true });
  const binary = await buildSandbox(say);
  await virtualenv(say, "schemathesis", here);
  const document = join(here, "../../src/http/openapi.json");
  const { passed, output } = await run(join(bin, "openapi-spec-validator"), [document]);
  if (!passed) console.log(output);
  const failed = passed ? [] : ["OpenAPI 3.1"];

  const chosen = profiles.filter((profile) => profile.short || !short);
  say(`${examples} examples for each operation of ${chosen.length} deployments`);
  const waiting = chosen.values();
  const lane = async () => {
    for (const profile of waiting) if (!(await test(profile, binary))) failed.push(profile.name);
  };
  await Promise.all(Array.from({ length: LANES }, lane));
  for (const input of named) if (!read.has(input)) failed.push(`${input}, which no deployment reads`);
  say(failed.length === 0 ? "all passed" : `FAILED: ${failed.join("; ")}`);
  process.exit(failed.length === 0 ? 0 : 1);
}

await main();
