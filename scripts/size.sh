#!/bin/sh
# Fails when the Worker's upload has more than its budget, as wrangler counts it: all modules
# together, gzipped. What is uploaded is compiled and started wherever the Worker runs first.
set -eu
CDPATH='' cd -- "$(dirname "$0")/.."
. scripts/lib.sh
# KB of 1024 bytes, which wrangler calls KiB. docs/performance.md says what it took to get there.
budget=138.5

report=$(NO_COLOR=1 wrangler deploy --dry-run --env= --outdir .wrangler/upload 2>&1) || die "$report"
size=$(printf '%s\n' "$report" | sed -n 's|^Total Upload: .* / gzip: \([0-9.]*\) KiB$|\1|p')
[ -n "$size" ] || die "wrangler did not say how large the upload is: $report"
if [ -z "$(std_source)${CI:-}" ]; then
  say "NOT CHECKED: without rust-src (rustup component add rust-src) the upload has $size KB, not $budget"
  exit
fi
if awk "BEGIN { exit !($size > $budget) }"; then
  die "the upload has $size KB gzipped, and $budget are allowed. What grew it? A dependency (cargo tree
  -e normal --target $wasm), a generic function in many copies, formatted floats or dates. If it is
  worth its bytes, say so in the commit that raises the budget in scripts/size.sh."
fi
say "The upload has $size KB gzipped, of $budget"
