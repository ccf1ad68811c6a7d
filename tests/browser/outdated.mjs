import { createHmac } from "node:crypto";
import { GRANT_KEY } from "./rig.mjs";

/** A grant as the Worker makes them, one second too old, with an answer that says otherwise. */
export function outdated(origin, user) {
  const now = Math.floor(Date.now() / 1000);
  const claims = { kind: "authkit-token", aud: origin, id: user, id_type: "user", exp: now - 1 };
  const payload = Buffer.from(JSON.stringify(claims)).toString("base64url");
  const mac = createHmac("sha256", GRANT_KEY).update(`authkit-edge grant\0v1.${payload}`).digest("base64url");
  const grant = `v1.${payload}.${mac}`;
  return { grant, expires_at: now + 295, expires_in: 295, headers: { "x-authkit-grant": grant } };
}
