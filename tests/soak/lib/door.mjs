// Servers of this process, which answer when a test says so.
import { EventEmitter, once } from "node:events";
import { PATIENCE_MS } from "./server.mjs";

/** Has a server listen on a free port, and gives its URL. */
export async function listen(server) {
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  return `http://127.0.0.1:${server.address().port}`;
}

/** Waits until `holds()`, which is asked again each time that the emitter has a "change". */
export async function when(emitter, what, holds) {
  const signal = AbortSignal.timeout(PATIENCE_MS);
  while (!holds()) {
    await once(emitter, "change", { signal }).catch(() => {
      throw new Error(`Not seen in ${PATIENCE_MS} ms: ${what}.`);
    });
  }
}

/** Where calls wait as long as it is shut. */
export class Door extends EventEmitter {
  #isShut = false;
  #waiting = new Set();

  get waiting() {
    return this.#waiting.size;
  }

  shut() {
    this.#isShut = true;
  }

  /** Those who wait may pass, and those who come. */
  open() {
    this.openForOthers();
    for (const pass of this.#waiting) pass();
  }

  /** Those who come may pass, but not those who wait. */
  openForOthers() {
    this.#isShut = false;
  }

  /** Resolves when this call may be answered, to whether anybody is there to be answered. */
  async pass(response) {
    if (!this.#isShut) return true;
    let pass;
    await new Promise((resolve) => {
      pass = resolve;
      response.once("close", resolve);
      this.#waiting.add(pass);
      this.emit("change");
    });
    this.#waiting.delete(pass);
    this.emit("change");
    return !response.closed;
  }
}
