// The code of docs/front-end.md, as it stands there, with the packages' own addresses.

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import { HOSTED, hosted, newContext, startBrowser, widgetOf } from "./browser.mjs";
import { root, startRig } from "./rig.mjs";

const { build } = createRequire(join(root, "package.json"))("esbuild");
const GUIDE = readFileSync(join(root, "docs/front-end.md"), "utf8");

describe("the code of the guide", () => {
  let rig, browser, context, page;
  before(async () => {
    [rig, browser] = await Promise.all([startRig(), startBrowser()]);
    context = await newContext(browser);
    // What stands in for the hosted widget counts as the internet. The guide says what that means.
    await context.grantPermissions(["local-network-access"]);
    await context.addCookies([{ name: "session", value: await rig.sandbox.signIn("ada"), url: rig.url, sameSite: "Lax" }]);
    page = await context.newPage();
    await page.route(`${HOSTED}/**`, hosted(rig.sandbox.url));
    await serve(page, rig.url);
  });
  after(() => Promise.all([rig?.stop(), browser?.close()]));

  test("connects from plain HTML, by the hosted widget's address, with a grant", async () => {
    await page.goto(`${rig.url}/guide`);
    await page.getByRole("button", { name: "Connect an app" }).click();
    const widget = await widgetOf(page);
    await widget.getByText(/^\d+ apps$/).waitFor();
    const post = rig.proxy.all("POST", "/api/authkit").at(-1);
    assert.equal(post.headers.origin, HOSTED);
    assert.match(post.headers["x-authkit-grant"], /^v1\./);
    assert.equal(post.headers.cookie, undefined);
    assert.equal(post.status, 200);
    assert.deepEqual(await rig.sandbox.identities().then((all) => [...new Set(all)]), ["ada"]);
    assert.deepEqual(context.complaints, []);
    await widget.locator("#close").click();
    await page.locator("#event-link").waitFor({ state: "detached" });
  });

  test("says what is wrong when nobody is signed in", async () => {
    await context.clearCookies();
    await page.goto(`${rig.url}/guide`);
    await page.getByRole("button", { name: "Connect an app" }).click();
    await page.getByRole("alert").getByText(/sign in/i).waitFor();
    assert.equal(await page.locator("#event-link").count(), 0);
  });
});

/** The code block that has a text in it. */
function block(text) {
  const blocks = [...GUIDE.matchAll(/^```\w+\n(.*?)^```/gms)].map((match) => match[1]);
  const found = blocks.find((code) => code.includes(text));
  assert.ok(found, `no block with ${text}`);
  return found;
}

/** Serves the page of the guide, and its module, from the Worker's origin. */
async function serve(page, origin) {
  const bundle = await build({
    stdin: { contents: block("// connect.js"), resolveDir: join(root, "demo") },
    bundle: true,
    format: "esm",
    write: false,
  });
  const html = `<!doctype html><html lang="en"><title>Guide</title><link rel="icon" href="data:,">${block('<button id="connect">')}`;
  await page.route(`${origin}/guide`, (route) => route.fulfill({ contentType: "text/html", body: html }));
  await page.route(`${origin}/connect.js`, (route) =>
    route.fulfill({ contentType: "text/javascript", body: bundle.outputFiles[0].text }),
  );
}
