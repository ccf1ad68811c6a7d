// One request for a token, and the check of its answer.
import { request } from "node:http";
import { DETAIL, KEY } from "../../conformance/lib/sandbox.mjs";
import { CATALOGUE, PATIENCE_MS } from "./server.mjs";

/** Errors that a client is told to come back after. */
const COMES_BACK = new Set(["rate_limited", "keys_unavailable", "busy"]);

/**
 * Resolves to `{outcome, ms, requestId, headers}`: `200`, `STATUS CODE` of a well-formed error, `left`
 * when the client went after `leavesAfterMs`, or `broken` when the connection ended first. Whatever
 * else there is fails: a hang, another's token, other rows, an error in another form.
 *
 * `headers` say who asks, `total` is how many rows there are, and nothing of the answer is read
 * before `reads` resolves. Who `staysHalfWay` does not send all of its body.
 */
export async function ask(port, identity, rows, { total = CATALOGUE, ...options } = {}) {
  const begun = performance.now();
  const answer = await exchange(port, { headers: { "x-user-id": identity }, ...options });
  const ms = performance.now() - begun;
  if (typeof answer === "string") return { outcome: answer, ms };
  const { headers } = answer;
  const requestId = answer.status === 200 ? checkToken(answer, identity, rows, total) : undefined;
  return { outcome: requestId === undefined ? errorOf(answer) : "200", ms, requestId, headers };
}

function exchange(port, { agent = false, path = "/api/authkit", headers, leavesAfterMs, reads, staysHalfWay }) {
  return new Promise((resolve, reject) => {
    const sent = { ...headers, "content-type": "application/json" };
    const message = request({ agent, host: "127.0.0.1", port, method: "POST", path, headers: sent });
    let leaves;
    const hangs = setTimeout(() => {
      reject(new Error(`No answer within ${PATIENCE_MS} ms.`));
      message.destroy();
    }, PATIENCE_MS);
    const finish = (value) => {
      clearTimeout(hangs);
      clearTimeout(leaves);
      resolve(value);
    };
    if (leavesAfterMs !== undefined) {
      leaves = setTimeout(() => {
        finish("left");
        // A reset, which cancels the request. Of an orderly end workerd takes it that the client has
        // nothing more to say, and waits for the answer.
        message.socket.resetAndDestroy();
      }, leavesAfterMs);
    }
    message.on("error", () => finish("broken"));
    message.on("response", async (response) => {
      response.on("error", () => finish("broken"));
      await reads;
      const chunks = [];
      response.on("data", (chunk) => chunks.push(chunk));
      response.on("end", () => {
        const { statusCode: status, headers } = response;
        finish({ status, headers, text: Buffer.concat(chunks).toString("utf8") });
      });
    });
    if (staysHalfWay) message.write("{");
    else message.end("{}");
  });
}

/** Gives its `requestId`. */
export function checkToken({ text }, identity, rows, total = CATALOGUE) {
  const head = `{"rows":[${rows}],`;
  if (!text.startsWith(head)) throw new Error(`Other rows than the upstream has: ${text.slice(0, 200)}`);
  const { requestId, ...rest } = JSON.parse(`{${text.slice(head.length)}`);
  const expected = { total, pages: 1, page: 1, identity, isWhiteLabel: false };
  for (const name of new Set([...Object.keys(rest), ...Object.keys(expected)])) {
    if (rest[name] !== expected[name]) throw new Error(`${name} of ${identity}'s token is ${rest[name]}.`);
  }
  return requestId;
}

function errorOf({ status, headers, text }) {
  for (const secret of [KEY, DETAIL]) {
    if (text.includes(secret)) throw new Error(`${secret} is in an answer: ${text}`);
  }
  // workerd's own, when the Worker gave none. It is for the caller to say whether that may be.
  if (headers["x-request-id"] === undefined) return `${status} bare`;
  const error = JSON.parse(text);
  const isWhole = Object.keys(error).sort().join() === "code,error,message,request_id";
  if (!isWhole || error.request_id !== headers["x-request-id"] || headers["cache-control"] !== "no-store") {
    throw new Error(`An error in another form: ${text}`);
  }
  if (COMES_BACK.has(error.code) && !/^\d+$/.test(headers["retry-after"])) {
    throw new Error(`Nothing says when to come back: ${text}`);
  }
  return `${status} ${error.code}`;
}
