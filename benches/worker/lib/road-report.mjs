// What was measured on the roads, in words: for docs/performance.md, and for a terminal.
import { scenes } from "./cold.mjs";
import { edge } from "./contestants.mjs";
import { firstCpu, firstTrips, loadOf, ofHeader, ourLoad, warmTrips } from "./road-figures.mjs";
import { number, ratio, table } from "./table.mjs";

/** The road that most users take, and the first one. */
const MAIN = "es256";

/** Everything about the main road, with who else is on it. */
export function roadBlock(roads) {
  const { contestants } = roads.labels.find(({ name }) => name === MAIN);
  const row = (what, cell) => [what, ...contestants.map(({ name }) => cell(name) ?? "")];
  const shown = (found) => found && ratio(found);
  const others = (field) => (name) => (name === edge.name ? "" : ratio(ourLoad(roads, MAIN, name, field)));
  const cold = scenes.map(({ name: scene, what }) => row(what, (name) => shown(firstTrips(roads, MAIN, name, scene))));
  const rows = [
    row("**First token of an isolate, round trips**", () => ""),
    ...cold,
    row("CPU, nothing is known", (name) => milliseconds(firstCpu(roads, MAIN, name, "unknown"))),
    row("**Warm**, round trips", (name) => ratio(warmTrips(roads, MAIN, name))),
    row("CPU", (name) => milliseconds(loadOf(roads, MAIN, name, "cpuMs"))),
    row("ours ÷ theirs", others("cpuMs")),
    row("tokens per second", (name) => number(loadOf(roads, MAIN, name, "perSecond").median)),
    row("ours ÷ theirs", others("perSecond")),
  ];
  return table(["", ...contestants.map(({ label }) => label)], rows);
}

/** Ours on every road. */
export function roadsBlock(roads) {
  const rows = roads.labels.map(({ name: road, label }) => {
    const first = (scene) => ratio(firstTrips(roads, road, edge.name, scene));
    return [
      label,
      first("unknown"),
      first("note"),
      ratio(warmTrips(roads, road, edge.name)),
      milliseconds(loadOf(roads, road, edge.name, "cpuMs")),
      road === "header" ? "" : ratio(ofHeader(roads, road)),
      number(loadOf(roads, road, edge.name, "perSecond").median),
    ];
  });
  const head = ["", "first token, nothing known", "first token, notes at once", "warm", "CPU", "of header's", "tokens/s"];
  return table(head, rows);
}

/** Text for a terminal, of what there is. */
export function inWords(roads) {
  return roads.labels
    .flatMap((road) => [`\n${road.label}`, ...(roads.cold ? coldLines(roads, road) : []), ...(roads.warm ? warmLines(roads, road) : [])])
    .join("\n");
}

const milliseconds = ({ median }) => `${number(median)} ms`;

function coldLines(roads, { name: road, contestants }) {
  const lines = contestants.flatMap(({ name, label }) =>
    scenes.flatMap(({ name: scene }) => {
      const found = firstTrips(roads, road, name, scene);
      const cpu = firstCpu(roads, road, name, scene);
      return found ? [`    ${label.padEnd(28)} ${scene.padEnd(20)} ${ratio(found).padEnd(20)} CPU ${ratio(cpu)} ms`] : [];
    }),
  );
  return ["  first token of an isolate, upstream round trips", ...lines];
}

function warmLines(roads, { name: road, contestants }) {
  const lines = contestants.map(({ name, label }) => {
    const [cpu, speed, lost] = ["cpuMs", "perSecond", "lost"].map((field) => loadOf(roads, road, name, field));
    const compared = (field) => ratio(ourLoad(roads, road, name, field));
    const cells = [
      `round trips ${ratio(warmTrips(roads, road, name))}`,
      `CPU ${ratio(cpu)} ms`,
      `${ratio(speed)} a second`,
      name === edge.name ? "" : `ours ÷ theirs: CPU ${compared("cpuMs")}, tokens per second ${compared("perSecond")}`,
      `(others had up to ${Math.round(lost.max * 100)} % of the CPU)`,
    ];
    return `    ${label.padEnd(28)} ${cells.filter(Boolean).join("  ")}`;
  });
  const header = road === "header" ? undefined : ofHeader(roads, road);
  return ["  warm", ...lines, ...(header ? [`    CPU of authkit-edge by header = 1: ${ratio(header)}`] : [])];
}
