// `waitUntil`, as the code in WebAssembly asks for it. What it waits for there never comes when the
// instance panics, so this also ends when `endAll` is called.
import { waitUntil as keep } from "cloudflare:workers";

const lives = new Set();

export function waitUntil(promise) {
  keep(
    new Promise((end) => {
      lives.add(end);
      promise.then(() => {
        lives.delete(end);
        end();
      });
    }),
  );
}

/** Lets go of every request that is under way: the runtime then closes what they have open. */
export function endAll() {
  for (const end of lives) end();
  lives.clear();
}
