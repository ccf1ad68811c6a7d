// A client that sends a request, or a part of it, and then resets its connection: its tab is closed, or
// its phone is out of reach.
import { once } from "node:events";
import { connect } from "node:net";

let last = 0;

export class Leaver {
  /** Its `x-request-id`. */
  id = `leaver-${(last += 1)}`;
  isAnswered = false;
  #socket;

  /** `length` is what it says that its body has; `body` is all that it ever sends. */
  static async begin(port, { method = "POST", path = "/api/authkit", headers = {}, body = "{}", length = body.length }) {
    const leaver = new Leaver();
    const socket = (leaver.#socket = connect(port, "127.0.0.1"));
    socket.on("error", () => {});
    socket.on("data", () => (leaver.isAnswered = true));
    await once(socket, "connect");
    const fixed = { host: "localhost", "x-request-id": leaver.id, "content-type": "application/json" };
    const all = { ...fixed, "content-length": length, ...headers };
    const lines = Object.entries(all).map(([name, value]) => `${name}: ${value}\r\n`);
    const head = `${method} ${path} HTTP/1.1\r\n${lines.join("")}\r\n`;
    await new Promise((sent) => socket.write(head + body, sent));
    return leaver;
  }

  reset() {
    if (!this.#socket.destroyed) this.#socket.resetAndDestroy();
  }
}
