// A proxy that writes down every request as it came over the wire: what a browser's own tools say
// leaves out cookies and preflights in some places.

import http from "node:http";
import { deadline } from "./wait.mjs";

export async function startProxy(to) {
  const seen = [];
  const waiting = new Set();
  const agent = new http.Agent({ keepAlive: true });
  // Files of a test's own, by path: they are served from the Worker's origin.
  const files = new Map();
  const proxy = { port: 0, seen, files, broken: false };
  const server = http.createServer((request, response) => {
    const entry = { method: request.method, path: request.url, headers: request.headers, status: 0 };
    const done = (status) => {
      entry.status = status;
      seen.push(entry);
      for (const check of waiting) check();
    };
    if (proxy.broken && request.url.startsWith("/api/")) {
      done(0);
      return request.destroy();
    }
    const { method, url: path, headers } = request;
    const file = files.get(path.split("?")[0]);
    if (file) return response.writeHead(200, file.headers).end(file.body);
    const upstream = http.request({ host: "127.0.0.1", port: to, method, path, headers, agent }, (answer) => {
      entry.answer = answer.headers;
      done(answer.statusCode);
      response.writeHead(answer.statusCode, answer.rawHeaders);
      answer.pipe(response);
    });
    // Either side may go away: the other sees its end.
    upstream.on("error", () => response.destroy());
    request.on("error", () => upstream.destroy());
    request.pipe(upstream);
  });
  await new Promise((resolve) => server.listen(0, "127.0.0.1", resolve));
  proxy.port = server.address().port;
  /** Requests of a method to a path, the query aside. */
  proxy.all = (method, path) => seen.filter((entry) => entry.method === method && entry.path.split("?")[0] === path);
  /** Waits for the nth of these. */
  proxy.nth = (n, method, path) => {
    const found = new Promise((resolve) => {
      const check = () => {
        const entry = proxy.all(method, path)[n - 1];
        if (!entry) return;
        waiting.delete(check);
        resolve(entry);
      };
      waiting.add(check);
      check();
    });
    return Promise.race([found, deadline(`${method} ${path}, number ${n}`)]);
  };
  proxy.clear = () => {
    seen.length = 0;
    proxy.broken = false;
  };
  proxy.stop = () => {
    agent.destroy();
    server.closeAllConnections();
    return new Promise((resolve) => server.close(resolve));
  };
  return proxy;
}
