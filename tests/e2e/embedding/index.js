// An application's own Worker around the built one, which is to leave it what the platform has. It makes the
// body of a request anew: in pieces of one buffer, as an encoder with a buffer of its own does.
import edge from "../../../build/index.js";

export default {
  async fetch(request, env, context) {
    const whole = new Uint8Array(await request.arrayBuffer());
    await new Promise(queueMicrotask);
    const body = new ReadableStream({
      start(controller) {
        for (let at = 0; at < whole.length; at += 5) controller.enqueue(whole.subarray(at, at + 5));
        controller.close();
      },
    });
    return edge.fetch(new Request(request, { body }), env, context);
  },
};
