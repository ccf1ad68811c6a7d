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
.PHONY: help setup build build-tests dev test test-browser screenshots conformance fuzz audit lint fmt \
	deploy deploy-staging release clean

help: ## Show this list
	@sed -n 's/^\([a-z-]*\):.*## \(.*\)/\1|\2/p' Makefile | \
		while IFS='|' read -r name text; do printf '  make %-14s %s\n' "$$name" "$$text"; done

setup: ## Install the tools (the other commands do it when needed)
	@scripts/setup.sh

build: ## Compile the Worker into build/
	@scripts/build.sh

dev: ## Run the Worker with its demo against the sandbox, on PORT (8787) and SANDBOX_PORT (8788)
	@scripts/dev.sh

test: lint build build-tests ## Lint, unit tests, build, end-to-end tests, browser tests
	cargo test --package authkit-edge --package authkit-sandbox
	cargo test --manifest-path fuzz/Cargo.toml
	cargo test --package authkit-edge-e2e
	@scripts/browser.sh

test-browser: build ## The browser tests alone: the demo and the official widgets in Chromium
	@scripts/browser.sh

screenshots: build ## Take the pictures in docs/images anew
	@SCREENSHOTS=docs/images scripts/browser.sh --test-name-pattern "is accessible and fits"

# A second Worker, for the tests of signatures in workerd.
build-tests: setup
	@scripts/build.sh tests/jws-worker

conformance: build ## Run the five samples beside the Worker and compare every answer
	node --test tests/conformance/lib/*.test.mjs
	node tests/conformance/run.mjs

fuzz: ## Fuzz every parser, FUZZ_SECONDS (20) each
	@scripts/fuzz.sh

audit: ## Ask what is known against the dependencies
	@scripts/audit.sh

lint: setup ## Check formatting and run clippy
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
	rm -rf build dist target .tools node_modules .wrangler tests/jws-worker/build
	rm -rf web/dist web/node_modules tests/browser/node_modules
	rm -rf tests/conformance/.work tests/conformance/.recorded.json tests/conformance/apps/node_modules
	rm -rf tests/conformance/apps/*/.next tests/conformance/apps/*/.venv
	rm -rf fuzz/target fuzz/corpus fuzz/artifacts tests/interop/jose/node_modules tests/interop/pyjwt/.packages
