// What is claimed, out of what was measured. Everything is compared within a round: an authkit-edge
// of the third round with a JavaScript Worker of the third round.
import { edge, plain, remembering, samples } from "./contestants.mjs";
import { roadTargets } from "./road-figures.mjs";
import { line, median, ratios, spread } from "./statistics.mjs";

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
 * What is promised of a release, by header where no other road is named: `{what, least or most, found}`, where a run measured
 * it. A `found` without `least` and `most` is there to compare with.
 */
export function targets({ roads, load, latency, news, fresh, growth }) {
  const ours = edge.name;
  const [three, ten] = [load["3"], load["10"]];
  return [
    ...roadTargets(roads),
    { what: "3 pages, their number known: upstream round trips", most: 1.15, found: roundTrips(latency["3"], ours) },
    { what: "3 pages, when the list had one: upstream round trips", most: 2.15, found: roundTrips(news, ours) },
    { what: "3 pages, first token of an isolate: upstream round trips", most: 2.15, found: freshRoundTrips(fresh, "started", ours) },
    { what: "the same, with the start of the isolate", found: freshRoundTrips(fresh, "first", ours) },
    { what: "the same with the official Node.js SDK (Express)", found: roundTrips(latency["3"], "express") },
    latency["10"] && { what: "10 pages, their number known: upstream round trips", most: 2.3, found: roundTrips(latency["10"], ours) },
    { what: "3 pages: CPU, of the JavaScript Worker's", most: 0.9, found: cpuRatio(three, ours, plain.name) },
    { what: "the same, beside the one with the same means", found: cpuRatio(three, ours, remembering.name) },
    { what: "3 pages: requests per second, of the JavaScript Worker's", least: 1.1, found: speedRatio(three, ours, plain.name) },
    { what: "the same, beside the one with the same means", found: speedRatio(three, ours, remembering.name) },
    ten && { what: "10 pages: requests per second, of the JavaScript Worker's", least: 1.3, found: speedRatio(ten, ours, plain.name) },
    ten && { what: "the same, beside the one with the same means", found: speedRatio(ten, ours, remembering.name) },
    { what: "3 pages: requests per second, of the best sample's", least: 3, found: speedRatio(three, ours, bestSample(three).name) },
    { what: "largest token: MB in the isolate", most: 128, found: mostHeld(growth) },
  ].filter(Boolean);
}

/** What the isolate holds at most, of the point where that is the most. */
function mostHeld(growth) {
  const points = growth.map(({ samples }) => spread(list(samples[edge.name], "mostMb")));
  return points.reduce((a, b) => (b.median > a.median ? b : a));
}

/** Whether a target is met, by the median as it is shown: with two decimals. */
export function isMet({ least = -Infinity, most = Infinity, found }) {
  const shown = Number(found.median.toFixed(2));
  return shown >= least && shown <= most;
}
