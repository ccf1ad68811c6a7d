// Starts the application in Next.js with one of its products.

import { join } from "node:path";
import { CLIENT } from "./openid.mjs";
import { apps, node } from "./stage.mjs";

/** @param {string} product in apps/next/products */
export function next(product, { origin, openid }, env = {}) {
  return {
    command: node,
    args: (port) => [join(apps, "node_modules/next/dist/bin/next"), "start", "-H", "127.0.0.1", "-p", `${port}`],
    cwd: join(apps, "next"),
    env: () => ({
      NODE_ENV: "production",
      NEXT_TELEMETRY_DISABLED: "1",
      NO_COLOR: "1",
      PRODUCT: product,
      ORIGIN: origin,
      AUTH_URL: origin,
      NEXTAUTH_URL: origin,
      BETTER_AUTH_URL: origin,
      BETTER_AUTH_SECRET: "a secret of the application, published on purpose",
      BETTER_AUTH_TELEMETRY: "0",
      OPENID_ISSUER: openid,
      CLIENT_ID: `${CLIENT.id}_client_secret_basic`,
      CLIENT_SECRET: CLIENT.secret,
      ...env,
    }),
    ready: /Ready in/,
  };
}
