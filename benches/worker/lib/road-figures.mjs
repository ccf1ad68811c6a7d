// What is claimed of the roads, out of what was measured.
import { edge } from "./contestants.mjs";
import { ratios, spread } from "./statistics.mjs";

const list = (rounds, field) => rounds.map((round) => round[field]);

/** Upstream round trips of the first token of an isolate, or nothing where that was not measured. */
export function firstTrips({ cold }, road, name, scene) {
  const times = cold.roads[road]?.[name]?.[scene];
  return times && ratios(times, cold.upstream);
}

/** Milliseconds of CPU that it takes. */
export function firstCpu({ cold }, road, name, scene) {
  const times = cold.cpu[road]?.[name]?.[scene];
  return times && spread(times);
}

/** Upstream round trips of a token when the isolate knows all that it can. */
export const warmTrips = ({ warm }, road, name) => ratios(warm.latency[road][name], warm.latency.upstream);

/** A field of the load on a road. */
export const loadOf = ({ warm }, road, name, field) => spread(list(warm.load[road][name], field));

/** Ours as a multiple of somebody else's on the same road. */
export const ourLoad = ({ warm }, road, name, field) =>
  ratios(list(warm.load[road][edge.name], field), list(warm.load[road][name], field));

/** The CPU time of ours on a road as a multiple of that by header; nothing where that was not measured. */
export function ofHeader({ warm }, road) {
  const rounds = [road, "header"].map((name) => warm.load[name]?.[edge.name]);
  return rounds[1] && ratios(...rounds.map((samples) => list(samples, "cpuMs")));
}

/** Round trips that it takes to read both secrets of a grant, which are as far away as the upstream. */
function storedSecrets({ cold }) {
  const { secrets, start } = cold.roads.grant[edge.name];
  return ratios(secrets.map((ms, round) => ms - start[round]), cold.upstream);
}

/** What is promised of the road that users take, and of the others beside it: as `targets` of figures.mjs. */
export function roadTargets(roads) {
  const first = (scene) => firstTrips(roads, "es256", edge.name, scene);
  const jose = (field) => ourLoad(roads, "es256", "jose", field);
  return [
    { what: "by JWT, first token of an isolate, nothing known: upstream round trips", most: 3.15, found: first("unknown") },
    { what: "the same with `EXPECTED_PAGES = 3`", most: 2.15, found: first("expected") },
    { what: "the same, a preflight 60 ms before", most: 2.25, found: first("preflight") },
    { what: "the same, the data centre knows account and issuer", most: 1.35, found: first("note") },
    { what: "the same, its cache takes 5 ms", most: 1.35, found: first("note-5") },
    { what: "by grant, both secrets in the Secrets Store: more upstream round trips than without", most: 1.15, found: storedSecrets(roads) },
    { what: "by JWT, warm: CPU, of jose's", most: 0.65, found: jose("cpuMs") },
    { what: "by JWT, warm: requests per second, of jose's", least: 1.5, found: jose("perSecond") },
    { what: "by grant, warm: CPU, of that by header", most: 1.1, found: ofHeader(roads, "grant") },
    { what: "by session, warm: CPU, of that by header", most: 1.4, found: ofHeader(roads, "session") },
  ];
}
