// What was measured on the roads, in words.
import { spread, ratios } from "./statistics.mjs";
import { scenes } from "./cold.mjs";

const list = (rounds, field) => rounds.map((round) => round[field]);

/** Text for a terminal. */
export function inWords({ labels, cold, warm }) {
  return labels
    .map((road) => [`\n${road.label}`, ...(cold ? coldLines(road, cold) : []), ...(warm ? warmLines(road, warm) : [])].join("\n"))
    .join("\n");
}

function coldLines({ name: road, contestants }, { upstream, roads }) {
  const lines = ["  first token of an isolate, upstream round trips"];
  for (const { name, label } of contestants) {
    const found = roads[road][name] ?? {};
    for (const scene of scenes.filter((one) => found[one.name])) {
      lines.push(`    ${label.padEnd(32)} ${scene.name.padEnd(20)} ${shown(ratios(found[scene.name], upstream))}`);
    }
  }
  return lines;
}

function warmLines({ name: road, contestants }, { load, latency }) {
  const lines = ["  warm: round trips, CPU ms a token, requests/s; then authkit-edge's as a multiple of it: CPU, requests/s"];
  const [ours] = contestants;
  for (const { name, label } of contestants) {
    const samples = load[road][name];
    const compare = (field) => shown(ratios(list(load[road][ours.name], field), list(samples, field)));
    const lost = Math.round(Math.max(...list(samples, "lost")) * 100);
    lines.push(
      `    ${label.padEnd(32)} ${shown(ratios(latency[road][name], latency.upstream))}  ` +
        `${shown(spread(list(samples, "cpuMs")))}  ${shown(spread(list(samples, "perSecond")), 0)}` +
        `${name === ours.name ? "" : `  CPU ${compare("cpuMs")}  speed ${compare("perSecond")}`}  (others had ${lost} %)`,
    );
  }
  if (road !== "header" && load.header) {
    const rounds = [load[road][ours.name], load.header[ours.name]].map((samples) => list(samples, "cpuMs"));
    lines.push(`    CPU of authkit-edge, by header = 1: ${shown(ratios(...rounds))}`);
  }
  return lines;
}

const shown = ({ median, min, max }, digits = 2) =>
  `${median.toFixed(digits)} (${min.toFixed(digits)}–${max.toFixed(digits)})`;
