#!/bin/sh
# Runs the browser tests: the demo in Chromium against the built Worker. Arguments go to node.
set -eu
CDPATH='' cd -- "$(dirname "$0")/.."
. scripts/lib.sh

need_chromium
# The demo is built by the tests themselves, for the ports that they find free.
install_packages demo "the official front-end packages"
install_packages tests/browser "Playwright without a browser, axe, and the frameworks of docs/front-end.md"
SANDBOX_PROGRAM=$(scripts/sandbox.sh)
export SANDBOX_PROGRAM
say "Browser tests in $("${CHROMIUM:-$(command -v chromium || command -v chromium-browser || command -v google-chrome)}" --version 2>/dev/null); pictures go to ${SCREENSHOTS:-target/browser}"
# One file at a time: each starts a Worker and a browser of its own.
exec node --test --test-concurrency=1 --test-reporter=spec "$@" tests/browser/*.test.mjs
