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
.PHONY: help setup build dev test test-browser screenshots lint fmt deploy clean

help: ## Show this list
	@sed -n 's/^\([a-z-]*\):.*## \(.*\)/\1|\2/p' Makefile | \
		while IFS='|' read -r name text; do printf '  make %-12s %s\n' "$$name" "$$text"; done

setup: ## Install the tools (the other commands do it when needed)
	@scripts/setup.sh

build: ## Compile the Worker into build/
	@scripts/build.sh

dev: ## Run the Worker with its demo against the sandbox, on PORT (8787) and SANDBOX_PORT (8788)
	@scripts/dev.sh

test: lint build ## Lint, unit tests, build, end-to-end tests, browser tests
	cargo test --package authkit-edge --package authkit-sandbox
	cargo test --package authkit-edge-e2e
	@scripts/browser.sh

test-browser: build ## The browser tests alone: the demo and the official widgets in Chromium
	@scripts/browser.sh

screenshots: build ## Take the pictures in docs/images anew
	@SCREENSHOTS=docs/images scripts/browser.sh --test-name-pattern "is accessible and fits"

lint: setup ## Check formatting and run clippy
	@scripts/lint.sh

fmt: ## Format the code
	cargo fmt --all

deploy: setup ## Deploy the Worker with wrangler
	wrangler deploy

clean: ## Remove what was built and installed here
	rm -rf build target .tools node_modules .wrangler web/dist web/node_modules tests/browser/node_modules
