#!/bin/sh
# Does what docs/start.md says, in every application of tests/first-hour. Arguments go to node.
set -eu
CDPATH='' cd -- "$(dirname "$0")/.."
. scripts/lib.sh

need_chromium
install_packages tests/browser "Playwright without a browser, and axe"
install_packages tests/first-hour/apps "Next.js, Vite and what else the applications are made with (480 MB, about a minute)"
exec node --test --test-concurrency=1 --test-reporter=spec "$@" tests/first-hour/*.test.mjs
