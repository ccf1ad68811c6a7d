// One origin for the application and the Worker, as a route of a zone makes it.

import http from "node:http";
import https from "node:https";
import { cert, key } from "./certificate.mjs";

/** Where the Worker's routes are: its own, and that of the Python samples. */
const ROUTE = /^\/(api\/authkit|authkit-token)(\/|\?|$)/;

/** What becomes of the Worker's question while an application is broken. @type {Record<string, (response: http.ServerResponse) => void>} */
export const FAULTS = {
  down: (response) => response.destroy(),
  slow: () => {},
  redirect: (response) => response.writeHead(302, { location: "/login" }).end(),
  html: (response) => response.writeHead(200, { "content-type": "text/html" }).end("<h1>Welcome</h1>"),
  failing: (response) => response.writeHead(500, { "content-type": "text/plain" }).end("oops"),
  moved: (response) => response.writeHead(404, { "content-type": "application/json" }).end('{"user":{"id":"nobody"}}'),
};

/** Opens it before there is anything behind it, since both sides have to know where it is. */
export async function openDoor() {
  const agent = new http.Agent({ keepAlive: true });
  const door = {
    origin: "",
    /** The port of the application, and that of the Worker. */
    application: 0,
    worker: 0,
    /** A name of `FAULTS`. */
    fault: undefined,
    /** The headers of the Worker's questions to the application. */
    questions: [],
    close() {
      agent.destroy();
      server.closeAllConnections();
      return new Promise((resolve) => server.close(resolve));
    },
  };
  const server = https.createServer({ key, cert }, (request, response) => {
    const { method, url: path, headers } = request;
    if (headers["x-authkit-session"]) {
      door.questions.push(headers);
      if (door.fault) return FAULTS[door.fault](response);
    }
    const port = ROUTE.test(path) ? door.worker : door.application;
    const forwarded = { ...headers, "x-forwarded-proto": "https" };
    const upstream = http.request({ host: "127.0.0.1", port, method, path, headers: forwarded, agent }, (answer) => {
      response.writeHead(answer.statusCode, answer.rawHeaders);
      answer.pipe(response);
    });
    // Either side may go away: the other sees its end.
    upstream.on("error", () => response.destroy());
    request.on("error", () => upstream.destroy());
    request.pipe(upstream);
  });
  await new Promise((resolve) => server.listen(0, "localhost", resolve));
  door.origin = `https://localhost:${server.address().port}`;
  return door;
}
