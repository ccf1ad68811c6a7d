// What went wrong, in words for a person. The server's own words are for a person too; these know
// more of this page.

/** An answer that is an error, or no answer. The client's errors have the same fields. */
export class Problem extends Error {
  constructor(text, { code = "network", status, requestId, retryAfter } = {}) {
    super(text);
    Object.assign(this, { code, status, requestId, retryAfter });
  }
}

/** `fetch` for JSON that throws a Problem unless all is well. */
export async function post(url, options) {
  let response, data;
  try {
    response = await fetch(url, { method: "POST", ...options });
    data = await response.json();
  } catch {
    throw new Problem("", { code: response ? "unreadable" : "network" });
  }
  if (response.ok) return data;
  const { status, headers } = response;
  throw new Problem(data.message, {
    code: data.code,
    status,
    requestId: data.request_id,
    retryAfter: Number(headers.get("retry-after")),
  });
}

/** What a person is told. */
export function words({ code, status, retryAfter, message }) {
  if (status === 401) return "You are not signed in any more. Please sign in again.";
  if (status === 429) {
    return retryAfter > 0
      ? `Too many people are connecting apps just now. Try again in ${retryAfter} seconds.`
      : "Too many people are connecting apps just now. Try again in a minute.";
  }
  switch (code) {
    case "network":
      return "The server cannot be reached. Check your connection and try again.";
    case "unreadable":
      return "The server's answer cannot be read. Please try again.";
    case "no_integrations":
      return "No app is enabled in your dashboard yet.";
    case "widget":
      return `The app could not be connected: ${message}`;
    default:
      return message || "Something went wrong. Please try again.";
  }
}
