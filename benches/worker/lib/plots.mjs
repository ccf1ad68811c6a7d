// The plots of docs/performance.md, by file.
import { edge, everyone, plain, workers } from "./contestants.mjs";
import { cpuRatio, curve, roundTrips } from "./figures.mjs";
import { barPlot, curvePlot } from "./svg.mjs";

const kindOf = (contestant) =>
  contestant === edge ? "own" : workers.includes(contestant) ? "script" : "sample";

export function plots({ load, latency, growth }) {
  return {
    "cpu.svg": bars(load, {
      title: "CPU per request, authkit-edge = 1",
      valueOf: (pages, name) => cpuRatio(load[pages], name, edge.name),
      cut: 6,
    }),
    "latency.svg": bars(latency, {
      title: "Upstream round trips per token, page count known",
      valueOf: (pages, name) => roundTrips(latency[pages], name),
    }),
    "growth-time.svg": curves(growth, "Time of one request", "ms", "ms"),
    "growth-memory.svg": curves(growth, "Memory of the isolate after one request", "MB", "firstMb"),
  };
}

function bars(measured, { title, valueOf, cut }) {
  const pages = Object.keys(measured);
  return barPlot({
    title,
    description: `${title}; for ${pages.join(" and ")} pages. Whiskers reach from the lowest to the highest round.`,
    series: pages.map((count) => `${count} pages`),
    cut,
    bars: everyone.map((contestant) => ({
      label: contestant.label,
      kind: kindOf(contestant),
      values: pages.map((count) => valueOf(count, contestant.name)),
    })),
  });
}

function curves(growth, title, unit, field) {
  return curvePlot({
    title: `${title} by size of the token`,
    description: `${title} in ${unit}, over the size of the token in MB: measured points and the straight line through them.`,
    xLabel: "size of the token, MB",
    yLabel: unit,
    curves: [edge, plain].map((worker) => ({
      label: worker.label,
      kind: kindOf(worker),
      ...curve(growth, worker.name, field),
    })),
  });
}
