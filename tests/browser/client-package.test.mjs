// client/ as a package: what is in it, its size, its types, and that a server may import it.

import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { copyFileSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync, mkdirSync } from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";
import { after, describe, test } from "node:test";
import { gzipSync } from "node:zlib";
import { root } from "./rig.mjs";

const { transform } = createRequire(join(root, "package.json"))("esbuild");
const CLIENT = join(root, "client");
const README = readFileSync(join(CLIENT, "README.md"), "utf8");
/** Bytes, minified and by gzip, as a page loads it. */
const BUDGET = 3 * 1024;
const PACKAGES = { "@picahq/authkit": "useAuthKit", "@withone/auth": "useOneAuth" };

const text = (...path) => readFileSync(join(...path), "utf8");
const folders = [];
after(() => folders.forEach((folder) => rmSync(folder, { recursive: true, force: true })));

function folder() {
  const made = mkdtempSync(join(tmpdir(), "authkit-client-"));
  folders.push(made);
  return made;
}

describe("the client's package", () => {
  test("holds the module, its types, what it is and its licences, and nothing else", () => {
    const [packed] = JSON.parse(execFileSync("npm", ["pack", "--dry-run", "--json"], { cwd: CLIENT, encoding: "utf8" }));
    const files = packed.files.map(({ path }) => path).sort();
    assert.deepEqual(files, ["LICENSE-APACHE", "LICENSE-MIT", "README.md", "index.d.ts", "index.js", "package.json"]);
    for (const name of ["LICENSE-APACHE", "LICENSE-MIT"]) assert.equal(text(CLIENT, name), text(root, name));
  });

  test("has the Worker's version, and depends on nothing", () => {
    const { version, dependencies, peerDependencies } = JSON.parse(text(CLIENT, "package.json"));
    assert.equal(version, text(root, "Cargo.toml").match(/^version = "(.*)"$/m)[1]);
    assert.deepEqual([dependencies, peerDependencies], [undefined, undefined]);
    assert.doesNotMatch(text(CLIENT, "index.js"), /\bimport\b|\brequire\(/);
  });

  test(`is no larger than ${BUDGET} bytes`, async (context) => {
    const { code } = await transform(text(CLIENT, "index.js"), { minify: true, format: "esm" });
    const bytes = gzipSync(code, { level: 9 }).length;
    context.diagnostic(`${bytes} bytes, minified and by gzip`);
    assert.equal(bytes <= BUDGET, true, `${bytes} bytes`);
  });

  test("is imported and used on a server, as one copied file beside the official packages, and lets it end", () => {
    const here = folder();
    copyFileSync(join(CLIENT, "index.js"), join(here, "authkit-edge-client.mjs"));
    symlinkSync(join(root, "demo/node_modules"), join(here, "node_modules"));
    const uses = Object.entries(PACKAGES).map(([name, hook]) => `
      import { ${hook} } from "${name}";
      if (typeof createAuthKit({ widget: ${hook} }).connect !== "function") throw new Error("${name}");`);
    writeFileSync(join(here, "page.mjs"), `import { createAuthKit } from "./authkit-edge-client.mjs"; ${uses.join("")}
      if (typeof window !== "undefined") throw new Error("this is no server");`);
    execFileSync(process.execPath, ["page.mjs"], { cwd: here, stdio: "pipe", timeout: 60_000 });
  });
});

describe("the client's types", () => {
  const types = folder();
  mkdirSync(join(types, "node_modules"));
  symlinkSync(CLIENT, join(types, "node_modules/authkit-edge-client"));
  for (const scope of ["@picahq", "@withone"]) symlinkSync(join(root, "demo/node_modules", scope), join(types, "node_modules", scope));

  /** What the strict compiler says to a module. */
  function compile(code, more = []) {
    writeFileSync(join(types, "page.ts"), code);
    const path = [join(root, "tests/browser/node_modules/.bin"), process.env.PATH].join(delimiter);
    const flags = ["--noEmit", "--strict", "--exactOptionalPropertyTypes", "--noUncheckedIndexedAccess", "--target", "es2022"];
    try {
      execFileSync("tsc", [...flags, "--module", "esnext", "--moduleResolution", "bundler", ...more, "page.ts"], {
        cwd: types,
        encoding: "utf8",
        env: { ...process.env, PATH: path },
      });
      return "";
    } catch (error) {
      return error.stdout;
    }
  }

  for (const [name, hook] of Object.entries(PACKAGES)) {
    const page = (uses) => `
      import { createAuthKit, AuthKitError, type Connection } from "authkit-edge-client";
      import { ${hook} } from "${name}";
      const authkit = createAuthKit({ widget: ${hook}, title: "Apps", appTheme: "dark", getToken: async () => null });
      ${uses}`;

    test(`fit the hook of ${name}, in strict TypeScript`, () => {
      const said = compile(page(`
        document.body.onclick = authkit.connect;
        await authkit.connect({ app: "Gmail", appTheme: "light", onError: (error) => error.code.length });
        const rows: Connection[] = await authkit.connections();
        for (const row of rows) await authkit.reconnect(row, { onSuccess: ({ key }) => void key.length });
        const headers: Record<string, string> = await authkit.grantHeaders();
        authkit.resume().catch((error: unknown) => error instanceof AuthKitError && error.retryAfter);
        authkit.forget();
        console.log(headers);`));
      assert.equal(said, "");
    });

    for (const [what, code, pattern] of [
      ["an option that the package has not", `createAuthKit({ widget: ${hook}, theme: "dark" });`, /'theme'/],
      ["a theme that there is not", `authkit.connect({ appTheme: "blue" });`, /"blue"/],
      ["a token of the page's own", `createAuthKit({ widget: ${hook}, token: { url: "/" } });`, /'token'/],
      ["no widget", `createAuthKit({});`, /widget/],
      ["what may be undefined", `authkit.connections().then(([row]) => row.id);`, /undefined/],
      ["an option for a click that there is not", `authkit.connect({ ap: "Gmail" });`, /'ap'/],
    ]) {
      test(`refuse ${what}, with ${name}`, () => assert.match(compile(page(code)), pattern));
    }
  }

  test("declare what the module gives, and no more", () => {
    const said = compile(`import * as module from "authkit-edge-client"; const names: "createAuthKit" | "AuthKitError" = "" as keyof typeof module;`);
    assert.equal(said, "");
    assert.deepEqual([...text(CLIENT, "index.js").matchAll(/^export (?:class|function) (\w+)/gm)].map(([, name]) => name), ["AuthKitError", "createAuthKit"]);
  });
});

describe("the client's page", () => {
  /** The names in the first column of a table. */
  function column(heading) {
    const rows = README.split(`## ${heading}\n`)[1].split("\n## ")[0].split("\n").filter((line) => line.startsWith("| `"));
    return rows.flatMap((row) => [...row.split("|")[1].matchAll(/`(\w+)`/g)].map(([, name]) => name)).sort();
  }

  for (const name of Object.keys(PACKAGES)) {
    test(`has every field that ${name} declares for onSuccess`, () => {
      const declared = text(root, "demo/node_modules", name, "src/types/index.d.ts");
      const [, record] = declared.match(/interface ConnectionRecord \{\n(.*?)^\}/ms);
      const fields = [...record.matchAll(/^ {2}(\w+)\??:/gm)].map(([, field]) => field).sort();
      assert.equal(fields.length > 20, true);
      assert.deepEqual(column("What `onSuccess` gives"), fields);
    });
  }

  test("has every code of the module's own", () => {
    const source = text(CLIENT, "index.js");
    const codes = [...source.matchAll(/\bcode(?:: named)?(?: =|:) "(\w+)"|named = "(\w+)"/g)].map(([, a, b]) => a ?? b);
    const page = column("Errors").filter((code) => !["unauthenticated", "session_signed_out"].includes(code));
    assert.deepEqual(page, [...new Set(codes)].sort());
  });
});
