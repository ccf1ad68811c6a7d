import assert from "node:assert/strict";
import { test } from "node:test";
import { barPlot, curvePlot, scale } from "./svg.mjs";

test("an axis ends at a round value that is not below the largest", () => {
  for (const [max, ticks] of [
    [1, [0, 0.2, 0.4, 0.6, 0.8, 1]],
    [6, [0, 2, 4, 6]],
    [13.6, [0, 5, 10, 15]],
    [497, [0, 100, 200, 300, 400, 500]],
    [0.03, [0, 0.01, 0.02, 0.03]],
    [0, [0, 0.2, 0.4, 0.6, 0.8, 1]],
  ]) {
    assert.deepEqual(scale(max, 0, 100).ticks, ticks);
  }
});

test("places are in proportion, in either direction", () => {
  const down = scale(10, 200, 100);
  assert.deepEqual([0, 5, 10].map(down.at), [200, 150, 100]);
});

const plot = {
  title: "A < B & C",
  description: "Both.",
  series: ["3 pages"],
  bars: [
    { label: "ours", kind: "own", values: [{ median: 1, min: 0.5, max: 2 }] },
    { label: "theirs", kind: "sample", values: [{ median: 20, min: 10, max: 30 }] },
  ],
};

const widths = (svg) => [...svg.matchAll(/<rect class="bar \w+" x="230".* width="([\d.]+)"/g)].map(([, width]) => Number(width));

test("bars are as long as their values, to one scale", () => {
  // The axis ends at 30: the whiskers must have room.
  const [, ours, theirs] = widths(`${barPlot(plot)}`).map((width) => width / 460);
  assert.ok(Math.abs(ours - 1 / 30) < 0.001 && Math.abs(theirs - 20 / 30) < 0.001, `${ours} ${theirs}`);
});

test("a bar that is too long is cut, and says so", () => {
  const svg = barPlot({ ...plot, cut: 4 });
  assert.deepEqual(widths(svg).slice(1), [115, 460]);
  assert.match(svg, />› 20\.0</);
});

test("text is escaped, and the plot has a title and a description for those who cannot see it", () => {
  const svg = barPlot(plot);
  assert.match(svg, /<title id="title">A &lt; B &amp; C<\/title>/);
  assert.match(svg, /<desc id="description">Both\.<\/desc>/);
  assert.match(svg, /prefers-color-scheme: dark/);
});

test("a curve has its points and the line from the first to the last", () => {
  const curves = [{ label: "ours", kind: "own", points: [[0, 0], [5, 50], [10, 100]], line: { slope: 10, intercept: 0 } }];
  const svg = curvePlot({ title: "t", description: "d", xLabel: "x", yLabel: "y", curves });
  assert.match(svg, /d="M70 376L730 76"/);
  assert.equal(svg.match(/<circle class="own"/g).length, 3);
  assert.match(svg, /cx="400" cy="226"/);
});
