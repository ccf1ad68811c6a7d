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
      const { request_id: id } = record;
      this.#records.set(id, [...(this.#records.get(id) ?? []), record]);
      this.emit("change");
    });
  }

  /** Waits until each of these requests has its line. Gives all that it has of them, and forgets it. */
  async ended(ids) {
    const missing = new Set(ids);
    const holds = () => {
      for (const id of missing) if (this.#records.has(id)) missing.delete(id);
      return missing.size === 0;
    };
    await when(this, "their lines in the log", holds).catch(() => {
      throw new Error(`${missing.size} of ${ids.length} requests have not ended: ${[...missing].slice(0, 3)}, …`);
    });
    const records = ids.flatMap((id) => this.#records.get(id));
    for (const id of ids) this.#records.delete(id);
    return records;
  }
}
