# Run `make` for the list of commands. The work is in scripts/.

PORT ?= 8787
SANDBOX_PORT ?= 8788
export PORT SANDBOX_PORT

# No telemetry and no look-up of example request data.
export WRANGLER_SEND_METRICS := false
export CLOUDFLARE_CF_FETCH_ENABLED := false

.DEFAULT_GOAL := help
.PHONY: help setup build build-tests dev test size counts bench-core scale test-api test-browser
.PHONY: screenshots test-sign-in test-first-hour test-faults soak conformance bench bench-full doctor fuzz audit lint fmt deploy deploy-staging release clean

help: ## Show this list
	@sed -n 's/^\([a-z-]*\):.*## \(.*\)/\1|\2/p' Makefile | \
		while IFS='|' read -r name text; do printf '  make %-14s %s\n' "$$name" "$$text"; done

setup: ## Install the tools (the other commands do it when needed), and name what .dev.vars sets in vain
	@scripts/setup.sh
	@scripts/run.sh node scripts/dev-vars.mjs

build: ## Compile the Worker into build/
	@scripts/build.sh

dev: ## Run the Worker and the sandbox on PORT (8787) and SANDBOX_PORT (8788) of HOST: with a demo, or for your APP
	@scripts/dev.sh

# All of it, or ONLY="some parts"; ALSO=conformance adds one; `make -k test` goes on after a failure.
keep_going = $(if $(findstring k,$(firstword -$(MAKEFLAGS))),--keep-going)
test: setup ## Run all tests, or some of the parts (ONLY="core e2e"); a wrong name lists the parts
	@scripts/run.sh node scripts/test.mjs $(keep_going) --only "$(ONLY)" --also "$(ALSO)"

test-faults: build build-tests ## The fault matrix in workerd alone, and panics, and clients that go, lie or are many
	scripts/run.sh cargo test --package authkit-edge-e2e --test faults
	scripts/run.sh node --test --test-concurrency=1 tests/soak/*.test.mjs

soak: build ## 100 000 requests while faults come and go, 30 000 resets, into docs/reliability.md; 15 minutes
	scripts/run.sh node tests/soak/run.mjs
	scripts/run.sh node tests/soak/resets.mjs

size: setup ## Check the size of the upload against its budget
	@scripts/run.sh node scripts/test.mjs --only size

counts: setup ## Count the instructions of the core and check them against benches/core/budgets.toml
	@scripts/run.sh node scripts/test.mjs --only counts

bench-core: ## Time the core with Criterion
	scripts/run.sh cargo bench --package authkit-edge-benches --bench time

scale: ## Simulate the core at internet scale and write docs/scale.md
	scripts/run.sh cargo run --package authkit-edge-simulation

test-api: build ## Test the Worker with schemathesis, EXAMPLES (200) for each operation
	scripts/run.sh node tests/api/run.mjs

test-browser: build ## The browser tests alone: the demo and the official widgets in Chromium
	@scripts/browser.sh

test-sign-in: build ## Real sign-in products beside the Worker, all or ONLY="some of them"; WRITE=1 writes docs/sign-in.md
	@ONLY="$(ONLY)" WRITE="$(WRITE)" scripts/sign-in.sh

test-first-hour: build ## What docs/start.md says, done in Next.js, Vite and Express, all or ONLY="some"; WRITE=1 writes its numbers
	@ONLY="$(ONLY)" WRITE="$(WRITE)" scripts/first-hour.sh

screenshots: build ## Take the pictures in docs/images anew
	@SCREENSHOTS=docs/images scripts/browser.sh --test-name-pattern "is accessible and fits"

build-tests: setup
	@scripts/run.sh node scripts/test.mjs --only build-tests

conformance: setup ## Run the five samples beside the Worker and compare every answer
	@scripts/run.sh node scripts/test.mjs --only conformance

bench: build ## Measure the Worker beside JavaScript Workers and the samples; or some roads (ONLY="es256 header")
	scripts/run.sh node benches/worker/run.mjs $(if $(ONLY),--roads "$(ONLY)")

bench-full: build ## The same for docs/performance.md, on a machine with nothing else to do; 20 minutes
	scripts/run.sh node benches/worker/run.mjs --full

doctor: ## Tell what is wrong here, or at URL with TRUSTED_CALLER_KEY, and what to type
	@scripts/doctor.sh

fuzz: ## Fuzz every parser, FUZZ_SECONDS (20) each
	@scripts/fuzz.sh

audit: ## Ask what is known against the dependencies
	@scripts/audit.sh

lint: setup ## Check formatting, clippy, types, documentation and the package
	@scripts/lint.sh

fmt: ## Format the code
	scripts/run.sh cargo fmt --all

deploy: setup ## Deploy to production, the top level of wrangler.toml
	@scripts/run.sh wrangler deploy --env=

deploy-staging: setup ## Deploy to staging
	@scripts/run.sh wrangler deploy --env staging

release: setup ## Pack what a release has into dist/
	@scripts/release.sh

clean: ## Remove what was built and installed here
	rm -rf examples/*/build examples/*/node_modules examples/*/worker-configuration.d.ts
	rm -rf build dist target .tools node_modules .wrangler tests/jws/worker/build tests/soak/panic-worker/build
	rm -rf demo/dist demo/node_modules tests/browser/node_modules
	rm -rf tests/api/.venv tests/api/.work tests/api/__pycache__
	rm -rf tests/conformance/.work tests/conformance/.recorded.json tests/conformance/apps/node_modules
	rm -rf tests/conformance/apps/*/.next tests/conformance/apps/*/.venv
	rm -rf tests/sign-in/apps/node_modules tests/sign-in/apps/*/.next tests/sign-in/apps/*/.nuxt tests/sign-in/apps/*/.output
	rm -rf tests/first-hour/apps/node_modules tests/first-hour/apps/.work
	rm -rf tests/sign-in/apps/*/dist tests/sign-in/apps/*/.venv
	rm -rf benches/worker/.work benches/worker/.results.json benches/worker/node_modules
	rm -rf tests/fuzz/target tests/fuzz/corpus tests/fuzz/artifacts tests/jws/issuers/jose/node_modules tests/jws/issuers/pyjwt/.packages
