// Lists and ends connections with what others have for it and with the Worker, for docs/conformance.md.
//
// A case is right or a leak. The Worker's are all right, and of the others those leak that `wrong` names:
// the run fails on any other, whichever way.
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { serve } from "./lib/children.mjs";
import { KEY, startSandbox } from "./lib/sandbox.mjs";
import { worker } from "./lib/systems.mjs";

const folder = join(import.meta.dirname, "apps/connections");

/** A row of the vault. The upstream has more in each, of which nobody here reads anything. */
const row = (id, identity, identityType = "user") => ({
  id,
  key: `test::gmail::default::${id}|${identity}`,
  platform: "gmail",
  name: id,
  state: "operational",
  active: true,
  environment: "test",
  tags: [],
  identity,
  identityType,
});

const OWN = row("own", "ada");
const VAULT = [OWN, row("bobs", "bob"), row("teams", "ada", "team")];
const MANY = Array.from({ length: 25 }, (_, index) => row(`own-${index}`, "ada"));

/** Where each has its routes, and under which member its list is. `deletes`: whether it ends any. */
const SYSTEMS = [
  { name: "Worker", path: "/api/authkit/connections", rows: "connections", deletes: true },
  { name: "Guide", path: "/guide", rows: "rows", deletes: true },
  { name: "Guide, checked", path: "/checked", rows: "rows", deletes: true },
  { name: "One's sample", path: "/one", rows: "rows", deletes: true },
  { name: "ToolKit", path: "/toolkit", rows: "rows", deletes: false },
  { name: "ToolKit alone", path: "/toolkit-alone", rows: "rows", deletes: false },
];

/**
 * Each asks one system and resolves to what is seen. `right`: what ought to be. `deletes`: for those that
 * end connections.
 */
const CASES = [
  {
    what: "ada lists hers",
    run: async (system) => ids(await list(system)),
    right: "hers",
    wrong: { Guide: "also the team's", "Guide, checked": "also the team's", "One's sample": "everybody's", "ToolKit alone": "everybody's" },
  },
  {
    what: "she has 25",
    vault: MANY,
    run: async (system) => String((await list(system)).rows?.length),
    right: "25",
    wrong: { Guide: "20", "Guide, checked": "20", "One's sample": "20" },
  },
  {
    what: "nobody lists",
    run: async (system) => ids(await list(system, {})),
    right: "401",
    wrong: { "One's sample": "everybody's" },
  },
  {
    what: "another site's page reads the list",
    run: async (system) => (await list(system, { "x-user-id": "ada", origin: "https://elsewhere.example", "sec-fetch-site": "cross-site" })).readable,
    right: "no",
    wrong: { "One's sample": "yes" },
  },
  { what: "ada ends her own", deletes: "own", as: "ada", right: "ended" },
  { what: "ada ends bob's", deletes: "bobs", as: "ada", right: "kept", wrong: { Guide: "ended", "One's sample": "ended" } },
  {
    what: "ada ends that of a team called `ada`",
    deletes: "teams",
    as: "ada",
    right: "kept",
    wrong: { Guide: "ended", "Guide, checked": "ended", "One's sample": "ended" },
  },
  { what: "nobody ends ada's", deletes: "own", right: "kept", wrong: { "One's sample": "ended" } },
];

/** Runs them all. Resolves to what failed, and to the page's section. */
export async function connections(binary) {
  const sandbox = await startSandbox(binary, "connections");
  const ours = worker("connections", "header", "/api/authkit", { IDENTITY_SOURCE: "header", CONNECTIONS: "manage" });
  const theirs = {
    cwd: folder,
    command: process.execPath,
    args: () => ["server.js"],
    env: (port) => ({ PORT: String(port), PICA_BASE_URL: sandbox.url, PICA_SECRET_KEY: KEY, NODE_ENV: "production", NO_COLOR: "1" }),
    ready: /listening/,
  };
  const servers = await Promise.all([ours.start(sandbox.url, KEY), serve("connections", theirs)]);
  try {
    const results = [];
    const table = [];
    for (const test of CASES) {
      const cells = [];
      for (const system of SYSTEMS) {
        if (test.deletes && !system.deletes) {
          cells.push("–");
          continue;
        }
        const { port } = system.name === "Worker" ? servers[0] : servers[1];
        const at = { ...system, url: `http://127.0.0.1:${port}${system.path}` };
        await put(sandbox, test.vault ?? VAULT);
        const found = test.deletes ? await end(at, sandbox, test) : await test.run(at);
        const expected = test.wrong?.[system.name] ?? test.right;
        const faults = found === expected ? [] : [`${found}, not ${expected}`];
        results.push({ name: `connections, ${test.what}, ${system.name}`, faults });
        cells.push(found === test.right ? found : `**${found}**`);
      }
      table.push(`| ${[test.what, ...cells].join(" | ")} |`);
    }
    return { results, section: section(table) };
  } finally {
    await Promise.all([...servers, sandbox].map((one) => one.stop()));
  }
}

async function put(sandbox, rows) {
  const response = await fetch(`${sandbox.url}/_sandbox/connections`, { method: "PUT", body: JSON.stringify(rows) });
  if (!response.ok) throw new Error(await response.text());
}

const left = async (sandbox) => (await (await fetch(`${sandbox.url}/_sandbox/connections`)).json()).map(({ id }) => id);

async function list({ url, rows }, headers = { "x-user-id": "ada" }) {
  const response = await fetch(url, { headers });
  const allowed = response.headers.get("access-control-allow-origin");
  const body = await response.json();
  const readable = response.ok && ["*", headers.origin].includes(allowed) ? "yes" : "no";
  return { status: response.status, rows: body[rows], readable };
}

/** Whose connections are in an answer. */
function ids({ status, rows }) {
  if (status !== 200) return String(status);
  const found = rows.map(({ id }) => id).sort().join(" ");
  return { own: "hers", "own teams": "also the team's", "bobs own teams": "everybody's" }[found] ?? found;
}

async function end({ url }, sandbox, { deletes, as }) {
  const headers = as ? { "x-user-id": as } : {};
  await fetch(`${url}/${deletes}`, { method: "DELETE", headers });
  const rest = await left(sandbox);
  const others = VAULT.map(({ id }) => id).filter((id) => id !== deletes && !rest.includes(id));
  if (others.length > 0) return `ended ${others}`;
  return rest.includes(deletes) ? "kept" : "ended";
}

function section(table) {
  const { dependencies } = JSON.parse(readFileSync(join(folder, "package.json"), "utf8"));
  const head = ["Case", ...SYSTEMS.map(({ name }) => name)];
  const line = (cells) => `| ${cells.join(" | ")} |`;
  return `## Connections

The samples have no routes for a user's connections. These are what their readers find instead, run with the
same vault, in which ada, bob and a team that is called \`ada\` have one each. *Guide*: the two calls of Pica's
guide *Management*, as routes for the user that the application knows. *Checked*: the same with the check that
the guide advises, whether the connection's \`identity\` is the user's. *One's sample*: One's sample
application, by what its server does; its list is taken from the vault. *ToolKit*: \`@picahq/toolkit\`
${dependencies["@picahq/toolkit"]} with the user, as the guide shows it, and *alone*, without \`identity\`, which is optional. It ends no
connections. What is wrong is **bold**.

${[line(head), line(head.map(() => "---")), ...table].join("\n")}

Of rivals (Nango, Pipedream, Composio, Paragon, Merge, Plaid, WorkOS Pipes, Apideck, Finch, Unified.to), which
were read and not run, nearly all list and end a user's connections. None knows who the user is without a server
of yours. Paragon and Pipedream come nearest: one short-lived credential opens both *connect* and *my accounts*.
[connections.md](connections.md) is ours.`;
}
