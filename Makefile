# Run `make` for the list of commands. The work is in scripts/.

PORT ?= 8787
SANDBOX_PORT ?= 8788
export PORT SANDBOX_PORT

# The pinned wrangler and the Node.js it needs, before any other of the machine.
export PATH := $(CURDIR)/node_modules/.bin:$(PATH)
# No telemetry and no look-up of example request data.
export WRANGLER_SEND_METRICS := false
export CLOUDFLARE_CF_FETCH_ENABLED := false

.DEFAULT_GOAL := help
.PHONY: help setup build build-tests dev test size counts bench-core scale test-api test-browser
.PHONY: screenshots test-faults soak conformance bench bench-full doctor fuzz audit lint fmt deploy deploy-staging release clean

help: ## Show this list
	@sed -n 's/^\([a-z-]*\):.*## \(.*\)/\1|\2/p' Makefile | \
		while IFS='|' read -r name text; do printf '  make %-14s %s\n' "$$name" "$$text"; done

setup: ## Install the tools (the other commands do it when needed)
	@scripts/setup.sh

build: ## Compile the Worker into build/
	@scripts/build.sh

dev: ## Run the Worker with its demo against the sandbox, on PORT (8787) and SANDBOX_PORT (8788)
	@scripts/dev.sh

test: lint build size build-tests counts ## Lint, unit tests, build, size, counts, end-to-end, API and browser tests
	cargo test --package authkit-edge --package authkit-sandbox
	cargo test --package authkit-edge-simulation
	cargo test --manifest-path tests/fuzz/Cargo.toml
	FAULTS=short cargo test --package authkit-edge-e2e
	node tests/api/run.mjs --short
	node --test --test-concurrency=1 tests/soak/lib/*.test.mjs tests/soak/*.test.mjs
	node tests/soak/run.mjs --short
	@scripts/browser.sh

test-faults: build build-tests ## The fault matrix in workerd alone, and panics, and clients that go, lie or are many
	cargo test --package authkit-edge-e2e --test faults
	node --test --test-concurrency=1 tests/soak/*.test.mjs

soak: build ## 100 000 requests while faults come and go, 30 000 resets, into docs/reliability.md; 15 minutes
	node tests/soak/run.mjs
	node tests/soak/resets.mjs

size: build ## Check the size of the upload against its budget
	node --test scripts/*.test.mjs
	@scripts/size.sh

counts: ## Count the instructions of the core and check them against benches/core/budgets.toml
	node --test benches/core/budgets.test.mjs
	@scripts/counts.sh

bench-core: ## Time the core with Criterion
	cargo bench --package authkit-edge-benches --bench time

scale: ## Simulate the core at internet scale and write docs/scale.md
	cargo run --package authkit-edge-simulation

test-api: build ## Let schemathesis loose on the Worker, EXAMPLES (200) for each operation
	node tests/api/run.mjs

test-browser: build ## The browser tests alone: the demo and the official widgets in Chromium
	@scripts/browser.sh

screenshots: build ## Take the pictures in docs/images anew
	@SCREENSHOTS=docs/images scripts/browser.sh --test-name-pattern "is accessible and fits"

# More Workers: one for the tests of signatures in workerd, one that panics, and the examples in Rust.
build-tests: setup
	@scripts/build.sh tests/jws/worker
	@scripts/build.sh tests/soak/panic-worker
	@scripts/build.sh examples/mounted-worker
	@scripts/build.sh examples/service-binding-rust

conformance: build ## Run the five samples beside the Worker and compare every answer
	node --test tests/conformance/lib/*.test.mjs
	node tests/conformance/run.mjs
	node --test benches/worker/lib/*.test.mjs
	node benches/worker/run.mjs --smoke

bench: build ## Measure the Worker beside JavaScript Workers and the samples; about six minutes
	node benches/worker/run.mjs

bench-full: build ## The same for docs/performance.md, on a machine with nothing else to do; 25 minutes
	node benches/worker/run.mjs --full

doctor: ## Tell what is wrong here, or at URL with TRUSTED_CALLER_KEY, and what to type
	@scripts/doctor.sh

fuzz: ## Fuzz every parser, FUZZ_SECONDS (20) each
	@scripts/fuzz.sh

audit: ## Ask what is known against the dependencies
	@scripts/audit.sh

lint: setup ## Check formatting, clippy, types, documentation and the package
	@scripts/lint.sh

fmt: ## Format the code
	cargo fmt --all

deploy: setup ## Deploy to production, the top level of wrangler.toml
	wrangler deploy --env ""

deploy-staging: setup ## Deploy to staging
	wrangler deploy --env staging

release: setup ## Pack what a release has into dist/
	@scripts/release.sh

clean: ## Remove what was built and installed here
	rm -rf examples/*/build examples/*/node_modules examples/*/worker-configuration.d.ts
	rm -rf build dist target .tools node_modules .wrangler tests/jws/worker/build tests/soak/panic-worker/build
	rm -rf demo/dist demo/node_modules tests/browser/node_modules
	rm -rf tests/api/.venv tests/api/.work tests/api/__pycache__
	rm -rf tests/conformance/.work tests/conformance/.recorded.json tests/conformance/apps/node_modules
	rm -rf tests/conformance/apps/*/.next tests/conformance/apps/*/.venv
	rm -rf benches/worker/.work benches/worker/.results.json
	rm -rf tests/fuzz/target tests/fuzz/corpus tests/fuzz/artifacts tests/jws/issuers/jose/node_modules tests/jws/issuers/pyjwt/.packages
