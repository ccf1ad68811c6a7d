// The data centre's cache, as workerd asks for it (`cacheApiOutbound`): GET and PUT over HTTP, the
// protocol that miniflare's README for its cache describes.
import { once } from "node:events";
import { createServer } from "node:http";
import { setTimeout as sleep } from "node:timers/promises";

/**
 * Starts it on a free port. `latencyMs` may be Infinity: then it never answers. While `isForgetful` it
 * has nothing and keeps nothing. `settled()` resolves when nothing was written for a moment.
 */
export async function startCache() {
  const entries = new Map();
  const cache = { latencyMs: 0, isForgetful: false };
  let writes = 0;
  const server = createServer(async (request, response) => {
    const body = await bytesOf(request);
    if (cache.latencyMs === Infinity) return;
    if (cache.latencyMs > 0) await sleep(cache.latencyMs);
    if (request.method === "PUT") {
      writes += 1;
      if (!cache.isForgetful) entries.set(keyOf(request), parse(body));
      return response.writeHead(204).end();
    }
    const found = cache.isForgetful ? undefined : entries.get(keyOf(request));
    if (!found) return response.writeHead(504, { "cf-cache-status": "MISS", "content-length": 0 }).end();
    response.writeHead(200, { ...found.headers, "content-length": found.body.length, "cf-cache-status": "HIT" });
    response.end(found.body);
  });
  server.keepAliveTimeout = 60_000;
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  server.unref();
  return Object.assign(cache, {
    port: server.address().port,
    entries: () => entries.size,
    async settled() {
      for (let before = -1; before !== writes; await sleep(150)) before = writes;
    },
    stop: () => server.close(),
  });
}

const keyOf = ({ headers, url }) => `${headers["cf-cache-namespace"] ?? ""} ${headers.host} ${url}`;

async function bytesOf(request) {
  const chunks = [];
  for await (const chunk of request) chunks.push(chunk);
  return Buffer.concat(chunks);
}

/** A whole HTTP response, as the body of a PUT is. */
export function parse(bytes) {
  const end = bytes.indexOf("\r\n\r\n");
  const [, ...lines] = bytes.subarray(0, end).toString("latin1").split("\r\n");
  const pairs = lines.map((line) => {
    const colon = line.indexOf(":");
    return [line.slice(0, colon).toLowerCase(), line.slice(colon + 1).trim()];
  });
  const { "transfer-encoding": coding, ...headers } = Object.fromEntries(pairs);
  const body = bytes.subarray(end + 4);
  return { headers, body: coding === "chunked" ? unchunked(body) : body };
}

function unchunked(bytes) {
  const parts = [];
  for (let at = 0; ; ) {
    const line = bytes.indexOf("\r\n", at);
    const size = Number.parseInt(bytes.subarray(at, line).toString("latin1"), 16);
    if (!(size > 0)) return Buffer.concat(parts);
    parts.push(bytes.subarray(line + 2, line + 2 + size));
    at = line + 2 + size + 2;
  }
}
