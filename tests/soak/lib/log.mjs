// What a Worker writes of each request, with or without a client. So it tells that a request has ended.
import { EventEmitter } from "node:events";
import { createInterface } from "node:readline";
import { when } from "./door.mjs";

export class Log extends EventEmitter {
  #records = new Map();

  constructor({ stdout }) {
    super();
    createInterface({ input: stdout }).on("line", (line) => {
      // workerd has lines of its own.
      if (!line.startsWith('{"request_id":')) return;
      const record = JSON.parse(line);
      this.#records.set(record.request_id, [...this.of(record.request_id), record]);
      this.emit("change");
    });
  }

  /** All that was written of a request. */
  of(id) {
    return this.#records.get(id) ?? [];
  }

  /** Waits until each of these has its line, and forgets them. */
  async ended(ids) {
    const missing = new Set(ids);
    const holds = () => {
      for (const id of missing) if (this.of(id).length > 0) missing.delete(id);
      return missing.size === 0;
    };
    await when(this, "their lines in the log", holds).catch(() => {
      throw new Error(`${missing.size} of ${ids.length} requests have not ended: ${[...missing].slice(0, 3)}, …`);
    });
    for (const id of ids) this.#records.delete(id);
  }
}
