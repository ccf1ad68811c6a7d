// Before the sandbox: calls that a test names stay here until it lets them go.
import { EventEmitter } from "node:events";
import { createServer, request } from "node:http";
import { buffer } from "node:stream/consumers";
import { Door, listen } from "./door.mjs";

/** Emits "change" when `open` has changed. */
export class Gate extends EventEmitter {
  door = new Door();
  /** Calls without an answer. */
  open = 0;
  #holds;
  #server = createServer((incoming, outgoing) => this.#pass(incoming, outgoing));

  /** `holds(url, body)` says which calls stay while the door is shut. */
  static async start(holds) {
    const gate = new Gate();
    gate.#holds = holds;
    gate.url = await listen(gate.#server);
    return gate;
  }

  /** Where the calls go. */
  leadTo({ port }) {
    this.port = port;
  }

  async #pass(incoming, outgoing) {
    this.#count(1);
    outgoing.on("close", () => this.#count(-1));
    const { url: path, method, headers } = incoming;
    // Of a call that is aborted, nothing is handed on.
    const body = await buffer(incoming).catch(() => undefined);
    if (body === undefined || (this.#holds(path, String(body)) && !(await this.door.pass(outgoing)))) return;
    const onward = request({ host: "127.0.0.1", port: this.port, path, method, headers }, (answer) => {
      outgoing.writeHead(answer.statusCode, answer.headers);
      answer.pipe(outgoing);
    });
    onward.on("error", () => outgoing.destroy());
    onward.end(body);
  }

  #count(more) {
    this.open += more;
    this.emit("change");
  }

  stop() {
    this.#server.close();
    this.#server.closeAllConnections();
  }
}
