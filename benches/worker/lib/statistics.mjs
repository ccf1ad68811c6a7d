// The few statistics that a report takes.

/** The value below which the share `q` of the sorted list lies, between two values if need be. */
export function quantile(list, q) {
  if (list.length === 0) throw new Error("No values to take a quantile of.");
  const sorted = [...list].sort((a, b) => a - b);
  const place = (sorted.length - 1) * q;
  const [low, high] = [sorted[Math.floor(place)], sorted[Math.ceil(place)]];
  return low + (high - low) * (place - Math.floor(place));
}

export const median = (list) => quantile(list, 0.5);

/** The median, and how far the values spread: `{median, min, max}`. */
export const spread = (list) => ({
  median: median(list),
  min: Math.min(...list),
  max: Math.max(...list),
});

/** The spread of `a[i] / b[i]`: what was measured in the same round is compared, and nothing else. */
export function ratios(a, b) {
  if (a.length !== b.length) throw new Error(`${a.length} rounds cannot be compared with ${b.length}.`);
  return spread(a.map((value, round) => value / b[round]));
}

/**
 * The line through points `[x, y]` by least squares: `{slope, intercept, r2}`. `r2` is 1 when all
 * points are on it, and 0 when it explains nothing.
 */
export function line(points) {
  const mean = (values) => values.reduce((sum, value) => sum + value, 0) / values.length;
  const [mx, my] = [mean(points.map(([x]) => x)), mean(points.map(([, y]) => y))];
  const sum = (term) => points.reduce((total, [x, y]) => total + term(x - mx, y - my), 0);
  const [xx, xy, yy] = [sum((x) => x * x), sum((x, y) => x * y), sum((_, y) => y * y)];
  if (xx === 0) throw new Error("A line needs two different places.");
  const slope = xy / xx;
  return { slope, intercept: my - slope * mx, r2: yy === 0 ? 1 : (xy * xy) / (xx * yy) };
}

/** A list that starts at another place in every round, so that nobody always goes first. */
export const rotated = (list, round) => list.map((_, index) => list[(index + round) % list.length]);
