// Debian's Chromium, driven by Playwright, which downloads nothing.

import assert from "node:assert/strict";
import { existsSync } from "node:fs";
import { chromium } from "playwright-core";
import { PATIENCE } from "./wait.mjs";

const PLACES = [process.env.CHROMIUM, "/usr/bin/chromium", "/usr/bin/chromium-browser", "/usr/bin/google-chrome"];

/** Where each official package finds its widget. */
export const HOSTS = { pica: "https://authkit.picaos.com", one: "https://auth.withone.ai" };
export const HOSTED = HOSTS.pica;

/** Starts a browser. It ends with this process. Playwright's keep no pages for the Back button unless told to. */
export function startBrowser({ keepsPages = false } = {}) {
  return chromium.launch({ ...settings([]), ignoreDefaultArgs: keepsPages ? ["--disable-back-forward-cache"] : [] });
}

/** Starts one that keeps its profile in a folder, and gives its only context. */
export function startProfile(folder, args) {
  return chromium.launchPersistentContext(folder, settings(args));
}

function settings(args) {
  const executablePath = PLACES.find((place) => place && existsSync(place));
  if (!executablePath) throw new Error("no Chromium: run scripts/browser.sh, or set CHROMIUM to its path");
  return { executablePath, chromiumSandbox: false, args: ["--disable-gpu", "--disable-quic", ...args] };
}

/** A browser profile of its own, that is gone with its context. */
export async function newContext(browser, options = {}) {
  return watch(await browser.newContext({ reducedMotion: "reduce", ...options }));
}

/** Remembers what the pages of a context complain of, and whom they ask. */
export function watch(context) {
  context.setDefaultTimeout(PATIENCE);
  const complaints = [];
  const hosts = new Set();
  context.on("console", (message) => {
    if (["error", "warning"].includes(message.type())) complaints.push(message.text());
  });
  context.on("weberror", (error) => complaints.push(String(error.error())));
  context.on("request", (request) => {
    const url = new URL(request.url());
    if (url.protocol !== "data:") hosts.add(url.host);
  });
  return Object.assign(context, { complaints, hosts });
}

/** Asserts that nothing went wrong but what was meant to, and that nobody else was asked. */
export function assertQuiet(context, rig, expected = []) {
  const wanted = expected.map(String);
  const unexpected = context.complaints.filter((text) => !expected.some((pattern) => pattern.test(text)));
  assert.deepEqual(unexpected, [], `complaints; expected were ${wanted}`);
  const own = [new URL(rig.url).host, new URL(rig.sandbox.url).host];
  assert.deepEqual([...context.hosts].filter((host) => !own.includes(host)), [], "third parties");
}

/** A page of the demo, signed in unless `user` is null. */
export async function openDemo(context, rig, user = "ada") {
  const page = await context.newPage();
  await page.goto(rig.url);
  if (user) {
    await page.getByLabel("User name").fill(user);
    await page.getByRole("button", { name: "Sign in" }).click();
    await page.getByText(`Signed in as ${user}`).waitFor();
    await page.getByText(/^\d+ apps$/).waitFor();
  }
  return page;
}

/** Opens the widget, and gives its frame once it is shown. */
export async function openWidget(page) {
  await page.getByRole("button", { name: "Connect an app" }).click();
  return widgetOf(page);
}

/** The frame of the widget that is open. */
export async function widgetOf(page) {
  await page.locator("#event-link").waitFor({ state: "visible" });
  return page.frameLocator("#event-link");
}

/** Waits until the element has the focus, or the frame that it is. */
export function hasFocus(page, id) {
  return page.waitForFunction((wanted) => document.activeElement?.id === wanted, id);
}

/** Presses a button of the provider's pop-up, which closes under the click. */
export async function decide(popup, answer) {
  const closed = popup.waitForEvent("close");
  // It says what for once its script has run; before that, a click is lost.
  await popup.getByText("account?").waitFor();
  await popup.getByRole("button", { name: answer }).dispatchEvent("click").catch(() => {});
  await closed;
}

/** A route that answers for the hosted widget with the stand-in's files. */
export function hosted(sandbox) {
  return async (route) => {
    const request = route.request();
    const { pathname } = new URL(request.url());
    const path = pathname === "/" ? "/_sandbox/widget" : pathname;
    const answer = await fetch(`${sandbox}${path}`, { method: request.method(), body: request.postData() ?? undefined });
    await route.fulfill({ status: answer.status, contentType: answer.headers.get("content-type"), body: await answer.text() });
  };
}
