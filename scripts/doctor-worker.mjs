// Runs the Worker for the doctor as `wrangler dev` does, with one more secret, TRUSTED_CALLER_KEY:
// node doctor-worker.mjs CONFIG ENV STATE KEY_FILE.
//
// wrangler itself takes a variable that no file of the user's has from its arguments alone, and
// those stand in the list of processes, for everybody on the machine. A file can be the user's own.
import { readFileSync } from "node:fs";
import { unstable_startWorker } from "wrangler";

const [config, env, state, keyFile] = process.argv.slice(2);
const worker = await unstable_startWorker({
  config,
  env,
  bindings: { TRUSTED_CALLER_KEY: { type: "secret_text", value: readFileSync(keyFile, "utf8") } },
  dev: {
    server: { hostname: "127.0.0.1", port: 0 },
    // `--local-upstream`
    origin: { hostname: "localhost" },
    inspector: { port: 0 },
    persist: state,
  },
});
await worker.ready;
