// What `make test` runs: node test.mjs [--keep-going] [--only NAMES] [--also NAMES]. Names have spaces
// or commas between them. `make setup` has to have been run.
import { join } from "node:path";
import { parseArgs } from "node:util";
import { runParts, select } from "./steps.mjs";

/** In the order in which they run: what fails fast is first. @type {import("./steps.mjs").Part[]} */
export const PARTS = [
  {
    name: "lint",
    what: "formatting, clippy, types, documentation, the package",
    run: ["scripts/lint.sh"],
  },
  {
    name: "build",
    what: "the Worker",
    run: ["scripts/build.sh"],
  },
  {
    name: "scripts",
    what: "the scripts themselves",
    run: ["node --test scripts/*.test.mjs"],
  },
  {
    name: "size",
    what: "the upload against its budget",
    needs: ["build"],
    run: ["scripts/size.sh"],
  },
  {
    // One for the tests of signatures in workerd, one that panics, and the examples in Rust.
    name: "build-tests",
    what: "the Workers of the tests and the examples",
    run: [
      "scripts/build.sh tests/jws/worker",
      "scripts/build.sh tests/soak/panic-worker",
      "scripts/build.sh examples/mounted-worker",
      "scripts/build.sh examples/service-binding-rust",
    ],
  },
  {
    name: "build-elsewhere",
    what: "the build and make dev as other people's machines have them",
    needs: ["build", "build-tests"],
    run: ["node --test --test-concurrency=1 tests/build/*.test.mjs"],
  },
  {
    name: "counts",
    what: "instructions of the core against their budgets",
    run: ["node --test benches/core/budgets.test.mjs", "scripts/counts.sh"],
  },
  {
    name: "core",
    what: "the core and the sandbox, natively: unit tests, tests/handler, tests/jws",
    run: ["cargo test --package authkit-edge --package authkit-sandbox"],
  },
  {
    name: "scale",
    what: "the simulation of many isolates",
    run: ["cargo test --package authkit-edge-simulation"],
  },
  {
    name: "fuzz",
    what: "every parser on the fuzz targets' seeds",
    run: ["cargo test --manifest-path tests/fuzz/Cargo.toml"],
  },
  {
    name: "e2e",
    what: "the Worker in workerd, a third of the fault matrix, what a deploy would upload",
    needs: ["build", "build-tests"],
    run: ["FAULTS=short cargo test --package authkit-edge-e2e"],
  },
  {
    name: "api",
    what: "schemathesis on the Worker",
    needs: ["build"],
    run: ["node tests/api/run.mjs --short"],
  },
  {
    name: "soak",
    what: "panics, clients that go, lie or are many, and a short soak",
    needs: ["build", "build-tests"],
    run: [
      "node --test --test-concurrency=1 tests/soak/lib/*.test.mjs tests/soak/*.test.mjs",
      "node tests/soak/run.mjs --short",
    ],
  },
  {
    name: "browser",
    what: "the demo and the official widgets in Chromium",
    needs: ["build"],
    run: ["scripts/browser.sh"],
  },
  {
    name: "sign-in",
    what: "real sign-in products beside the Worker, against docs/sign-in.md",
    needs: ["build"],
    run: ["ONLY= WRITE= scripts/sign-in.sh"],
  },
  {
    name: "first-hour",
    what: "docs/start.md done in small applications, and the blocks of the other pages",
    needs: ["build"],
    run: ["ONLY= WRITE= scripts/first-hour.sh"],
  },
  {
    name: "conformance",
    what: "the five samples beside the Worker",
    needs: ["build"],
    extra: true,
    run: [
      "node --test tests/conformance/lib/*.test.mjs",
      "node tests/conformance/run.mjs",
      "scripts/packages.sh benches/worker jose",
      "node --test benches/worker/lib/*.test.mjs",
      "node benches/worker/run.mjs --smoke",
    ],
  },
];

if (import.meta.filename === process.argv[1]) {
  const names = (text) => text.split(/[\s,]+/).filter(Boolean);
  const { values } = parseArgs({
    options: {
      "keep-going": { type: "boolean" },
      only: { type: "string", default: "" },
      also: { type: "string", default: "" },
    },
  });
  let parts;
  try {
    parts = select(PARTS, names(values.only), names(values.also));
  } catch (error) {
    console.error(`error: ${error.message}`);
    process.exit(2);
  }
  const cwd = join(import.meta.dirname, "..");
  process.exitCode = (await runParts(parts, { keepGoing: values["keep-going"], cwd })) ? 0 : 1;
}
