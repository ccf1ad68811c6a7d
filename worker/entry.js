// The module that workerd loads: the fetch event, and nothing else. It stands before what wasm-bindgen
// makes, instead of worker-build's, which gives every request an object behind two proxies.
import * as worker from "./index.js";
import { endAll } from "./life.js";

// `worker` notes a panic here, for as long as panics get that far.
const state = worker.__worker_init_state();

// While the isolate starts, before anybody asks: what is called here is compiled then. A Worker without the
// endpoint has nothing to rehearse.
worker.rehearse?.();

/** How the requests that are under way are told that nothing in their instance goes on any more. */
const underWay = new Set();
/** Panics by which an instance has ended. All who were in it meet the same one, some of them later. */
const noted = new WeakSet();

function note(error) {
  if (!(error instanceof WebAssembly.RuntimeError) || noted.has(error)) return;
  noted.add(error);
  state.criticalError = true;
  for (const fail of underWay) fail(error);
  endAll();
}
addEventListener("error", ({ error }) => note(error));
addEventListener("unhandledrejection", ({ reason }) => note(reason));

/** What was in an instance that has panicked cannot be trusted any more. This makes another. */
function renew() {
  if (!state.criticalError) return;
  worker.__wbg_reset_state();
  state.criticalError = false;
}

export default {
  async fetch(request, env, context) {
    renew();
    let fail;
    try {
      return await new Promise((resolve, reject) => {
        underWay.add((fail = reject));
        worker.fetch(request, env, context).then(resolve, reject);
      });
    } catch (error) {
      note(error);
      renew();
      // The endpoint's own form of an error, with CORS and a line in the log.
      if (worker.answerFailed) return worker.answerFailed(request, env);
      throw error;
    } finally {
      underWay.delete(fail);
    }
  },
};
