// Every code block of the pages that somebody pastes from, compiled or parsed from the page's own text.
//
// More is done with some of them elsewhere: tests/handler/documents.rs reads the settings as the Worker does,
// tests/sign-in signs in with them, tests/browser runs those of front-end.md, and the test beside this one
// follows start.md.
import assert from "node:assert/strict";
import { mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";
import { before, test } from "node:test";
import { devSettings } from "../../scripts/dev/settings.mjs";
import { apps } from "./lib/apps.mjs";
import { installClient } from "./lib/client.mjs";
import { run } from "./lib/dev.mjs";
import { PARSERS } from "./lib/languages.mjs";
import { blocksOf } from "./lib/page.mjs";

const PAGES = ["../README.md", "start.md", "front-end.md", "identity.md", "session.md", "sign-in.md", "migrating.md"];
/** Blocks that nothing here reads, by page and language, and why. */
const UNREAD = {
  "session.md rb": "Ruby is no part of what the tests need",
  "start.md nginx": "nginx is no part of what the tests need",
};

before(() => installClient());

const blocks = PAGES.flatMap((page) => blocksOf(page));
const nameOf = ({ page, line, language }) => `${page}:${line} ${language}`;

for (const page of PAGES) {
  test(`${page} has no block that its compiler refuses`, () => {
    const wrong = [];
    // What names its file in start.md is applied to one, and built.
    const isApplied = (one) => page === "start.md" && one.language === "diff" && one.file;
    for (const block of blocks.filter((one) => one.page === page && !isApplied(one))) {
      try {
        PARSERS[block.language]?.(block.text);
      } catch (error) {
        wrong.push(`${nameOf(block)}: ${error.message}`);
      }
    }
    assert.deepEqual(wrong, []);
  });
}

test("names the blocks that nobody reads", () => {
  const unread = blocks.filter(({ language, text }) => !PARSERS[language] && !isHeader(language, text));
  const found = new Set(unread.map(({ page, language }) => `${page} ${language}`));
  assert.deepEqual([...found].sort(), Object.keys(UNREAD).sort());
});

/** A line of a header, which has no language. */
function isHeader(language, text) {
  return language === "" && /^[A-Z][\w-]+: .+\n$/.test(text);
}

test("a parser refuses what is wrong", () => {
  const wrong = {
    js: "const = 1;", jsx: "<a>", ts: "const a: = 1;", tsx: "export {", json: "{", toml: "a =", diff: "a", sh: "if", py: "def",
    vue: "<script setup>const</script>", svelte: "{#if}", html: "<script>const</script>",
  };
  assert.deepEqual(Object.keys(wrong).sort(), Object.keys(PARSERS).sort());
  for (const [language, text] of Object.entries(wrong)) assert.throws(() => PARSERS[language](text), `${language} takes ${text}`);
  for (const text of ["-a b c\n", "+++ a.js\n a\n", "+const x = ;\n"]) assert.throws(() => PARSERS.diff(text), text);
});

test("every make dev of start.md has what it needs", () => {
  const commands = blocks.filter(({ page, text }) => page === "start.md" && text.startsWith("make dev "));
  assert.ok(commands.length >= 5, `${commands.length}`);
  for (const { line, text } of commands) {
    const shell = Object.fromEntries([...text.matchAll(/(\w+)=(\S+)/g)].map(([, name, value]) => [name, value]));
    const { faults, notes } = devSettings({ shell, base: { ENVIRONMENT: "development" }, sandbox: "http://127.0.0.1:8788" });
    assert.deepEqual([...faults, ...notes], [], `start.md:${line}`);
  }
});

test("the front-end code of the pages fits the module's types, strictly", async () => {
  const folder = join(apps, ".work/types");
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  const component = blocks.find(({ page, language }) => page === "../README.md" && language === "tsx");
  const option = blocks.find(({ page, text }) => page === "start.md" && text.startsWith("getToken: "));
  writeFileSync(join(folder, "readme.tsx"), component.text);
  writeFileSync(
    join(folder, "supabase.ts"),
    `import { useAuthKit as widget } from "@picahq/authkit";
import { createAuthKit } from "authkit-edge-client";
declare const supabase: { auth: { getSession(): Promise<{ data: { session: { access_token: string } | null } }> } };
export const authkit = createAuthKit({ widget,
${option.text}});
`,
  );
  const settings = JSON.parse(readFileSync(join(apps, "react/tsconfig.json"), "utf8"));
  writeFileSync(join(folder, "tsconfig.json"), JSON.stringify({ ...settings, include: ["."] }));
  await run("tsc", ["-p", folder], { cwd: folder, env: {} });
});

/** Where the page's lines for Vercel, Netlify and nginx send a path of the application; nothing elsewhere. */
const ROUTERS = {
  json(text) {
    const { match, compile } = createRequire(join(apps, "package.json"))("next/dist/compiled/path-to-regexp");
    const rules = JSON.parse(text).rewrites.map(({ source, destination }) => {
      const { origin, pathname } = new URL(destination);
      return { find: match(source), to: (params) => origin + compile(pathname)(params) };
    });
    return (path) => rules.map(({ find, to }) => [find(path), to]).filter(([found]) => found).map(([{ params }, to]) => to(params))[0];
  },
  toml(text) {
    const value = (name) => text.match(new RegExp(`^${name} = "?(.*?)"?$`, "m"))[1];
    // https://docs.netlify.com/manage/routing/redirects/redirect-options: a splat is also empty.
    const prefix = value("from").replace(/\/\*$/, "");
    assert.deepEqual([value("status"), value("force")], ["200", "true"], "it is a rewrite, and goes before files");
    return (path) => (path === prefix || path.startsWith(`${prefix}/`) ? value("to").replace("/:splat", path.slice(prefix.length)) : undefined);
  },
  nginx(text) {
    const [, prefix] = text.match(/^location (\S+) \{$/m);
    const [, origin] = text.match(/^ {2}proxy_pass (https:\/\/[^/;]+);$/m);
    // Without a path behind the host, the path stays as it is.
    return (path) => (path.startsWith(prefix) ? origin + path : undefined);
  },
};

for (const [language, router] of Object.entries(ROUTERS)) {
  test(`the line for production in ${language} leads every route of the Worker to it, and no other`, () => {
    const found = blocks.filter((block) => block.page === "start.md" && block.language === language && block.text.includes("YOU.workers.dev"));
    assert.equal(found.length, 1);
    const route = router(found[0].text);
    for (const path of ["/api/authkit", "/api/authkit/grant", "/api/authkit/connections/conn_1", "/api/authkit/health/deep"]) {
      assert.equal(route(path)?.toLowerCase(), `https://authkit-edge.you.workers.dev${path}`);
    }
    for (const path of ["/", "/api/me", "/api/auth/get-session"]) assert.equal(route(path), undefined, path);
  });
}
