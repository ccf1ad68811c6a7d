// docs/start.md, done: its blocks are applied as they stand to small applications, which are built as for
// production and connect in Chromium. ONLY="next vue" does some of them.
//
// WRITE=1 writes into the page what came out: lines, words and seconds. Otherwise lines and words must be right.
import assert from "node:assert/strict";
import { cpSync, existsSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";
import { newContext, startBrowser, widgetOf } from "../browser/browser.mjs";
import { APPS, apps } from "./lib/apps.mjs";
import { installClient } from "./lib/client.mjs";
import { makeDev, reserve, run, start } from "./lib/dev.mjs";
import { apply, blocksOf, changedLines, root } from "./lib/page.mjs";

const PAGE = join(root, "docs/start.md");
const MOST_WORDS = 1_200;
const MOST_LINES = 5;
/** What the rewrite, or the proxy, and the stand-in are: configuration, which the five lines are beside. */
const CONFIGURATION = ["next.config.ts", "vite.config.ts", ".env.development", "server.js"];

// A signal would end this process without its "exit".
for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"]) process.once(signal, () => process.exit(1));

const wanted = process.env.ONLY?.split(/[\s,]+/).filter(Boolean) ?? [];
const chosen = wanted.length === 0 ? APPS : APPS.filter(({ id }) => wanted.includes(id));
assert.ok(chosen.length > 0, `ONLY names none of ${APPS.map(({ id }) => id).join(", ")}`);

const blocks = blocksOf("start.md");
/** Blocks that an application was made with. */
const used = new Set();
/** Of each application, in lines and seconds. @type {Map<string, {lines: number, seconds: number}>} */
const seen = new Map();
let browser;

before(async () => {
  installClient();
  browser = await startBrowser();
});
after(() => browser?.close());

/** What is typed behind `make dev`, by the page. */
function typed(part, change) {
  const commands = blocks.filter(({ language, text }) => language === "sh" && text.startsWith("make dev ") && text.includes(part));
  assert.equal(commands.length, 1, `commands with ${part}`);
  used.add(commands[0]);
  const words = change(commands[0].text.trim()).split(" ").slice(2);
  return Object.fromEntries(words.map((word) => [word.slice(0, word.indexOf("=")), word.slice(word.indexOf("=") + 1)]));
}

for (const app of chosen) {
  describe(app.id, () => {
    const folder = join(apps, ".work", app.id);
    const running = [];
    let place, context, change, ports;

    before(async () => {
      const begun = performance.now();
      ports = { app: await reserve(), worker: await reserve(), sandbox: await reserve() };
      place = { origin: `http://localhost:${ports.app.port}`, sandbox: `http://127.0.0.1:${ports.sandbox.port}` };
      const moved = { "localhost:3000": ports.app, "localhost:8787": ports.worker, "127.0.0.1:8788": ports.sandbox };
      change = (text) =>
        Object.entries(moved).reduce((changed, [address, { port }]) => changed.replaceAll(address, `${address.split(":")[0]}:${port}`), text);

      rmSync(folder, { recursive: true, force: true });
      cpSync(join(apps, app.id), folder, { recursive: true });
      const lines = await follow();
      await prepare();
      seen.set(app.id, { lines, begun, seconds: 0 });
    });
    after(async () => {
      await context?.close();
      await Promise.all(running.map((child) => child.stop()));
    });

    /** Does step 2 of the page. Resolves to the number of lines that it changes. */
    async function follow() {
      if (app.oldRoute) rmSync(join(folder, app.oldRoute));
      const own = blocks.filter(({ heading }) => heading === app.section);
      let lines = 0;
      let env = {};
      for (const block of own) {
        // Of three front ends with one section, each has the block for its own component.
        if (block.language === "diff" && !existsSync(join(folder, block.file))) continue;
        used.add(block);
        if (!block.file) {
          const commands = change(block.text).replaceAll(/^npx /gm, "");
          await run("sh", ["-euc", commands], { cwd: folder, env: {} });
          continue;
        }
        apply(block, folder, change);
        // A production build reads it not; the stand-in's address is needed here nevertheless.
        if (block.file === ".env.development") env = Object.fromEntries([...change(block.text).matchAll(/^(\w+)=(.*)$/gm)].map(([, name, value]) => [name, value]));
        if (!CONFIGURATION.includes(block.file)) lines += changedLines(block);
      }
      for (const [program, ...args] of app.build) {
        await run(program, args, { cwd: folder, env: { NODE_ENV: "production", WORKSPACE: apps, ...env } });
      }
      return lines;
    }

    /** Does step 1, and starts the application. */
    async function prepare() {
      const settings = app.command ? typed(app.command, change) : { APP: place.origin, ...app.settings(place) };
      await Promise.all([ports.worker.release(), ports.sandbox.release()]);
      running.push(await makeDev(settings, { port: ports.worker.port, sandboxPort: ports.sandbox.port }));
      await ports.app.release();
      const [program, ...args] = app.start(ports.app.port);
      const env = { NODE_ENV: "production", PORT: `${ports.app.port}`, ORIGIN: place.origin, WORKSPACE: apps, BETTER_AUTH_SECRET: "published on purpose for this test alone" };
      const server = start(program, args, { cwd: folder, env });
      running.push(server);
      await server.says(/Ready in|Local:|listening on/);
      context = await newContext(browser);
    }

    const openPage = async () => {
      const page = await context.newPage();
      page.on("dialog", (dialog) => {
        page.said = dialog.message();
        dialog.accept();
      });
      await page.goto(place.origin);
      return page;
    };
    const connect = (page) => page.getByRole("button", { name: "Connect an app" }).click();
    const requests = async () => (await fetch(`${place.sandbox}/_sandbox/requests`)).json();

    it("says what is missing while nobody is signed in", async () => {
      const page = await openPage();
      const dialog = page.waitForEvent("dialog");
      await connect(page);
      await dialog;
      assert.match(page.said, /^The request has no credential: no /);
      assert.equal(await page.locator("#event-link").count(), 0);
      await page.close();
      context.complaints.length = 0;
    });

    it("connects an app for the user who is signed in", async () => {
      const user = await app.signIn(context, place);
      const page = await openPage();
      await connect(page);
      const widget = await widgetOf(page);
      await widget.getByRole("button", { name: "Slack", exact: true }).click();
      await widget.getByLabel("API key").fill("a key");
      await widget.getByRole("button", { name: "Connect", exact: true }).click();
      await widget.getByRole("button", { name: "Done" }).click();
      await page.locator("#event-link").waitFor({ state: "detached" });
      const minted = (await requests()).filter(({ route }) => route === "token").map(({ body }) => JSON.parse(body).identity);
      assert.deepEqual([...new Set(minted)], [user]);
      assert.deepEqual([page.said, context.complaints], [undefined, []]);
      const found = seen.get(app.id);
      found.seconds = Math.ceil((performance.now() - found.begun) / 1000);
      await page.close();
    });

    it("comes back from a provider in the same window", async () => {
      const page = await openPage();
      await connect(page);
      const widget = await widgetOf(page);
      await widget.getByRole("button", { name: "Gmail", exact: true }).click();
      await widget.getByRole("button", { name: "Continue to Gmail" }).click();
      await page.waitForURL(/\/_sandbox\/provider/);
      await page.getByRole("button", { name: "Allow" }).click();
      await page.waitForURL((url) => url.origin === place.origin);
      await (await widgetOf(page)).getByRole("button", { name: "Done" }).click();
      await page.locator("#event-link").waitFor({ state: "detached" });
      assert.deepEqual([page.said, context.complaints], [undefined, []]);
      await page.close();
    });
  });
}

describe("docs/start.md", () => {
  const all = chosen.length === APPS.length ? false : "some applications only";

  it("has no block for an application that none was made with", { skip: all }, () => {
    const sections = APPS.map(({ section }) => section);
    const left = blocks.filter((block) => sections.includes(block.heading) && !used.has(block));
    assert.deepEqual(left.map(({ line }) => `start.md:${line}`), []);
  });

  it("changes few lines, in few words, and says how many", { skip: all }, () => {
    const lines = Math.max(...[...seen.values()].map((found) => found.lines));
    assert.ok(lines <= MOST_LINES && [...seen.values()].every(({ seconds }) => seconds > 0), JSON.stringify([...seen]));
    const text = readFileSync(PAGE, "utf8");
    const [, head, , tail] = text.match(/^([^]*<!-- measured -->\n)([^]*?)(<!-- \/measured -->\n[^]*)$/);
    const written = (seconds) => {
      const words = (count) => `${head}${measured({ lines, words: count, seconds })}${tail}`;
      return words(words(0).split(/\s+/).filter(Boolean).length);
    };
    const slowest = Math.max(...[...seen.values()].map(({ seconds }) => seconds));
    if (process.env.WRITE) writeFileSync(PAGE, written(slowest));
    const now = readFileSync(PAGE, "utf8");
    const [, seconds = "0"] = now.match(/(\d+) seconds/) ?? [];
    assert.equal(now, written(Number(seconds)), "WRITE=1 make test-first-hour writes the numbers");
    assert.ok(now.split(/\s+/).filter(Boolean).length <= MOST_WORDS);
  });
});

/** The sentences of the page with what was counted. */
function measured({ lines, words, seconds }) {
  return `A test does all of it from this page's own text, in five small applications, and connects in Chromium:
${lines} lines of code change beside configuration, ${words} words are to be read. From the application as it was
to the first connection, with its production build, it took at most ${seconds} seconds.
`;
}
