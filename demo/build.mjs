// Builds the demo: node demo/build.mjs [FOLDER], by default demo/dist.
//
// Without these variables the page uses the hosted widgets and has no sign-in of its own:
//   DEMO_SANDBOX   base URL of the sandbox, for its stand-in of the widget and its sign-in
//   DEMO_PROVIDER  pica (default) or one

import { copyFile, mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";

const here = fileURLToPath(new URL(".", import.meta.url));
const folder = process.argv[2] ?? join(here, "dist");
const { DEMO_SANDBOX: sandbox, DEMO_PROVIDER: provider = "pica" } = process.env;
const settings = {
  provider,
  widget: sandbox && `${sandbox}/_sandbox/widget`,
  signIn: sandbox && `${sandbox}/_sandbox/sign-in`,
};

await mkdir(folder, { recursive: true });
await build({
  entryPoints: [join(here, "src/main.js")],
  outfile: join(folder, "app.js"),
  bundle: true,
  alias: { "authkit-edge-client": join(here, "../client/index.js") },
  format: "esm",
  target: "es2022",
  minify: true,
  // JSON leaves out what is undefined, and so it is in the page.
  define: { SETTINGS: JSON.stringify(settings) },
  logLevel: "warning",
});
for (const file of ["index.html", "style.css", "icon.svg"]) await copyFile(join(here, file), join(folder, file));

// Workers static assets add the headers of this file. docs/front-end.md explains the policy.
const frames = sandbox ?? "https://authkit.picaos.com https://auth.withone.ai";
const policy = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "img-src 'self'",
  `connect-src 'self'${sandbox ? ` ${sandbox}` : ""}`,
  `frame-src ${frames}`,
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
];
const headers = [
  "/*",
  `  Content-Security-Policy: ${policy.join("; ")}`,
  "  X-Content-Type-Options: nosniff",
  "  Referrer-Policy: no-referrer",
];
await writeFile(join(folder, "_headers"), `${headers.join("\n")}\n`);
