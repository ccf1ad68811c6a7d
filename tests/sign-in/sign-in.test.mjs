// The same questions to every product in products/. ONLY="express django" asks some of them.
//
// docs/sign-in.md says what came out. WRITE=1 writes it; otherwise it must say so already.

import assert from "node:assert/strict";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";
import { isFulfilled, page, region } from "./lib/page.mjs";
import { setStage, startSandbox } from "./lib/stage.mjs";
import { startOpenId } from "./lib/openid.mjs";
import { PRODUCTS } from "./products/index.mjs";

const DOCUMENT = join(import.meta.dirname, "../../docs/sign-in.md");
const MIGRATING = join(import.meta.dirname, "../../docs/migrating.md");

// A signal would end this process without its "exit".
for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"]) process.once(signal, () => process.exit(1));

const PYTHON_PATH = "/authkit-token";

/** What the Worker answers while the application is broken. */
const BROKEN = {
  down: [502, "session_failed"],
  redirect: [401, "session_redirect"],
  html: [502, "session_unreadable"],
  failing: [502, "session_failed"],
  moved: [502, "session_misconfigured"],
};

/** Names of `PRODUCTS`; none for all. */
const wanted = process.env.ONLY?.split(/[\s,]+/).filter(Boolean) ?? [];
const chosen = wanted.length === 0 ? PRODUCTS : PRODUCTS.filter(({ id }) => wanted.includes(id));
const unknown = wanted.filter((name) => !PRODUCTS.some(({ id }) => id === name));
if (unknown.length > 0) throw new Error(`no product ${unknown}: there are ${PRODUCTS.map(({ id }) => id).join(", ")}`);
/** What was seen of each product. @type {Map<string, object>} */
const seen = new Map();

let sandbox;
let openid;
before(async () => {
  sandbox = await startSandbox(process.env.SANDBOX_PROGRAM);
  if (chosen.some((product) => product.openid)) openid = await startOpenId();
});
after(async () => {
  await Promise.all([sandbox?.stop(), openid?.stop()]);
});

for (const product of chosen) {
  describe(product.name, { skip: product.skip ?? false }, () => {
    const found = {};
    const stages = [];
    let stage;
    /** Starts a product, this one or one that is much like it. */
    const start = async (some) => {
      const one = await setStage(some, sandbox, openid);
      stages.push(one);
      return one;
    };
    before(async () => {
      stage = await start(product);
    });
    after(async () => {
      await Promise.all(stages.map((one) => one.close()));
      seen.set(product.id, found);
    });

    const signIn = async (name) => {
      const browser = stage.browser();
      return { browser, id: await product.signIn(browser, name) };
    };
    /** The answer to the page of a browser. */
    const grantFor = async (browser) => stage.grant(browser, await product.credential?.(browser));
    const identityOf = async (browser) => {
      const grant = await grantFor(browser);
      assert.equal(grant.status, 200, `no grant: ${JSON.stringify(grant)}`);
      return stage.mint(grant);
    };
    const refuses = async (browser, code) => {
      const grant = await grantFor(browser);
      assert.deepEqual([grant.status, grant.code], [401, code]);
    };

    it("gives each user a token of their own, at every sign-in the same", async () => {
      const [ada, bob] = [await signIn("ada"), await signIn("bob")];
      assert.notEqual(ada.id, bob.id);
      assert.equal(await identityOf(ada.browser), identity(ada.id));
      assert.equal(await identityOf(bob.browser), identity(bob.id));
      const again = await signIn("ada");
      assert.equal(await identityOf(again.browser), identity(ada.id));
      found.users = true;
    });

    it("gives nobody a token who is not signed in", async () => {
      await refuses(stage.browser(), "unauthenticated");
    });

    it("gives nobody a token who has signed out", async () => {
      const { browser } = await signIn("ada");
      const copy = browser.copy();
      await product.signOut(browser);
      const grant = await grantFor(browser);
      assert.equal(grant.status, 401);
      assert.ok(["unauthenticated", "session_signed_out"].includes(grant.code), grant.code);
      const later = await grantFor(copy);
      found.copy = later.status === 200 ? "works on" : "refused";
      assert.equal(found.copy, product.copyAfterSignOut, JSON.stringify(later));
    });

    it("gives nobody a token whose session has ended", async () => {
      const { browser } = await signIn("ada");
      await product.expire(browser, stage);
      await refuses(browser, product.codes?.expired ?? "session_signed_out");
      found.expired = true;
    });

    if (product.credential) {
      it("refuses a credential that somebody has changed", async () => {
        const { browser } = await signIn("ada");
        const headers = await product.credential(browser);
        const [name, value] = Object.entries(headers)[0];
        const grant = await stage.grant(browser, { [name]: forged(value) });
        assert.equal(grant.status, 401, JSON.stringify(grant));
      });
      return;
    }

    it("refuses a cookie that somebody has changed", async () => {
      const { browser } = await signIn("ada");
      const name = [product.cookie, `${product.cookie}.0`, `${product.cookie}__0`].find((one) => browser.cookie(one));
      browser.set(name, forged(browser.cookie(name)));
      await refuses(browser, product.codes?.forged ?? "session_signed_out");
    });

    for (const [sentence, test] of Object.entries(product.more ?? {})) {
      it(sentence, () => test({ stage, start, signIn, identityOf }));
    }

    if (product.isApart) {
      it("lets no page of another site read what the application's route answers", async () => {
        const { browser } = await signIn("ada");
        const headers = { origin: "https://elsewhere.example", "sec-fetch-site": "cross-site" };
        const answer = await browser.send("/api/authkit/grant", { method: "POST", json: {}, headers });
        assert.equal(answer.headers.get("access-control-allow-origin"), null);
        found.apart = true;
      });

      it("gives nobody a grant who asks the Worker and not the application", async () => {
        const { browser, id } = await signIn("ada");
        const headers = { "content-type": "application/json", "x-user-id": id, cookie: browser.cookies() };
        const answer = await fetch(`${stage.edge}/api/authkit/grant`, { method: "POST", headers, body: "{}" });
        assert.deepEqual([answer.status, (await answer.json()).code], [401, "unauthenticated"]);
      });
    }

    if (product.isApart) return;

    it("asks nothing for a page of another site, whose browser adds the cookie", async () => {
      const { browser } = await signIn("ada");
      stage.door.questions.length = 0;
      const grant = await stage.grant(browser, { origin: "https://elsewhere.example", "sec-fetch-site": "cross-site" });
      assert.deepEqual([grant.status, grant.code], [403, "cross_site"]);
      assert.deepEqual(stage.door.questions, []);
    });

    if (product.isToken) return;

    if (product.compatibility) {
      it("is served at the path of Pica's sample, in its words", async () => {
        const same = { ...product, settings: `${product.settings}COMPATIBILITY = "${product.compatibility}"` };
        const stage = await start(same);
        const [browser, stranger] = [stage.browser(), stage.browser()];
        const id = await product.signIn(browser, "ada");
        assert.equal(await stage.mint(await stage.grant(browser, {}, PYTHON_PATH), PYTHON_PATH), identity(id));
        const refused = await stage.grant(stranger, {}, PYTHON_PATH);
        assert.equal(refused.status, 401);
        assert.ok(product.compatibility === "flask" ? refused.error : refused.detail, JSON.stringify(refused));
      });
    }

    it("sends the application the cookies of the session, and no other", async () => {
      const { browser } = await signIn("ada");
      stage.door.questions.length = 0;
      await identityOf(browser);
      // Over a binding, nothing goes by the network.
      assert.equal(stage.door.questions.length, product.worker ? 0 : 1);
      if (product.worker) return;
      const names = stage.door.questions[0].cookie.split("; ").map((pair) => pair.split("=")[0]);
      assert.ok(names.length > 0);
      for (const name of names) assert.ok(name === product.cookie || name.match(/^(.*?)(\.|__)\d+$/)?.[1] === product.cookie, name);
    });

    it("says what is wrong with an application that fails", { skip: product.worker ? "nothing is between the two" : false }, async () => {
      const { browser } = await signIn("ada");
      for (const [fault, expected] of Object.entries(BROKEN)) {
        stage.door.fault = fault;
        const grant = await stage.grant(browser);
        assert.deepEqual([grant.status, grant.code], expected, fault);
      }
      stage.door.fault = "slow";
      const grant = await stage.grantInVain(browser);
      assert.deepEqual([grant.status, grant.code], [504, "session_timeout"]);
      stage.door.fault = undefined;
      await identityOf(browser);
      found.broken = true;
    });

    it(product.renews ? "keeps a session that is renewed as it is read" : "leaves the session as it is", async () => {
      const { browser, id } = await signIn("ada");
      const before = browser.cookie(product.cookie);
      for (let count = 0; count < 3; count += 1) {
        const grant = await stage.grant(browser);
        assert.equal(grant.cookies.length > 0, Boolean(product.renews), `${grant.cookies}`);
        assert.equal(await stage.mint(grant), identity(id));
      }
      if (product.rotates) {
        assert.notEqual(browser.cookie(product.cookie), before);
        // Without the cookie of the answer, the session would be lost.
        browser.set(product.cookie, before);
        await refuses(browser, "session_signed_out");
      }
      found.renewed = Boolean(product.renews);
    });
  });
}

describe("docs/migrating.md", () => {
  it("has lines that were tried, and no others", () => {
    const text = readFileSync(MIGRATING, "utf8");
    const known = PRODUCTS.flatMap((product) => [
      product.settings.trim(),
      ...(product.compatibility ? [`COMPATIBILITY = "${product.compatibility}"`] : []),
      ...(product.code ? [region(product.code)] : []),
    ]);
    const blocks = [...text.matchAll(/^```(toml|js|py)\n([^]*?)\n```$/gm)].map(([, , block]) => block);
    assert.ok(blocks.length > 8, `${blocks.length}`);
    for (const block of blocks) assert.ok(known.includes(block), `nothing that is tried has these lines:\n${block}`);
  });
});

describe("docs/sign-in.md", () => {
  const all = chosen.length === PRODUCTS.length;
  it("says what was seen", { skip: all ? false : "some products only" }, () => {
    const tried = PRODUCTS.filter(({ skip }) => !skip);
    const broken = tried.filter((product) => !isFulfilled(product, seen.get(product.id)));
    assert.deepEqual(broken.map(({ id }) => id), [], "nothing can be said while tests fail");
    const text = page(tried, seen);
    if (process.env.WRITE) writeFileSync(DOCUMENT, text);
    const lines = readFileSync(DOCUMENT, "utf8").split("\n");
    const wrong = text.split("\n").findIndex((line, index) => line !== lines[index]);
    const hint = `line ${wrong + 1} is to be "${text.split("\n")[wrong]}": WRITE=1 writes it`;
    assert.ok(wrong < 0 && lines.length === text.split("\n").length, hint);
  });
});

/** How Pica is told an id: it keeps `|` for itself. */
function identity(id) {
  return id.replaceAll("|", "~7C");
}

/** The same with another character in the middle, where no character is padding. */
function forged(value) {
  const middle = Math.floor(value.length / 2);
  return value.slice(0, middle) + (value[middle] === "A" ? "B" : "A") + value.slice(middle + 1);
}
