// The applications, how each is built and started as its makers do it, and who signs its users in.
import { join } from "node:path";

export const apps = join(import.meta.dirname, "../apps");

/**
 * @typedef {object} App
 * @property {string} id Its folder in apps/.
 * @property {string} section The heading of docs/start.md that is for it.
 * @property {string} [command] A part of the command of docs/start.md that starts the Worker for it.
 * @property {(place: Place) => Record<string, string>} [settings] Or what is set instead.
 * @property {string} [oldRoute] The file that is its old token route. It is deleted first, as the page says.
 * @property {string[][]} build Programs of node_modules/.bin, with their arguments.
 * @property {(port: number) => string[]} start The same for the server.
 * @property {(context: import("playwright-core").BrowserContext, place: Place) => Promise<string>} signIn
 *   Resolves to the user's id.
 *
 * @typedef {object} Place
 * @property {string} origin Of the application.
 * @property {string} sandbox The stand-in's address.
 */

/** What a single-page application with a token in a cookie is. The stand-in is its sign-in. */
const single = {
  section: "Vite: React, Vue or Svelte",
  settings: ({ sandbox }) => ({
    ISSUER: sandbox,
    JWT_JWKS_URL: `${sandbox}/_sandbox/keys`,
    JWT_AUDIENCE: "authkit-sandbox",
    JWT_ALGORITHMS: "ES256",
    JWT_COOKIE: "session",
  }),
  start: (port) => ["vite", "preview", "--host", "127.0.0.1", "--port", `${port}`, "--strictPort"],
  async signIn(context, { origin, sandbox }) {
    const answer = await fetch(`${sandbox}/_sandbox/sign-in`, { method: "POST", body: '{"user":"ada"}' });
    const { token } = await answer.json();
    await context.addCookies([{ name: "session", value: token, url: origin, sameSite: "Lax" }]);
    return "ada";
  },
};

/** @type {App[]} */
export const APPS = [
  {
    id: "next",
    section: "Next.js",
    command: "PRESET=better-auth",
    oldRoute: "app/api/authkit/route.ts",
    build: [["next", "build"]],
    start: (port) => ["next", "start", "-H", "127.0.0.1", "-p", `${port}`],
    async signIn(context, { origin }) {
      const answer = await context.request.post(`${origin}/api/auth/sign-up/email`, {
        headers: { origin },
        data: { name: "Ada", email: "ada@example.com", password: "the analytical engine" },
      });
      if (!answer.ok()) throw new Error(`no sign-up: ${answer.status()} ${await answer.text()}`);
      return (await answer.json()).user.id;
    },
  },
  { ...single, id: "react", build: [["tsc", "--noEmit"], ["vite", "build"]] },
  { ...single, id: "vue", build: [["vue-tsc", "--noEmit"], ["vite", "build"]] },
  { ...single, id: "svelte", build: [["vite", "build"]] },
  {
    id: "express",
    section: "Express with a plain page",
    command: "SESSION_URL=",
    build: [],
    start: () => ["node", "server.js"],
    async signIn(context, { origin }) {
      const answer = await context.request.post(`${origin}/api/sign-in`, { data: { name: "ada" } });
      if (!answer.ok()) throw new Error(`no sign-in: ${answer.status()}`);
      return "user_ada";
    },
  },
];
