/** Longer than anything takes, so that a slow machine fails no test. */
export const PATIENCE = Number(process.env.PATIENCE_MS ?? 60_000);

/** Rejects when it has been long enough. */
export function deadline(what) {
  return new Promise((_, reject) => {
    setTimeout(() => reject(new Error(`waited in vain for ${what}`)), PATIENCE).unref();
  });
}
