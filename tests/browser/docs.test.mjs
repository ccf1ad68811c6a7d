// The code of docs/front-end.md, as it stands there, with the packages' own addresses: the module, and the
// component of every framework.

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";
import { after, afterEach, before, beforeEach, describe, test } from "node:test";
import { compile as compileSvelte } from "svelte/compiler";
import { compileScript, parse } from "vue/compiler-sfc";
import { HOSTS, decide, hosted, newContext, startBrowser, widgetOf } from "./browser.mjs";
import { root, startRig } from "./rig.mjs";

const { build } = createRequire(join(root, "package.json"))("esbuild");
const GUIDE = readFileSync(join(root, "docs/front-end.md"), "utf8");
const HERE = join(root, "tests/browser");
/** The page says it beside the module. */
const IMPORTS = {
  one: `import { useOneAuth as widget } from "@withone/auth";`,
  pica: `import { useAuthKit as widget } from "@picahq/authkit";`,
};

const FRAMEWORKS = {
  "plain HTML": () => ({ html: block("html", '<button id="connect">') }),
  React: () => ({
    code: `
      import { StrictMode } from "react";
      import { createRoot } from "react-dom/client";
      ${block("jsx", "export function ConnectButton")}
      createRoot(document.getElementById("root")).render(<StrictMode><ConnectButton /></StrictMode>);`,
  }),
  Vue: () => ({
    code: `
      import { createApp } from "vue";
      import Connect from "component.vue";
      createApp(Connect).mount("#root");`,
    component: vue(block("vue", "<script setup>")),
  }),
  Svelte: () => ({
    code: `
      import { mount } from "svelte";
      import Connect from "component.svelte";
      mount(Connect, { target: document.getElementById("root") });`,
    component: compileSvelte(block("svelte", "<script>"), { generate: "client" }).js.code,
  }),
};

for (const provider of ["pica", "one"]) {
  describe(`the code of the guide, with ${provider}`, () => {
    let rig, browser, context;
    before(async () => {
      [rig, browser] = await Promise.all([startRig({ provider }), startBrowser()]);
    });
    after(() => Promise.all([rig?.stop(), browser?.close()]));
    beforeEach(async () => {
      context = await newContext(browser);
      // What stands in for the hosted widget counts as the internet. The guide says what that means.
      await context.grantPermissions(["local-network-access"]);
      await context.addCookies([{ name: "session", value: await rig.sandbox.signIn("ada"), url: rig.url, sameSite: "Lax" }]);
      await context.route(`${HOSTS[provider]}/**`, hosted(rig.sandbox.url));
      rig.proxy.clear();
    });
    afterEach(() => context.close());

    for (const [framework, made] of Object.entries(FRAMEWORKS)) {
      test(`connects by the hosted widget's address, and hears of it: ${framework}`, async () => {
        const page = await open(made());
        await page.getByRole("button", { name: "Connect an app" }).click();
        const widget = await widgetOf(page);
        await widget.getByText(/^\d+ apps$/).waitFor();
        const post = rig.proxy.all("POST", "/api/authkit").at(-1);
        assert.equal(post.headers.origin, HOSTS[provider]);
        assert.match(post.headers["x-authkit-grant"], /^v1\./);
        assert.equal(post.headers.cookie, undefined);
        assert.equal(post.status, 200);
        await widget.getByRole("button", { name: "Gmail" }).click();
        const popup = provider === "pica" && context.waitForEvent("page");
        await widget.getByRole("button", { name: "Continue to Gmail" }).click();
        if (popup) await decide(await popup, "Allow");
        else {
          await page.getByText("account?").waitFor();
          await page.getByRole("button", { name: "Allow" }).click();
        }
        await page.getByRole("alert").getByText("gmail is connected.").waitFor();
        assert.deepEqual(context.complaints, []);
        assert.deepEqual(await rig.sandbox.identities().then((all) => [...new Set(all)]), ["ada"]);
      });

      test(`says what is wrong when nobody is signed in: ${framework}`, async () => {
        await context.clearCookies();
        const page = await open(made());
        await page.getByRole("button", { name: "Connect an app" }).click();
        await page.getByRole("alert").getByText(/sign in/i).waitFor();
        assert.equal(await page.locator("#event-link").count(), 0);
      });
    }

    /** The page of the guide, and its module, from the Worker's origin. */
    async function open({ html = "", code = "", component = "" }) {
      const authkit = block("js", "// authkit.js").replace(/^import .* as widget .*$/m, IMPORTS[provider]);
      const script = code && '<div id="root"></div><script type="module" src="/page.js"></script>';
      const text = `<!doctype html><html lang="en"><title>Guide</title><link rel="icon" href="data:,">${html}${script}`;
      const type = (name) => ({ "content-type": `text/${name}` });
      rig.proxy.files
        .set("/guide", { headers: type("html"), body: text })
        .set("/authkit.js", { headers: type("javascript"), body: await bundle(authkit, { authkit, component }) })
        .set("/page.js", { headers: type("javascript"), body: await bundle(code, { authkit, component }) });
      const page = await context.newPage();
      await page.goto(`${rig.url}/guide`);
      return page;
    }
  });
}

test("the guide names both packages where it shows one", () => {
  for (const name of [IMPORTS.one, `useAuthKit from "@picahq/authkit"`]) assert.equal(block("js", "// authkit.js").includes(name), true);
});

/** The code block of a language that has a text in it. */
function block(language, text) {
  const blocks = [...GUIDE.matchAll(/^```(\w+)\n(.*?)^```/gms)].filter((match) => match[1] === language).map((match) => match[2]);
  const found = blocks.find((code) => code.includes(text));
  assert.ok(found, `no block with ${text}`);
  return found;
}

/** What Vue's own compiler makes of a component. */
function vue(source) {
  const { descriptor, errors } = parse(source);
  assert.deepEqual(errors, []);
  return compileScript(descriptor, { id: "guide", inlineTemplate: true }).content;
}

async function bundle(contents, { authkit, component }) {
  const files = { "./authkit.js": authkit, "component.vue": component, "component.svelte": component };
  const result = await build({
    stdin: { contents, resolveDir: HERE, loader: "jsx" },
    alias: { "authkit-edge-client": join(root, "client/index.js") },
    nodePaths: [join(root, "demo/node_modules")],
    jsx: "automatic",
    conditions: ["browser", "development"],
    define: { "process.env.NODE_ENV": '"development"', __VUE_OPTIONS_API__: "false", __VUE_PROD_DEVTOOLS__: "false", __VUE_PROD_HYDRATION_MISMATCH_DETAILS__: "false" },
    bundle: true,
    format: "esm",
    write: false,
    plugins: [{
      name: "files of the guide",
      setup({ onResolve, onLoad }) {
        onResolve({ filter: /^\.\/authkit\.js$|^component\./ }, ({ path }) => ({ path, namespace: "guide" }));
        onLoad({ filter: /./, namespace: "guide" }, ({ path }) => ({ contents: files[path], resolveDir: HERE, loader: "js" }));
      },
    }],
  });
  return result.outputFiles[0].text;
}
