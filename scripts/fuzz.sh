#!/bin/sh
# Runs every fuzz target for FUZZ_SECONDS each (20 unless set), from the seeds in tests/fuzz/seeds and
# what earlier runs found (tests/fuzz/corpus). Fuzzing takes a nightly compiler. Without one, the same
# functions run on the seeds, on changed seeds and on random bytes.
set -eu
CDPATH='' cd -- "$(dirname "$0")/.."
. scripts/lib.sh
for_this_machine
seconds=${FUZZ_SECONDS:-20}
fuzz_version=0.13.2

if ! cargo +nightly --version >/dev/null 2>&1; then
  say "NOT FUZZED: there is no nightly compiler. 'rustup toolchain install nightly' gets one."
  say "Instead: every target on its seeds, near them and on random bytes"
  exec cargo test --manifest-path tests/fuzz/Cargo.toml
fi

if ! find_tool cargo-fuzz $fuzz_version >/dev/null; then
  say "Installing cargo-fuzz $fuzz_version (about a minute on 2 cores, once)"
  install_crate cargo-fuzz "$fuzz_version" --locked
fi
cargo_fuzz=$(find_tool cargo-fuzz $fuzz_version)

# The code has no `unsafe`, so a sanitizer would find nothing that an assertion does not.
fuzz() {
  command=$1
  shift
  RUSTUP_TOOLCHAIN=nightly "$cargo_fuzz" fuzz "$command" --fuzz-dir tests/fuzz --sanitizer none --features libfuzzer "$@"
}

say "Compiling the fuzz targets (about two minutes the first time)"
fuzz build
for folder in tests/fuzz/seeds/*; do
  target=${folder##*/}
  corpus=tests/fuzz/corpus/$target
  mkdir -p "$corpus"
  if ! fuzz run "$target" "$corpus" "$folder" -- -max_total_time="$seconds" -timeout=10 \
    -verbosity=0 -print_final_stats=1 >"$corpus.log" 2>&1; then
    cat "$corpus.log"
    die "$target found something: see above for the input and how to run it again"
  fi
  say "$target: $(sed -n 's/^stat::number_of_executed_units: //p' "$corpus.log") inputs in $seconds seconds, nothing found"
done
