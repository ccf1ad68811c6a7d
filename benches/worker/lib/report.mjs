// The measured parts of docs/performance.md. What stands around them is written by hand and kept.
import { versions } from "../../../tests/conformance/lib/versions.mjs";
import { edge, everyone, plain, workers } from "./contestants.mjs";
import {
  bestSample,
  cpuRatio,
  curve,
  freshRoundTrips,
  isMet,
  mediansOf,
  roundTrips,
  speedRatio,
  targets,
} from "./figures.mjs";
import { roadBlock, roadsBlock } from "./road-report.mjs";
import { spread } from "./statistics.mjs";
import { number, ratio, table } from "./table.mjs";

/** The text of each part by its name in the markers. */
export const blocks = (results) => ({
  machine: machineBlock(results),
  road: roadBlock(results.roads),
  roads: roadsBlock(results.roads),
  targets: targetsBlock(results),
  load: loadBlock(results),
  latency: latencyBlock(results),
  startup: startupBlock(results),
  time: timeBlock(results),
  memory: memoryBlock(results),
});

/** A page with its parts that are marked for `run` replaced. They must be the ones that there are texts for. */
export function fill(page, texts, run = "bench") {
  const marked = new RegExp(`<!-- ${run}:([a-z]+) -->\\n[^]*?<!-- end of ${run}:\\1 -->`, "g");
  const names = [...page.matchAll(marked)].map(([, name]) => name);
  if (names.sort().join() !== Object.keys(texts).sort().join()) {
    throw new Error(`The page has marks for ${names.join(", ")}; measured was ${Object.keys(texts).join(", ")}.`);
  }
  return page.replace(marked, (_, name) => `<!-- ${run}:${name} -->\n${texts[name]}\n<!-- end of ${run}:${name} -->`);
}

/** The share of the server's CPU that others may have in the worst round before it is said. */
const QUIET = 0.1;

/** What was measured under load, each by contestant. */
const loads = ({ load, roads }) => [...Object.values(load), ...Object.values(roads.warm.load)];
const everyRound = (results) => loads(results).flatMap((contestants) => Object.values(contestants).flat());
const highest = (results, field) => Math.max(...everyRound(results).map((round) => round[field]));

function machineBlock(results) {
  const { command, machine, profile } = results;
  const { load, latency, roads } = profile;
  return `Measured by \`${command}\` on ${machine.hardware}. ${machine.place}
${machine.programs}; ${versions()}
Load: ${load.rounds} rounds of ${load.seconds} s over ${load.connections} connections, after ${load.warmSeconds} s to warm up.
Latency: ${latency.rounds} rounds of ${latency.requests} requests, one at a time, to an upstream that takes ${latency.upstreamMs} ms.
First tokens: ${roads.cold.fresh} new processes for each figure; the issuer takes as long as the upstream.${disturbance(results)}`;
}

/** Whose figures are not to be believed, since something else had too much of their CPU in a round. */
function disturbance(results) {
  const rounds = loads(results).flatMap((contestants) => Object.entries(contestants));
  const disturbed = rounds.filter(([, all]) => all.some(({ lost }) => lost > QUIET)).map(([name]) => name);
  if (disturbed.length === 0) return "";
  const all = [...everyone, ...results.roads.labels.flatMap(({ contestants }) => contestants)];
  const labels = new Map(all.map(({ name, label }) => [name, label]));
  const names = [...labels].filter(([name]) => disturbed.includes(name)).map(([, label]) => label);
  const most = percent(highest(results, "lost"));
  return `\n\n**Something else had up to ${most} of the server's CPU while these were measured: ${names.join("; ")}. Do not believe their figures, nor ratios with them.**`;
}

function targetsBlock(results) {
  const rows = targets(results).map((target) => {
    const { what, least, most, found } = target;
    if (least === undefined && most === undefined) return [what, "", ratio(found), ""];
    const wanted = least === undefined ? `≤ ${most}` : `≥ ${least}`;
    return [what, wanted, ratio(found), isMet(target) ? "met" : "**missed**"];
  });
  return table(["", "Target", "Measured", ""], rows);
}

function loadBlock(results) {
  const tables = Object.entries(results.load).map(([pages, measured]) => `**${pages} pages**\n\n${loadTable(measured)}`);
  const note = `The sandbox was busy for at most ${percent(highest(results, "sandbox"))} of a CPU, and other
processes for at most ${percent(highest(results, "lost"))} of the server's.`;
  return [...tables, note].join("\n\n");
}

function loadTable(measured) {
  const compared = "ours ÷ theirs";
  const head = ["", "CPU per request", compared, "requests/s", compared, "p50", "p99", "peak memory", "CPU busy"];
  const rows = everyone.map(({ name, label }) => {
    const found = mediansOf(measured[name]);
    const own = name === edge.name;
    return [
      label,
      `${number(found.cpuMs)} ms`,
      own ? "" : ratio(cpuRatio(measured, edge.name, name)),
      number(found.perSecond),
      own ? "" : ratio(speedRatio(measured, edge.name, name)),
      `${number(found.p50Ms)} ms`,
      `${number(found.p99Ms)} ms`,
      `${number(found.peakMb)} MB`,
      percent(found.server),
    ];
  });
  return `${table(head, rows)}\n\nThe fastest sample is ${bestSample(measured).label}.`;
}

function latencyBlock({ latency, fresh }) {
  const counts = Object.keys(latency);
  const rows = everyone.map(({ name, label }) => {
    const isWorker = name in fresh.started;
    return [
      label,
      ...counts.map((pages) => ratio(roundTrips(latency[pages], name))),
      isWorker ? ratio(freshRoundTrips(fresh, "started", name)) : "",
      isWorker ? ratio(freshRoundTrips(fresh, "first", name)) : "",
    ];
  });
  const head = ["", ...counts.map((pages) => `${pages} pages`), "3 pages, first token of an isolate", "with the isolate's start"];
  const { median } = spread(latency[counts[0]].upstream);
  return `${table(head, rows)}\n\nOne round trip took ${number(median)} ms.`;
}

function startupBlock({ startup }) {
  const rows = workers.map(({ name, label }) => {
    const times = ["listeningMs", "answerMs", "tokenMs", "cpuMs"].map((field) => {
      const { median, min, max } = spread(startup[name].map((start) => start[field]));
      return `${number(median)} ms (${number(min)}–${number(max)})`;
    });
    return [label, ...times];
  });
  return table(["", "listens", "first answer", "first token", "CPU until then"], rows);
}

function timeBlock({ growth }) {
  const cells = ({ ms, cpuMs }, note) => [`${number(ms)} ms${note}`, `${number(cpuMs)} ms`];
  return `${growthTable(growth, ["time", "CPU"], cells)}\n\n${straight(growth, "ms", "ms")}`;
}

function memoryBlock({ growth }) {
  const cells = ({ firstMb, mostMb, residentMb }) => [
    `${number(firstMb)} MB`,
    `${number(mostMb)} MB`,
    `+${number(residentMb)} MB`,
  ];
  return `${growthTable(growth, ["one request", "at most", "process"], cells)}\n\n${straight(growth, "firstMb", "MB")}`;
}

function growthTable(growth, columns, cells) {
  const head = ["Pages", "Row", "Token", ...[edge, plain].flatMap(({ label }) => columns.map((column) => `${label}: ${column}`))];
  const rows = growth.map(({ pages, rowBytes, refused, samples }) => {
    const size = mediansOf(samples[plain.name]).bytes;
    const found = [edge, plain].flatMap(({ name }) =>
      cells(mediansOf(samples[name]), refused && name === edge.name ? " (502)" : ""),
    );
    return [pages, `${number(rowBytes / 1024)} KiB`, `${number(size / 1e6)} MB`, ...found];
  });
  return table(head, rows);
}

/** The lines through the points, in words. */
function straight(growth, field, unit) {
  const lines = [edge, plain].map(({ name, label }) => {
    const { slope, intercept, r2 } = curve(growth, name, field).line;
    return `- ${label}: ${number(intercept)} ${unit} and ${number(slope)} ${unit} per MB (r² = ${r2.toFixed(4)})`;
  });
  return lines.join("\n");
}

const percent = (share) => `${Math.round(share * 100)} %`;
