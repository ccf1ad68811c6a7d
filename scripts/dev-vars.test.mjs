import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { findUnread } from "./dev-vars.mjs";

const ROOT = join(import.meta.dirname, "..");
const WRANGLER = `
name = "edge"
compatibility_date = "2026-10-01"
[vars]
JWT_ISSUER = ""
[secrets]
required = ["PICA_SECRET_KEY"]
[env.staging.vars]
JWT_PRESET = ""
[env.staging.secrets]
required = ["GRANT_KEY"]
[env.open]
`;

/** A folder with these files and the configuration above, for as long as `use` takes. */
async function inFolder(files, use) {
  const folder = mkdtempSync(join(tmpdir(), "authkit-dev-vars-"));
  try {
    for (const [name, text] of Object.entries({ "wrangler.toml": WRANGLER, ...files })) {
      writeFileSync(join(folder, name), text);
    }
    return await use(join(folder, "wrangler.toml"));
  } finally {
    rmSync(folder, { recursive: true });
  }
}

const said = async (files, env) => {
  const found = await inFolder(files, (config) => findUnread(config, env));
  return found.map(({ file, line, name, advice }) => `${file}:${line} ${name} ${advice}`);
};
const run = (config) =>
  execFileSync(process.execPath, [join(import.meta.dirname, "dev-vars.mjs"), "--config", config], { encoding: "utf8" });

const IN_VARS = "is not read. In wrangler.toml, below [vars], write:";
const IN_SECRETS = "is not read. In wrangler.toml, below [secrets], write:";

for (const [what, files, env, expected] of [
  ["nothing where there is no file", {}, "", []],
  ["nothing of what wrangler reads", { ".dev.vars": "PICA_SECRET_KEY=a\nexport JWT_ISSUER = 'b'\n# JWT_COOKIE=c\n" }, "", []],
  ["a variable, with its line", { ".dev.vars": "PICA_SECRET_KEY=a\n\n  export JWT_COOKIE = b" }, "", [
    `.dev.vars:3 JWT_COOKIE ${IN_VARS} JWT_COOKIE = ""`,
  ]],
  ["secrets, in one line with those that are there", { ".dev.vars": "GRANT_KEY=a\nONE_SECRET_KEY_NEXT=b" }, "", [
    `.dev.vars:1 GRANT_KEY ${IN_SECRETS} required = ["PICA_SECRET_KEY", "GRANT_KEY", "ONE_SECRET_KEY_NEXT"]`,
    `.dev.vars:2 ONE_SECRET_KEY_NEXT ${IN_SECRETS} required = ["PICA_SECRET_KEY", "GRANT_KEY", "ONE_SECRET_KEY_NEXT"]`,
  ]],
  ["every line of a name", { ".dev.vars": "JWT_AZP=a\nJWT_AZP: b" }, "", [
    `.dev.vars:1 JWT_AZP ${IN_VARS} JWT_AZP = ""`,
    `.dev.vars:2 JWT_AZP ${IN_VARS} JWT_AZP = ""`,
  ]],
  ["no name within a value", { ".dev.vars": 'PICA_SECRET_KEY="a\nGRANT_KEY=b"' }, "", []],
  ["a name that is no setting", { ".dev.vars": "JWT_ISUER=a" }, "", [
    ".dev.vars:1 JWT_ISUER is no setting of this Worker. Is it misspelt?",
  ]],
  ["what an environment does not read", { ".dev.vars": "", ".dev.vars.staging": "PICA_SECRET_KEY=a\nJWT_ISSUER=b\nGRANT_KEY=c" }, "staging", [
    '.dev.vars.staging:1 PICA_SECRET_KEY is not read. In wrangler.toml, below [env.staging.secrets], write: required = ["GRANT_KEY", "PICA_SECRET_KEY"]',
    '.dev.vars.staging:2 JWT_ISSUER is not read. In wrangler.toml, below [env.staging.vars], write: JWT_ISSUER = ""',
  ]],
  ["nothing where there is no [secrets], since all is read then", { ".dev.vars.open": "GRANT_KEY=a\nOTHER=b" }, "open", []],
  ["of .env only settings", { ".env": "CLOUDFLARE_API_TOKEN=a\nJWT_ISSUER=b\nJWT_COOKIE=c" }, "", [
    `.env:3 JWT_COOKIE ${IN_VARS} JWT_COOKIE = ""`,
  ]],
  ["all settings of .env beside .dev.vars", { ".dev.vars": "PICA_SECRET_KEY=a", ".env": "JWT_ISSUER=b\nOTHER=c" }, "", [
    ".env:1 JWT_ISSUER is not read, because there is a .dev.vars. Move the line there",
  ]],
]) {
  test(`names ${what}`, async () => assert.deepEqual(await said(files, env), expected));
}

test("knows every setting of the documents, and which are secrets", async () => {
  const pages = execFileSync("git", ["ls-files", "README.md", "docs/*.md"], { cwd: ROOT, encoding: "utf8" });
  const texts = pages.trim().split("\n").map((page) => readFileSync(join(ROOT, page), "utf8"));
  const rows = [...texts.join("\n").matchAll(/^\| `([A-Z_]+)` \| (secret|variable)/gm)];
  assert.ok(rows.length > 40, `${rows.length}`);
  const text = rows.map(([, name]) => `${name}=a`).join("\n");
  await inFolder({ ".dev.vars": text, "wrangler.toml": 'name = "edge"\n[secrets]\n' }, async (config) => {
    const found = new Map((await findUnread(config, "")).map(({ name, advice }) => [name, advice]));
    for (const [, name, kind] of rows) {
      const table = kind === "secret" ? "[secrets]" : "[vars]";
      assert.ok(found.get(name)?.includes(`below ${table}`), `${name}: ${found.get(name)}`);
    }
  });
});

test("prints no value, and a file that belongs to no environment", async () => {
  const files = { ".dev.vars": "JWT_COOKIE=hush", ".dev.vars.stagin": "GRANT_KEY=hush", ".dev.vars.example": "X=" };
  const text = await inFolder(files, run);
  const lines = text.trimEnd().split("\n");
  assert.deepEqual(lines.slice(1), [
    `    .dev.vars:1 JWT_COOKIE ${IN_VARS} JWT_COOKIE = ""`,
    "    .dev.vars.stagin is not read: wrangler.toml has no [env.stagin]",
  ]);
  assert.ok(lines[0].startsWith("==> NOT READ") && !text.includes("hush"), text);
});

test("is silent when all is well, and leaves a wrangler.toml that is wrong to wrangler", async () => {
  assert.equal(await inFolder({ ".dev.vars": "PICA_SECRET_KEY=a" }, run), "");
  const text = await inFolder({ ".dev.vars": "PICA_SECRET_KEY=a", "wrangler.toml": "name =" }, run);
  assert.match(text, /^==> NOT CHECKED .*\n$/);
});
