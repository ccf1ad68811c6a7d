// What is claimed, out of what was measured. Everything is compared within a round: an authkit-edge
// of the third round with a JavaScript Worker of the third round.
import { edge, plain, samples } from "./contestants.mjs";
import { line, median, ratios } from "./statistics.mjs";

const list = (rounds, field) => rounds.map((round) => round[field]);

/** How much of the other's CPU time a request takes. */
export const cpuRatio = (load, ours, theirs) => ratios(list(load[ours], "cpuMs"), list(load[theirs], "cpuMs"));

/** How many times as many requests it answers in a second. */
export const speedRatio = (load, ours, theirs) =>
  ratios(list(load[ours], "perSecond"), list(load[theirs], "perSecond"));

/** Upstream round trips that a token takes. */
export const roundTrips = (latency, name) => ratios(latency[name], latency.upstream);

/** The same for the first token of a fresh isolate: `kind` is `first` or `started`. */
export const freshRoundTrips = (fresh, kind, name) => ratios(fresh[kind][name], fresh.upstream);

/** The sample that answers the most requests. */
export function bestSample(load) {
  const speed = ({ name }) => median(list(load[name], "perSecond"));
  return samples.reduce((best, sample) => (speed(sample) > speed(best) ? sample : best));
}

/** The points of one Worker, without what ours refuses: medians of all rounds. */
const growthOf = (growth, name) =>
  growth.filter(({ refused }) => !refused).map(({ samples }) => mediansOf(samples[name]));

/** The median of every field. */
export const mediansOf = (rounds) =>
  Object.fromEntries(Object.keys(rounds[0]).map((field) => [field, median(list(rounds, field))]));

/** Points `[MB, value]` and the line through them. */
export function curve(growth, name, field) {
  const points = growthOf(growth, name).map((point) => [point.bytes / 1e6, point[field]]);
  return { points, line: line(points) };
}

/**
 * What issue and design promise of a release: `{what, least or most, found}`, where a run measured
 * it. A `found` without `least` and `most` is there to compare with.
 */
export function targets({ load, latency, fresh, growth }) {
  const ours = edge.name;
  const [three, ten] = [load["3"], load["10"]];
  return [
    { what: "3 pages, their number known: upstream round trips", most: 1.15, found: roundTrips(latency["3"], ours) },
    { what: "3 pages, first token of an isolate: upstream round trips", most: 2.15, found: freshRoundTrips(fresh, "started", ours) },
    { what: "the same, with the start of the isolate", found: freshRoundTrips(fresh, "first", ours) },
    { what: "the same with the official Node.js SDK (Express)", found: roundTrips(latency["3"], "express") },
    latency["10"] && { what: "10 pages, their number known: upstream round trips", most: 2.3, found: roundTrips(latency["10"], ours) },
    { what: "3 pages: CPU, of the JavaScript Worker's", most: 0.9, found: cpuRatio(three, ours, plain.name) },
    { what: "3 pages: requests per second, of the JavaScript Worker's", least: 1.1, found: speedRatio(three, ours, plain.name) },
    ten && { what: "10 pages: the same", least: 1.3, found: speedRatio(ten, ours, plain.name) },
    { what: "3 pages: requests per second, of the best sample's", least: 3, found: speedRatio(three, ours, bestSample(three).name) },
    { what: "largest token: MB of memory in the isolate", most: 128, found: peak(growth) },
  ].filter(Boolean);
}

/** The spread of the peak at the point that takes the most memory. */
function peak(growth) {
  const peaks = growth.map(({ samples }) => list(samples[edge.name], "isolateMb"));
  const most = peaks.reduce((a, b) => (median(b) > median(a) ? b : a));
  return ratios(most, most.map(() => 1));
}

/** Whether a target is met, by the median. */
export const isMet = ({ least = -Infinity, most = Infinity, found }) => found.median >= least && found.median <= most;
