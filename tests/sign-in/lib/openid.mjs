// A local OpenID provider, which the products that need one sign their users in with.

import { join } from "node:path";
import { serve } from "../../conformance/lib/children.mjs";
import { apps, node } from "./stage.mjs";

/** What the applications are called there, and what they prove it with. */
export const CLIENT = { id: "sign-in", secret: "client_secret_published_on_purpose" };

/** Starts it. Whom it signs in is what `login_hint` says. */
export async function startOpenId() {
  const server = await serve("the OpenID provider", {
    command: node,
    args: (port) => ["server.mjs", String(port)],
    cwd: join(apps, "openid"),
    env: () => ({ CLIENT_ID: CLIENT.id, CLIENT_SECRET: CLIENT.secret }),
    ready: /listening on (\d+)/,
  });

  return { url: `http://localhost:${server.port}`, stop: server.stop };
}
