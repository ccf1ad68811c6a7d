// Somebody who signs tokens, and tells the keys when a test lets it.
import { generateKeyPairSync, randomBytes, sign } from "node:crypto";
import { createServer } from "node:http";
import { Door, listen } from "./door.mjs";

const AUDIENCE = "soak";
const text = (value) => Buffer.from(JSON.stringify(value)).toString("base64url");

export class Issuer {
  door = new Door();
  /** With what the next load of the keys is answered. */
  status = 200;
  #keys = [];
  #server = createServer((_, response) => this.#answer(response));

  static async start() {
    const issuer = new Issuer();
    issuer.url = await listen(issuer.#server);
    issuer.rotate();
    return issuer;
  }

  /** What a Worker that believes it is configured with. */
  get variables() {
    return {
      JWT_ISSUER: this.url,
      JWT_AUDIENCE: AUDIENCE,
      JWT_ALGORITHMS: "ES256",
      JWT_JWKS_URL: `${this.url}/keys`,
    };
  }

  /** Its key set, as it tells it. */
  get keys() {
    const keys = this.#keys.map(({ id, publicKey }) => ({ ...publicKey.export({ format: "jwk" }), kid: id, alg: "ES256" }));
    return JSON.stringify({ keys });
  }

  /** From now on it signs with another key. */
  rotate() {
    this.#keys.push({ id: `key-${this.#keys.length + 1}`, ...generateKeyPairSync("ec", { namedCurve: "P-256" }) });
  }

  /** The headers of somebody who is signed in. */
  signedIn(user) {
    const { id, privateKey } = this.#keys.at(-1);
    const signed = this.#unsigned(id, user);
    const signature = sign("sha256", signed, { key: privateKey, dsaEncoding: "ieee-p1363" });
    return { authorization: `Bearer ${signed}.${signature.toString("base64url")}` };
  }

  /** Those of somebody who made a token up. Nobody has its key. */
  madeUp() {
    const signature = randomBytes(64).toString("base64url");
    return { authorization: `Bearer ${this.#unsigned("made-up", "mallory")}.${signature}` };
  }

  #unsigned(kid, sub) {
    const now = Math.floor(Date.now() / 1000);
    const claims = { iss: this.url, aud: AUDIENCE, sub, iat: now, exp: now + 3600 };
    return `${text({ alg: "ES256", typ: "JWT", kid })}.${text(claims)}`;
  }

  async #answer(response) {
    if (!(await this.door.pass(response))) return;
    response.writeHead(this.status, { "content-type": "application/json" }).end(this.keys);
  }

  stop() {
    this.#server.close();
    this.#server.closeAllConnections();
  }
}
