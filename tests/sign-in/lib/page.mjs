// docs/sign-in.md, out of what a run has seen and of the very lines that it used.

import { readFileSync } from "node:fs";
import { join } from "node:path";
import { apps } from "./stage.mjs";

const WIDTH = 110;

const HEAD = `# Sign-in products, tried

Each product below was installed, users signed in with it, and the built Worker in workerd gave them
grants and tokens, on the same origin unless the heading says otherwise. \`make test-sign-in\` does it again
and checks this page, down to the lines to paste: they are the lines that it used.
\`https://app.example.com\` is your application.

For every product, the identity that Pica is told is the user's own id and the same at every sign-in. A
second user gets their own. There is no grant (401) without a session, with one that was changed, has
expired or was ended by the application, and after signing out; for a page of another site there is none
either (403). While the application is down, slow, redirects or answers with something else, the answer is
the error that [session.md](session.md#what-is-asked-and-what-comes-of-it) says. All of it goes over https.

- *Copied cookie*: what becomes of a copy of the cookie after the user has signed out. Where it works
  on, what the session says is in the cookie, and your application itself believes it until it expires.
- *Renewed*: the application sets the cookie anew when the Worker asks it, and the Worker gives that to
  the page.

Not tried: the preset \`kratos\`, and products that are services alone. They are no packages of npm or PyPI.
Where only a stand-in could be tried, the section says so.

`;

/** Whether all that the page says was seen. */
export function isFulfilled(product, found) {
  const asked = product.credential || product.isToken || found?.apart || (found?.renewed !== undefined && (found.broken || product.worker));
  return Boolean(found?.users && found.copy && found.expired && asked);
}

/** The whole page. */
export function page(products, seen) {
  const rows = products.map((product) => row(product, seen.get(product.id)));
  const table = ["| Product | Credential | Copied cookie | Renewed |", "| --- | --- | --- | --- |", ...rows];
  return `${HEAD}${table.join("\n")}\n\n${products.map(section).join("\n")}`;
}

function row(product, found) {
  const credential = product.credential ? "bearer token" : `\`${product.cookie}\``;
  const cells = [
    `[${product.name}](#${anchor(product.name)})`,
    credential,
    found.copy,
    product.credential || product.isToken || product.isApart ? "–" : found.renewed ? "yes" : "no",
  ];
  return `| ${cells.join(" | ")} |`;
}

function section(product) {
  const parts = [
    `## ${product.name}`,
    wrap([tried(product.packages), product.text].filter(Boolean).join(" ")),
    `\`\`\`toml\n${product.settings.trim()}\n\`\`\``,
  ];
  if (product.code) parts.push(`In the application:\n\n\`\`\`${product.code.language}\n${region(product.code)}\n\`\`\``);
  return `${parts.join("\n\n")}\n`;
}

const tried = (packages) => packages.length > 0 && `Tried with ${packages.map(version).join(", ")}.`;

/** In lines as long as those of the other pages. */
function wrap(text) {
  return text.split(" ").reduce((lines, word) => {
    const fits = lines.length - lines.lastIndexOf("\n") + word.length <= WIDTH;
    return `${lines}${fits ? " " : "\n"}${word}`;
  });
}

/** What GitHub calls a heading in a link. */
function anchor(heading) {
  return heading.toLowerCase().replace(/[^\p{L}\p{N} _-]/gu, "").replaceAll(" ", "-");
}

/** The lines of an application's file between `#region session`, or another's name, and `#endregion`. */
export function region({ file, region: name = "session" }) {
  const lines = readFileSync(join(apps, file), "utf8").split("\n");
  const from = lines.findIndex((line) => line.includes(`#region ${name}`));
  const to = lines.findIndex((line, index) => index > from && line.includes("#endregion"));
  if (from < 0 || to < 0) throw new Error(`${file} has no region \`${name}\``);
  const shown = lines.slice(from + 1, to);
  const indent = Math.min(...shown.filter(Boolean).map((line) => line.search(/\S/)));
  return shown.map((line) => line.slice(indent)).join("\n");
}

/** A package with its version, by the lock files. */
function version(name) {
  const python = readFileSync(join(apps, "python/requirements.in"), "utf8").match(new RegExp(`^${name}(?:\\[.*\\])?==(.*)$`, "m"));
  if (python) return `${name} ${python[1]}`;
  const lock = JSON.parse(readFileSync(join(apps, "package-lock.json"), "utf8"));
  const entry = lock.packages[`node_modules/${name}`];
  return `${entry.name ?? name} ${entry.version}`;
}
