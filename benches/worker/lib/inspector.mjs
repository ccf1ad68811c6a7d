// What an isolate holds, as V8 itself counts it. The resident memory of the process is no measure of
// that: plain workerd gives V8 no limit, so V8 lets garbage lie for as long as it likes.
import { once } from "node:events";

/** A session with the only isolate of a workerd that was started with an inspector. */
export class Inspector {
  #socket;
  #context;
  #waiting = new Map();
  #last = 0;

  static async connect(port) {
    const targets = await (await fetch(`http://127.0.0.1:${port}/json`)).json();
    const inspector = new Inspector();
    await inspector.#open(targets[0].webSocketDebuggerUrl);
    return inspector;
  }

  async #open(url) {
    this.#socket = new WebSocket(url);
    this.#socket.onmessage = ({ data }) => this.#take(JSON.parse(data));
    await once(this.#socket, "open");
    // Tells of the Worker's context, which expressions are evaluated in.
    await this.#call("Runtime.enable");
  }

  #take({ id, method, params, result, error }) {
    if (method === "Runtime.executionContextCreated") this.#context = params.context.uniqueId;
    const waiting = this.#waiting.get(id);
    this.#waiting.delete(id);
    if (error) waiting?.reject(new Error(`The inspector answers: ${error.message}`));
    else waiting?.resolve(result);
  }

  #call(method, params = {}) {
    const id = (this.#last += 1);
    return new Promise((resolve, reject) => {
      this.#waiting.set(id, { resolve, reject });
      this.#socket.send(JSON.stringify({ id, method, params }));
    });
  }

  /** V8's heap and the buffers beside it in MB, with the garbage that nobody has collected yet. */
  async heapMb() {
    const { usedSize, backingStorageSize } = await this.#call("Runtime.getHeapUsage");
    return (usedSize + backingStorageSize) / 1e6;
  }

  /** All WebAssembly memory in MB. It only ever grows, so this is its peak. Collects the garbage. */
  async wasmMb() {
    const prototype = await this.#call("Runtime.evaluate", {
      expression: "WebAssembly.Memory.prototype",
      uniqueContextId: this.#context,
    });
    const { objectId: prototypeObjectId } = prototype.result;
    const { objects } = await this.#call("Runtime.queryObjects", { prototypeObjectId });
    const sum = await this.#call("Runtime.callFunctionOn", {
      objectId: objects.objectId,
      functionDeclaration: "function () { return this.reduce((sum, { buffer }) => sum + buffer.byteLength, 0); }",
      returnByValue: true,
    });
    return sum.result.value / 1e6;
  }

  close() {
    this.#socket.close();
  }
}
