// Whoever says one thing of a body's length and sends another, over bare TCP: an upstream, an issuer, or a
// client.
import { createServer } from "node:net";
import { pipeline } from "node:stream/promises";
import { gzipSync } from "node:zlib";
import { listen } from "./door.mjs";

/** Where "without end" ends, for a reader that would read all of it. */
const MOST = 128 * 1024 * 1024;
const PIECE = Buffer.alloc(64 * 1024, " ");

let bomb;
/** 128 MB of spaces in 128 KB. */
const zipped = () => (bomb ??= gzipSync(Buffer.alloc(MOST, " ")));

function* endless() {
  for (let sent = 0; sent < MOST; sent += PIECE.length) yield PIECE;
}

function* inChunks(pieces) {
  for (const piece of pieces) {
    yield Buffer.from(`${piece.length.toString(16)}\r\n`);
    yield piece;
    yield Buffer.from("\r\n");
  }
  yield Buffer.from("0\r\n\r\n");
}

const CHUNKED = "transfer-encoding: chunked";
const GZIP = "content-encoding: gzip";
const length = (bytes) => `content-length: ${bytes}`;

/** `head` is what is said, and `body` what comes. What `isNoHttp` no server hands on. */
export const lies = [
  { name: "5 bytes, and chunks without end", head: () => [length(5), CHUNKED], body: () => inChunks(endless()) },
  { name: "no bytes, and chunks without end", head: () => [length(0), CHUNKED], body: () => inChunks(endless()) },
  { name: "nothing, and chunks without end", head: () => [CHUNKED], body: () => inChunks(endless()) },
  { name: "5 bytes, and bytes without end", head: () => [length(5)], body: endless },
  { name: "5 bytes and 128 MB, and bytes without end", head: () => [length(5), length(MOST)], body: endless, isNoHttp: true },
  { name: "8000 bytes, and fewer come", head: () => [length(8000)], body: () => [PIECE.subarray(0, 4000)] },
  { name: "the length of a bomb in gzip", head: () => [length(zipped().length), GZIP], body: () => [zipped()] },
  { name: "5 bytes, and a bomb in gzip", head: () => [length(5), GZIP, CHUNKED], body: () => inChunks([zipped()]) },
];

/** Tells a lie after a first line, for as long as anybody listens. Resolves to the bytes of it that could be sent. */
export async function tell(socket, first, { head, body }) {
  let sent = 0;
  const counted = function* () {
    for (const piece of body()) {
      yield piece;
      sent += piece.length;
    }
  };
  socket.write(`${[first, ...head()].join("\r\n")}\r\n\r\n`);
  // It fails when the other side has heard enough.
  await pipeline(counted, socket).catch(() => {});
  return sent;
}

/** The user for whom its pages are. */
export const USER = "ada";

/** What is true, by what is asked for. */
const TRUTHS = {
  page: `{"rows":[],"total":0,"pages":1,"page":1,"requestId":1,"identity":"${USER}"}`,
  flags: '{"authkitWhitelist":false}',
};

/** An upstream, and an issuer, that lies about one thing of `page`, `flags` and `keys`. */
export class Liar {
  /** Of the lie, in all calls together. */
  sent = 0;
  calls = 0;
  #sockets = new Set();
  #server = createServer((socket) => this.#serve(socket));

  static async start(about, lie, keys) {
    const liar = Object.assign(new Liar(), { about, lie, truths: { ...TRUTHS, keys } });
    liar.url = await listen(liar.#server);
    return liar;
  }

  #serve(socket) {
    this.#sockets.add(socket);
    socket.on("close", () => this.#sockets.delete(socket));
    socket.on("error", () => {});
    socket.once("data", (data) => this.#answer(socket, String(data)));
    socket.resume();
  }

  async #answer(socket, request) {
    const path = request.split(" ", 2)[1];
    const asked = ["flags", "keys"].find((name) => path.endsWith(name)) ?? "page";
    const first = "HTTP/1.1 200 OK\r\ncontent-type: application/json";
    if (asked !== this.about || !this.lie) {
      const truth = this.truths[asked];
      socket.end(`${first}\r\nconnection: close\r\n${length(truth.length)}\r\n\r\n${truth}`);
      return;
    }
    this.calls += 1;
    this.sent += await tell(socket, first, this.lie);
  }

  stop() {
    this.#server.close();
    for (const socket of this.#sockets) socket.destroy();
  }
}
