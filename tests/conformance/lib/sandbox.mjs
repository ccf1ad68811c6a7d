// The stand-in for Pica that one system talks to. Each system has its own, so that all of them can
// be asked at the same time.
import { serve } from "./children.mjs";

export const KEY = "sk_test_sandbox";
/** In every error body of the sandbox: whoever shows it to a caller leaks. */
export const DETAIL = "sandbox-error-detail-do-not-leak";

export async function startSandbox(binary, name, args = []) {
  const server = await serve(`the sandbox of ${name}`, {
    command: binary,
    args: () => ["--port", "0", "--key", KEY, ...args],
    env: () => ({}),
    ready: /listening on http:\/\/127\.0\.0\.1:(\d+)/,
  });
  const url = `http://127.0.0.1:${server.port}`;
  return {
    url,
    port: server.port,
    guard: server.guard,
    stop: server.stop,
    async set(settings) {
      const body = JSON.stringify(settings);
      const response = await fetch(`${url}/_sandbox/settings`, { method: "PUT", body });
      if (!response.ok) throw new Error(await response.text());
      await fetch(`${url}/_sandbox/requests`, { method: "DELETE" });
    },
    async seen() {
      return (await fetch(`${url}/_sandbox/requests`)).json();
    },
  };
}

const known = new Map();

/** The exact text of all rows of a catalogue of that size. This changes the sandbox's settings. */
export async function rowsOf(sandbox, catalogue, row_padding = 0) {
  const key = `${catalogue} ${row_padding}`;
  if (!known.has(key)) known.set(key, await readRows(sandbox, { catalogue, row_padding }));
  return known.get(key);
}

async function readRows(sandbox, settings) {
  await sandbox.set(settings);
  const texts = [];
  for (let page = 1, pages = 1; page <= pages; page += 1) {
    const response = await fetch(`${sandbox.url}/v1/authkit?limit=100&page=${page}`, {
      method: "POST",
      headers: { "x-pica-secret": KEY },
      body: "{}",
    });
    const text = await response.text();
    pages = JSON.parse(text).pages;
    texts.push(text.slice('{"rows":['.length, text.lastIndexOf('],"total":')));
  }
  return texts.filter(Boolean).join(",");
}
