// Two kinds of plots as SVG, which follow the reader's light or dark theme as docs/overview.svg does.

const WIDTH = 760;
/** Of a bar, with the gap to the next. */
const THICK = 15;

const STYLE = `<style>
    text { font: 13px system-ui, sans-serif; fill: #1f2328; }
    .title { font-weight: 600; font-size: 16px; }
    .small { font-size: 12px; fill: #59636e; }
    .grid { stroke: #d1d9e0; }
    .whisker { stroke: #1f2328; stroke-width: 1.5; }
    .own { fill: #f6821f; stroke: #f6821f; }
    .script { fill: #0969da; stroke: #0969da; }
    .sample { fill: #818b98; stroke: #818b98; }
    .bar { stroke: none; }
    .second { opacity: 0.5; }
    .line { fill: none; stroke-width: 2; }
    @media (prefers-color-scheme: dark) {
      text { fill: #f0f6fc; }
      .small { fill: #9198a1; }
      .grid { stroke: #3d444d; }
      .whisker { stroke: #f0f6fc; }
      .script { fill: #4493f8; stroke: #4493f8; }
      .sample { fill: #9198a1; stroke: #9198a1; }
    }
  </style>`;

/**
 * Horizontal bars from 0. `bars` are `{label, kind, values}`, with a value `{median, min, max}` for
 * each of `series`; its spread is a whisker. `kind` is `own`, `script` or `sample`. Bars longer than
 * `cut` are cut off there, so that the short ones can be told apart.
 */
export function barPlot({ title, description, series, bars, cut = Infinity }) {
  const [left, right, top, gap] = [230, 690, 76, 15];
  const longest = Math.max(...bars.flatMap((bar) => bar.values.map(({ max }) => max)));
  const x = scale(Math.min(longest, cut), left, right);
  const step = series.length * THICK + gap;
  const bottom = top + bars.length * step;
  const drawn = bars.flatMap(({ label, kind, values }, index) => {
    const y = top + index * step;
    const middle = y + (series.length * THICK) / 2 + 4;
    return [
      `<text x="${left - 10}" y="${round(middle)}" text-anchor="end">${escape(label)}</text>`,
      ...values.flatMap((value, place) => bar(x, y + place * THICK, shade(kind, place), value, cut)),
    ];
  });
  return svg(bottom + 30, title, description, [
    ...legend(series.map((label, place) => ({ label, kind: shade("sample", place) })), left),
    ...x.ticks.map((tick) => vertical(x, tick, top - 8, bottom)),
    ...drawn,
  ]);
}

const shade = (kind, place) => (place > 0 ? `${kind} second` : kind);

function bar(x, y, kind, { median, min, max }, cut) {
  const [left, end, low, high] = [0, median, min, max].map((value) => round(x.at(Math.min(value, cut))));
  const isCut = median > cut;
  const whisker = `<path class="whisker" d="M${low} ${y + (THICK - 1) / 2}H${high}"/>`;
  return [
    `<rect class="bar ${kind}" x="${left}" y="${y}" width="${round(end - left)}" height="${THICK - 2}"/>`,
    ...(isCut ? [] : [whisker]),
    `<text class="small" x="${round(high + 6)}" y="${y + 11}">${isCut ? "› " : ""}${median.toFixed(median < 10 ? 2 : 1)}</text>`,
  ];
}

/**
 * Points over an axis from 0, and the straight line through them. `curves` are `{label, kind,
 * points, line}`, with points `[x, y]` and a line `{slope, intercept}`.
 */
export function curvePlot({ title, description, xLabel, yLabel, curves }) {
  const [left, right, top, bottom] = [70, 730, 76, 376];
  const points = curves.flatMap((curve) => curve.points);
  const x = scale(Math.max(...points.map(([value]) => value)), left, right);
  const y = scale(Math.max(...points.map(([, value]) => value)), bottom, top);
  const drawn = curves.flatMap(({ kind, points, line }) => {
    const places = points.map(([value]) => value);
    const at = (value) => `${round(x.at(value))} ${round(y.at(line.intercept + line.slope * value))}`;
    return [
      `<path class="line ${kind}" d="M${at(Math.min(...places))}L${at(Math.max(...places))}"/>`,
      ...points.map(([a, b]) => `<circle class="${kind}" cx="${round(x.at(a))}" cy="${round(y.at(b))}" r="4"/>`),
    ];
  });
  return svg(bottom + 50, title, description, [
    ...legend(curves, left),
    ...x.ticks.map((tick) => vertical(x, tick, top, bottom)),
    ...y.ticks.map((tick) => horizontal(y, tick, left, right)),
    `<text class="small" x="${(left + right) / 2}" y="${bottom + 40}" text-anchor="middle">${escape(xLabel)}</text>`,
    `<text class="small" x="${left}" y="${top - 10}" text-anchor="end">${escape(yLabel)}</text>`,
    ...drawn,
  ]);
}

function svg(height, title, description, parts) {
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${height}" role="img" aria-labelledby="title description">
  <title id="title">${escape(title)}</title>
  <desc id="description">${escape(description)}</desc>
  ${STYLE}
  <text class="title" x="20" y="28">${escape(title)}</text>
  ${parts.join("\n  ")}
</svg>
`;
}

function legend(entries, left) {
  return entries.map(({ label, kind }, index) => {
    const x = left + index * 190;
    return `<rect class="bar ${kind}" x="${x}" y="42" width="12" height="12"/><text class="small" x="${x + 18}" y="53">${escape(label)}</text>`;
  });
}

function vertical(scale, tick, top, bottom) {
  const x = round(scale.at(tick));
  return `<path class="grid" d="M${x} ${top}V${bottom}"/><text class="small" x="${x}" y="${bottom + 18}" text-anchor="middle">${tick}</text>`;
}

function horizontal(scale, tick, left, right) {
  const y = round(scale.at(tick));
  return `<path class="grid" d="M${left} ${y}H${right}"/><text class="small" x="${left - 8}" y="${y + 4}" text-anchor="end">${tick}</text>`;
}

/** Values from 0 to `max` as places from one end to the other, with ticks at round values. */
export function scale(max, from, to) {
  const rough = (max || 1) / 5;
  const power = 10 ** Math.floor(Math.log10(rough));
  const step = [1, 2, 5, 10].find((factor) => factor * power >= rough) * power;
  const count = Math.ceil((max || 1) / step);
  const ticks = Array.from({ length: count + 1 }, (_, index) => Number((index * step).toPrecision(10)));
  return { at: (value) => from + ((to - from) * value) / (count * step), ticks };
}

const round = (value) => Math.round(value * 10) / 10;

const escape = (text) => text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;");
