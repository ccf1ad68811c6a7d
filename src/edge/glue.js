// What is one call from WebAssembly here and would be many: a call costs more than what most of these do.

/**
 * Headers of names and values, one after the other, with a NUL behind each, which none can have. Runtimes are
 * slower in taking a list of pairs.
 */
const headersOf = (text, how) => {
  const headers = new Headers();
  const parts = text.split("\0");
  for (let at = 1; at < parts.length; at += 2) headers[how](parts[at - 1], parts[at]);
  return headers;
};

/** What `fetch` is given. Of two headers of one name, the last one counts. */
export const outgoing = (method, headers, body) => ({
  method,
  headers: headersOf(headers, "set"),
  body,
  // Not `error`: workerd does not implement it.
  redirect: "manual",
  // Calls go through the cache of the Worker's own zone, whosever the URL is. Where a rule of the
  // zone says to cache everything, a key that was withdrawn would be good for as long as the rule
  // says, and flags of one account would be another's.
  cache: "no-store",
});

export const answer = (status, headers, body) => new Response(body, { status, headers: headersOf(headers, "append") });

/**
 * The runtime's own streams fill a buffer of ours. One that was made in JavaScript, by a Worker that mounts
 * this one, may not be able to.
 */
export const open = (stream) => {
  try {
    return stream.getReader({ mode: "byob" });
  } catch {
    return stream.getReader();
  }
};

/** The next `wanted` bytes, fewer only at the end; or the next chunk, however many that has. */
export const read = (reader, wanted) =>
  reader.readAtLeast ? reader.readAtLeast(wanted, new Uint8Array(wanted)) : reader.read();

/** The bytes of what was read; `undefined` of what is none. */
export const bytes = ({ done, value }) => {
  if (value instanceof Uint8Array) return value;
  return done ? new Uint8Array() : undefined;
};

/** Whether it is the end, with so many bytes that were wanted. */
export const isLast = (reader, { done, value }, wanted) => done || (!!reader.readAtLeast && value.length < wanted);

/**
 * Gives the memory of what was read back, if the buffer was ours. A stream that was made in JavaScript may have
 * what it sends next in the same one.
 */
export const giveBack = (reader, bytes) => {
  if (reader.readAtLeast) bytes.buffer.transfer(0);
};
