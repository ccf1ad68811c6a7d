// How long each part of a run is. What is compared is the same in all of them.

/** More pages of the same rows, and longer rows on the same pages. */
const GROWTH = [
  ...[1, 3, 10, 30, 100].map((pages) => ({ pages, rowBytes: 1024 })),
  ...[2, 5, 10, 20].map((kib) => ({ pages: 3, rowBytes: kib * 1024 })),
  // Just less than the Worker's MAX_MERGED_BYTES, and more.
  { pages: 100, rowBytes: 1600 },
  { pages: 100, rowBytes: 2048, refused: true },
];

/** The fewest points that have a line through them, and the refused one. */
const isQuick = ({ pages, rowBytes, refused }) => refused || pages * rowBytes <= 3072;

export const profiles = {
  /** `make conformance`: does it still run? Its figures mean nothing. */
  smoke: {
    command: "node benches/worker/run.mjs --smoke",
    minutes: 4,
    sandbox: "dev",
    load: { pages: [3], connections: 4, warmSeconds: 0, seconds: 1, rounds: 1 },
    latency: { pages: [3], upstreamMs: 20, rounds: 1, requests: 2, fresh: 1 },
    startup: { times: 1 },
    roads: {
      load: { connections: 4, warmSeconds: 0, seconds: 1, rounds: 1 },
      latency: { upstreamMs: 20, rounds: 1, requests: 2 },
      cold: { upstreamMs: 20, requests: 2, fresh: 1 },
    },
    growth: { points: GROWTH.filter(isQuick), rounds: 1, seconds: 0.1, requests: 1 },
  },
  quick: {
    command: "make bench",
    minutes: 15,
    sandbox: "release",
    load: { pages: [3, 10], connections: 8, warmSeconds: 2, seconds: 2, rounds: 4 },
    latency: { pages: [3, 10], upstreamMs: 50, rounds: 4, requests: 3, fresh: 8 },
    startup: { times: 15 },
    roads: {
      load: { connections: 8, warmSeconds: 2, seconds: 2, rounds: 4 },
      latency: { upstreamMs: 50, rounds: 4, requests: 3 },
      cold: { upstreamMs: 50, requests: 3, fresh: 6 },
    },
    growth: { points: GROWTH, rounds: 1, seconds: 0.7, requests: 5 },
  },
  /** A road or two, while somebody works on it. */
  roads: {
    minutes: 15,
    sandbox: "release",
    roads: {
      load: { connections: 8, warmSeconds: 2, seconds: 2, rounds: 6 },
      latency: { upstreamMs: 50, rounds: 4, requests: 3 },
      cold: { upstreamMs: 50, requests: 3, fresh: 5 },
    },
  },
  full: {
    command: "make bench-full",
    minutes: 45,
    sandbox: "release",
    load: { pages: [3, 10], connections: 8, warmSeconds: 3, seconds: 4, rounds: 6 },
    latency: { pages: [3, 10], upstreamMs: 50, rounds: 6, requests: 5, fresh: 12 },
    startup: { times: 30 },
    roads: {
      load: { connections: 8, warmSeconds: 3, seconds: 4, rounds: 6 },
      latency: { upstreamMs: 50, rounds: 6, requests: 5 },
      cold: { upstreamMs: 50, requests: 5, fresh: 12 },
    },
    growth: { points: GROWTH, rounds: 2, seconds: 1, requests: 10 },
  },
};
