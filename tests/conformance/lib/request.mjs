// One HTTP request, with nothing added or followed: `fetch` would do both.
import { request } from "node:http";

/** The old widget gave up after ten seconds; whoever is later has not answered. */
export const PATIENCE_MS = 10_000;

/**
 * Resolves to `{status, headers, body}`. `status` is "none" when there was no whole answer in time
 * and "broken" when the connection ended first. Header values are sent as UTF-8, as browsers and
 * most clients do not, but curl and many servers do.
 */
export function ask(port, { method, path, headers, body }) {
  return new Promise((resolve) => {
    const encoded = Object.entries(headers).map(([name, value]) => [
      name,
      Buffer.from(value).toString("latin1"),
    ]);
    const message = request({
      agent: false,
      host: "127.0.0.1",
      port,
      method,
      path,
      headers: Object.fromEntries(encoded),
    });
    const finish = (answer) => {
      clearTimeout(timer);
      message.destroy();
      resolve(answer);
    };
    const nothing = (status) => finish({ status, headers: {}, body: Buffer.alloc(0) });
    const timer = setTimeout(() => nothing("none"), PATIENCE_MS);
    let answered = false;
    // A server that refuses a long body early may close before all of it is sent.
    message.on("error", () => answered || nothing("broken"));
    message.on("response", (response) => {
      answered = true;
      const chunks = [];
      response.on("data", (chunk) => chunks.push(chunk));
      response.on("error", () => nothing("broken"));
      response.on("end", () => {
        const { statusCode: status, headers } = response;
        finish({ status, headers, body: Buffer.concat(chunks) });
      });
    });
    // As bytes: Node.js would send a text and the head as one, and the head as UTF-8 a second time.
    message.end(Buffer.from(body ?? ""));
  });
}
