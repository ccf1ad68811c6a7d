// Stands for the Secrets Store: `get()` of a binding gives a secret after some time.
import { WorkerEntrypoint } from "cloudflare:workers";

export class Secret extends WorkerEntrypoint {
  async get() {
    const { value, ms } = this.ctx.props;
    await scheduler.wait(ms);
    return value;
  }
}

export default {};
