// What went wrong, in words for a person. The server's own words are for a person too; these know
// more of this page.

/** An answer that is an error, or no answer. */
export class Problem extends Error {
  constructor(text, { code = "network", requestId } = {}) {
    super(text);
    this.code = code;
    this.requestId = requestId;
  }
}

/** `fetch` for JSON that throws a Problem unless all is well. */
export async function post(url, options) {
  let response, data;
  try {
    response = await fetch(url, { method: "POST", ...options });
    data = await response.json();
  } catch {
    throw new Problem(
      response ? "The server's answer cannot be read. Please try again." : "The server cannot be reached. Check your connection and try again.",
    );
  }
  if (response.ok) return data;
  throw new Problem(words(response, data), { code: data.code, requestId: data.request_id });
}

function words(response, data) {
  switch (response.status) {
    case 401:
      return "You are not signed in any more. Please sign in again.";
    case 429: {
      const seconds = Number(response.headers.get("retry-after"));
      return seconds > 0
        ? `Too many people are connecting apps just now. Try again in ${seconds} seconds.`
        : "Too many people are connecting apps just now. Try again in a minute.";
    }
    default:
      return data.message ?? "Something went wrong. Please try again.";
  }
}
