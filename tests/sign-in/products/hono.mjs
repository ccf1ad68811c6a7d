import { join } from "node:path";
import { apps } from "../lib/stage.mjs";
import { signIn, signOut } from "./better-auth.mjs";

export default {
  name: "Hono with Better Auth, as a Worker",
  packages: ["hono", "better-auth"],
  text: "The application is a Worker itself, bound as `SESSION`: nothing of the question goes over the network.",
  settings: `
IDENTITY_SOURCE = "grant,session"
SESSION_PRESET = "better-auth"
SESSION_ORIGIN = "https://app.example.com"
`,
  code: { file: "hono/worker.mjs", language: "js" },
  cookie: "__Secure-better-auth.session_token",
  worker: ({ origin }) => ({
    script: join(apps, "hono/dist/worker.js"),
    variables: { ORIGIN: origin, SECRET: "a secret of the application, published on purpose" },
  }),
  signIn,
  signOut,
  copyAfterSignOut: "refused",
  expire: (browser) => browser.send("/expire", { method: "POST" }),
};
