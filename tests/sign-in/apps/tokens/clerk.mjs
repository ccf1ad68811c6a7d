// Clerk's cookies, as its front end sets them, made with its own names and read by its own library.
// Clerk itself, which makes the tokens, cannot run here: they are like those that it documents
// (https://clerk.com/docs/guides/sessions/session-tokens).

import { createClerkClient } from "@clerk/backend";
import { getCookieSuffix } from "@clerk/shared/keys";
import { exportSPKI } from "jose";
import { createIssuer } from "./issuer.mjs";
import { serve } from "./server.mjs";

const DOMAIN = "clerk.example.com";
const origin = process.env.ORIGIN;
const publishableKey = `pk_live_${btoa(`${DOMAIN}$`)}`;
const suffix = await getCookieSuffix(publishableKey);
const { keys, sign, publicKey } = await createIssuer("RS256");
// Of another application on the same domain, which sets `__session`, too.
const neighbour = await createIssuer("RS256");
const clerk = createClerkClient({ publishableKey, secretKey: "sk_live_none", jwtKey: await exportSPKI(publicKey) });

const claims = (name) => ({ azp: origin, fva: [0, -1], iss: `https://${DOMAIN}`, nbf: 0, sid: `sess_${name}`, sts: "active", sub: `user_${name}`, v: 2 });

/** Sets cookies for the whole site, or takes them away. */
function answer(cookies, body = {}) {
  const headers = new Headers({ "content-type": "application/json" });
  for (const [name, value] of Object.entries(cookies)) {
    headers.append("set-cookie", value === null ? `${name}=; Path=/; Max-Age=0` : `${name}=${value}; Path=/; SameSite=Lax`);
  }
  return new Response(JSON.stringify(body), { headers });
}

const cookiesOf = (token, signedInAt) => ({ __session: token, [`__session_${suffix}`]: token, __client_uat: signedInAt, [`__client_uat_${suffix}`]: signedInAt });

serve({
  "GET /.well-known/jwks.json": () => Response.json(keys),
  async "POST /sign-in"(request) {
    const { name, seconds } = await request.json();
    return answer(cookiesOf(await sign(claims(name), seconds ?? 60), 1));
  },
  "POST /sign-out": () => answer(cookiesOf(null, 0)),
  "POST /neighbour": async () => answer({ __session: await neighbour.sign({ ...claims("eve"), iss: "https://clerk.neighbour.example" }, 60) }),
  async "GET /whoami"(request) {
    const url = new URL(request.url).pathname;
    const seen = await clerk.authenticateRequest(new Request(new URL(url, origin), request), { authorizedParties: [origin] });
    return Response.json({ id: seen.toAuth()?.userId ?? null });
  },
});
