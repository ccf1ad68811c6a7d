// The module that workerd loads: the fetch event, and nothing else. It stands before what wasm-bindgen
// makes, instead of worker-build's, which gives every request an object behind two proxies.
import * as worker from "./index.js";

// workerd makes a C++ function of each callback that queueMicrotask is given: a twentieth of the CPU
// time of a request. Without it, wasm-bindgen asks for Promise.then.
globalThis.queueMicrotask = undefined;

// `worker` notes a panic here, for as long as panics get that far.
const state = worker.__worker_init_state();

function note(error) {
  if (error instanceof WebAssembly.RuntimeError) state.criticalError = true;
}
addEventListener("error", ({ error }) => note(error));
addEventListener("unhandledrejection", ({ reason }) => note(reason));

export default {
  async fetch(request, env, context) {
    if (state.criticalError) {
      // What was in that instance cannot be trusted any more. This makes another.
      worker.__wbg_reset_state();
      state.criticalError = false;
    }
    try {
      return await worker.fetch(request, env, context);
    } catch (error) {
      note(error);
      throw error;
    }
  },
};
