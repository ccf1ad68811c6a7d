// An HTTP server out of handlers by method and path, which get the Fetch API's `Request` with its body
// as text and answer by a `Response`.

import http from "node:http";

export function serve(handlers) {
  const server = http.createServer(async (incoming, outgoing) => {
    let body = "";
    for await (const chunk of incoming) body += chunk;
    const url = `http://${incoming.headers.host}${incoming.url}`;
    const handler = handlers[`${incoming.method} ${new URL(url).pathname}`];
    const request = new Request(url, { method: incoming.method, headers: incoming.headers, body: body || undefined });
    const response = handler ? await handler(request) : new Response(null, { status: 404 });
    outgoing.writeHead(response.status, [...response.headers].flat());
    outgoing.end(await response.text());
  });
  server.listen(0, "127.0.0.1", () => console.log(`listening on ${server.address().port}`));
}
