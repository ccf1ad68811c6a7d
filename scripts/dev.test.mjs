// What `make dev` makes of the shell, of .dev.vars and of wrangler.toml. tests/build starts it for real.
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { PRESETS, devSettings, toPaste } from "./dev/settings.mjs";

const ROOT = join(import.meta.dirname, "..");
const APP = "http://localhost:3000";
const SANDBOX = "http://127.0.0.1:8788";
const BASE = { ENVIRONMENT: "development", PICA_SECRET_KEY: "sk_test_sandbox", IDENTITY_SOURCE: "grant,jwt,header", JWT_PRESET: "custom", JWT_COOKIE: "session", GRANT_KEY: "published" };

const made = (shell, files = {}) => devSettings({ shell, base: BASE, sandbox: SANDBOX, ...files });
/** The settings of an application, without those that are always there. */
const own = (shell, files) => {
  const { variables, faults } = made({ APP, ...shell }, files);
  assert.deepEqual(faults, []);
  const { ENVIRONMENT, PICA_SECRET_KEY, GRANT_KEY, AUTHKIT_BASE_URL, ALLOWED_ORIGINS, APP_ORIGINS, ...rest } = variables;
  return rest;
};

test("knows the presets of the documentation", () => {
  const text = readFileSync(join(ROOT, "docs/reference.md"), "utf8");
  for (const [kind, names] of Object.entries(PRESETS)) {
    const row = text.split("\n").find((line) => line.startsWith(`| \`${kind.toUpperCase()}_PRESET\``));
    const cells = row.split(" | ").at(-1);
    const listed = [...cells.matchAll(/`([a-z0-9-]+)`/g)].map(([, name]) => name).filter((name) => name !== "custom");
    assert.deepEqual([...names].sort(), listed.sort(), kind);
  }
});

for (const [what, shell, files, expected] of [
  ["a preset of tokens", { PRESET: "supabase", ISSUER: "abc" }, {}, { IDENTITY_SOURCE: "grant,jwt", JWT_PRESET: "supabase", JWT_ISSUER: "abc" }],
  ["the origin of Clerk's pages", { PRESET: "clerk", ISSUER: "clerk.example.com" }, { toml: { JWT_AZP: "https://app.example.com" } }, {
    IDENTITY_SOURCE: "grant,jwt", JWT_PRESET: "clerk", JWT_ISSUER: "clerk.example.com", JWT_AZP: APP,
  }],
  ["a preset of sessions, at the application", { PRESET: "authjs" }, {}, { IDENTITY_SOURCE: "grant,session", SESSION_PRESET: "authjs", SESSION_ORIGIN: APP }],
  ["a session elsewhere", { PRESET: "kratos", SESSION_ORIGIN: "http://localhost:4433" }, {}, {
    IDENTITY_SOURCE: "grant,session", SESSION_PRESET: "kratos", SESSION_ORIGIN: "http://localhost:4433",
  }],
  ["one name of both kinds as a session, without an issuer", { PRESET: "better-auth" }, {}, { IDENTITY_SOURCE: "grant,session", SESSION_PRESET: "better-auth", SESSION_ORIGIN: APP }],
  ["and as tokens, with one", { PRESET: "better-auth", ISSUER: "app.example.com" }, {}, { IDENTITY_SOURCE: "grant,jwt", JWT_PRESET: "better-auth", JWT_ISSUER: "app.example.com" }],
  ["an issuer without a preset", { ISSUER: "https://id.example.com", JWT_AUDIENCE: "me" }, { devVars: { JWT_PRESET: "clerk" } }, {
    IDENTITY_SOURCE: "grant,jwt", JWT_ISSUER: "https://id.example.com", JWT_AUDIENCE: "me", JWT_PRESET: "custom",
  }],
  ["what stands in .dev.vars", {}, { devVars: { IDENTITY_SOURCE: "grant,jwt", JWT_PRESET: "supabase", JWT_ISSUER: "abc" } }, {
    IDENTITY_SOURCE: "grant,jwt", JWT_PRESET: "supabase", JWT_ISSUER: "abc",
  }],
  ["the shell before .dev.vars, and that before wrangler.toml", { JWT_ISSUER: "a" }, { devVars: { JWT_ISSUER: "b", JWT_AZP: "b" }, toml: { JWT_ISSUER: "c", JWT_AZP: "c", JWT_AUDIENCE: "c" } }, {
    IDENTITY_SOURCE: "grant,jwt", JWT_ISSUER: "a", JWT_AZP: "b", JWT_AUDIENCE: "c",
  }],
  ["what production has, with the application here", {}, { toml: { IDENTITY_SOURCE: "grant,session", SESSION_URL: "https://app.example.com/api/session?a=1", SESSION_COOKIES: "sid" } }, {
    IDENTITY_SOURCE: "grant,session", SESSION_URL: `${APP}/api/session?a=1`, SESSION_COOKIES: "sid",
  }],
  ["another source than a file's, by the names that are typed", { SESSION_PRESET: "nuxt" }, { toml: { IDENTITY_SOURCE: "grant,jwt" } }, {
    IDENTITY_SOURCE: "grant,session", SESSION_PRESET: "nuxt", SESSION_ORIGIN: APP,
  }],
  ["settings that are not of identity", { PRESET: "nuxt", CONNECTIONS: "read" }, {}, {
    IDENTITY_SOURCE: "grant,session", SESSION_PRESET: "nuxt", SESSION_ORIGIN: APP, CONNECTIONS: "read",
  }],
]) {
  test(`takes ${what}`, () => assert.deepEqual(own(shell, files), expected));
}

for (const [what, shell, said] of [
  ["an APP that is no origin", { APP: "localhost:3000", PRESET: "nuxt" }, /APP must be the origin/],
  ["an APP with a path", { APP: `${APP}/app`, PRESET: "nuxt" }, /APP must be the origin/],
  ["an application that nobody signs in to", { APP }, /Who signs your users in\?/],
  ["a preset that there is not", { APP, PRESET: "superbase", ISSUER: "a" }, /PRESET is none of .*supabase/],
  ["a preset without its issuer", { APP, PRESET: "supabase" }, /PRESET=supabase needs ISSUER/],
  ["an issuer of a session", { APP, PRESET: "authjs", ISSUER: "a" }, /ISSUER is not for PRESET=authjs/],
  ["two presets", { APP, PRESET: "authjs", SESSION_PRESET: "nuxt" }, /SESSION_PRESET and PRESET say two things/],
  ["two issuers", { APP, PRESET: "supabase", ISSUER: "a", JWT_ISSUER: "b" }, /JWT_ISSUER and ISSUER say two things/],
  ["a preset for the demo", { PRESET: "supabase" }, /PRESET is for an application of your own: add APP=/],
  ["an issuer for the demo", { ISSUER: "abc" }, /ISSUER is for an application of your own: add APP=/],
]) {
  test(`refuses ${what}`, () => {
    const { faults } = made(shell);
    assert.match(faults.join("\n"), said);
  });
}

for (const [what, shell, said] of [
  ["a real key", { APP, PRESET: "nuxt", ONE_SECRET_KEY: "sk_live_hush" }, /^ONE_SECRET_KEY is not used/],
  ["an address of the API", { AUTHKIT_BASE_URL: "https://api.example.com" }, /^AUTHKIT_BASE_URL is not used/],
  ["another environment", { ENVIRONMENT: "production" }, /^ENVIRONMENT is not used/],
  ["a sign-in beside the demo's", { JWT_ISSUER: "hush" }, /^JWT_ISSUER is not used: the demo has/],
  ["a source that is not asked", { APP, PRESET: "supabase", ISSUER: "a", SESSION_COOKIES: "sid" }, /^SESSION_COOKIES is not used: IDENTITY_SOURCE has no `session`/],
  ["a name that is no setting", { APP, PRESET: "nuxt", MAKEFLAGS: "s -- PORT=1 PRESET=nuxt JWT_ISUER=hush\\ a=b APP=x" }, /^JWT_ISUER is not used: it is no setting/],
]) {
  test(`says that it does not use ${what}`, () => {
    const { notes, variables } = made(shell);
    assert.equal(notes.length, 1, notes.join("\n"));
    assert.match(notes[0], said);
    assert.ok(!JSON.stringify([notes, variables]).includes("hush"), "it has the value");
  });
}

test("lets the stand-in for the widget read answers, and the application's pages call", () => {
  const { variables } = made({ APP, PRESET: "nuxt" });
  assert.equal(variables.ALLOWED_ORIGINS, `https://authkit.picaos.com,https://auth.withone.ai,${SANDBOX}`);
  assert.equal(variables.APP_ORIGINS, APP);
  const mine = made({ APP, PRESET: "nuxt", ALLOWED_ORIGINS: "https://a.example" });
  assert.equal(mine.variables.ALLOWED_ORIGINS, `https://a.example,${SANDBOX}`);
  assert.equal(made({ ALLOWED_ORIGINS: "*" }).variables.ALLOWED_ORIGINS, "*");
});

test("leaves the demo as it is, whatever .dev.vars and wrangler.toml say", () => {
  const { variables, notes, faults } = made({});
  assert.deepEqual([notes, faults], [[], []]);
  assert.equal(variables.IDENTITY_SOURCE, BASE.IDENTITY_SOURCE);
  assert.equal(variables.APP_ORIGINS, undefined);
});

test("prints lines for a prefix, too", () => {
  const { next, vite } = toPaste({ port: "9000", host: "localhost", prefix: "/v2", sandbox: SANDBOX });
  assert.match(next, /source: "\/v2\/api\/authkit\/:path\*", destination: .*"http:\/\/localhost:9000"}\/v2\/api/);
  assert.match(vite, /"\/v2\/api\/authkit": "http:\/\/localhost:9000"/);
});

test("prints the lines of docs/start.md", () => {
  const page = readFileSync(join(ROOT, "docs/start.md"), "utf8");
  const { next, vite, widget } = toPaste({ port: "8787", host: "localhost", sandbox: SANDBOX });
  for (const line of [`+  ${next}`, `+  ${vite}`, `NEXT_PUBLIC_AUTHKIT_WIDGET=${widget}`, `VITE_AUTHKIT_WIDGET=${widget}`]) {
    assert.ok(page.split("\n").includes(line), line);
  }
});

test("says what is wrong before anything is built", () => {
  const env = { PATH: process.env.PATH, HOME: process.env.HOME, APP };
  const { status, stderr } = spawnSync(process.execPath, [join(import.meta.dirname, "dev.mjs"), "--check"], { env, encoding: "utf8" });
  assert.equal(status, 1);
  assert.match(stderr, /^error: Who signs your users in\?/);
});
