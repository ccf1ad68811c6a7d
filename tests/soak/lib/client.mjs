// One request for a token, and the check of its answer.
import { request } from "node:http";
import { DETAIL, KEY } from "../../conformance/lib/sandbox.mjs";
import { CATALOGUE, PATIENCE_MS } from "./server.mjs";

/**
 * Resolves to `{outcome, ms, requestId}`: `200`, `STATUS CODE` of a well-formed error, `left` when
 * the client went after `leavesAfterMs`, or `broken` when the connection ended first. Whatever
 * else there is fails: a hang, another's token, other rows, an error in another form.
 */
export async function ask(port, identity, rows, { agent, path = "/api/authkit", leavesAfterMs } = {}) {
  const begun = performance.now();
  const answer = await exchange(port, identity, path, agent, leavesAfterMs);
  const ms = performance.now() - begun;
  if (typeof answer === "string") return { outcome: answer, ms };
  const requestId = answer.status === 200 ? checkToken(answer, identity, rows) : undefined;
  return { outcome: requestId === undefined ? errorOf(answer) : "200", ms, requestId };
}

function exchange(port, identity, path, agent, leavesAfterMs) {
  return new Promise((resolve, reject) => {
    const headers = { "x-user-id": identity, "content-type": "application/json" };
    const message = request({ agent: agent ?? false, host: "127.0.0.1", port, method: "POST", path, headers });
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
        message.destroy();
      }, leavesAfterMs);
    }
    message.on("error", () => finish("broken"));
    message.on("response", (response) => {
      const chunks = [];
      response.on("data", (chunk) => chunks.push(chunk));
      response.on("error", () => finish("broken"));
      response.on("end", () => {
        const { statusCode: status, headers } = response;
        finish({ status, headers, text: Buffer.concat(chunks).toString("utf8") });
      });
    });
    message.end("{}");
  });
}

/** Gives its `requestId`. */
export function checkToken({ text }, identity, rows) {
  const head = `{"rows":[${rows}],`;
  if (!text.startsWith(head)) throw new Error(`Other rows than the upstream has: ${text.slice(0, 200)}`);
  const { requestId, ...rest } = JSON.parse(`{${text.slice(head.length)}`);
  const expected = { total: CATALOGUE, pages: 1, page: 1, identity, isWhiteLabel: false };
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
  return `${status} ${error.code}`;
}
