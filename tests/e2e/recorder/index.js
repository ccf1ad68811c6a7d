// Stands for a dataset of the Analytics Engine, whose own stand-in in wrangler shows nothing, and
// prints what is written to it.
import { WorkerEntrypoint } from "cloudflare:workers";

export default class extends WorkerEntrypoint {
  writeDataPoint(point) {
    console.log(JSON.stringify({ point }));
  }
}
