#!/bin/sh
# Compiles the Worker (worker/) into build/, when something it is made of has changed.
# wrangler calls this before `dev` and `deploy` (see [build] in wrangler.toml).
# With the folder of another Worker of this workspace (tests and examples have some), compiles that
# one into FOLDER/build instead.
set -eu
cd "$(dirname "$0")/.."
. scripts/lib.sh
take_lock
scripts/setup.sh --locked
use_wasm_target

worker_build=$(find_tool worker-build "$(locked_version worker)")
WASM_BINDGEN_BIN=$(find_tool wasm-bindgen "$(locked_version wasm-bindgen)")
# Given these, worker-build downloads nothing.
export WASM_BINDGEN_BIN ESBUILD_BIN="$PWD/node_modules/.bin/esbuild" WASM_OPT_BIN="$PWD/node_modules/.bin/wasm-opt"

folder=${1:-worker} build=${1:+$1/}build root=$PWD

inputs=$({
  find src "$folder/src" "$folder/Cargo.toml" -type f | LC_ALL=C sort | while read -r file; do echo "$file"; cat "$file"; done
  cat Cargo.toml Cargo.lock package-lock.json scripts/build.sh
  rustc -vV
  echo "${RUSTFLAGS:-}"
} | digest)
if [ "$(cat "$build/.inputs" 2>/dev/null)" = "$inputs" ] && [ -s "$build/index.js" ] && [ -s "$build/index_bg.wasm" ]; then
  say "$build/ is up to date"
  exit
fi

# No path of this machine gets into the Worker, so that another one builds the same bytes. In this
# variable a path may have spaces.
separator=$(printf '\037')
add_flag() { export CARGO_ENCODED_RUSTFLAGS="${CARGO_ENCODED_RUSTFLAGS:+$CARGO_ENCODED_RUSTFLAGS$separator}$1"; }
for flag in ${RUSTFLAGS:-}; do add_flag "$flag"; done
add_flag "--remap-path-prefix=${CARGO_HOME:-$HOME/.cargo}/registry/src/="
# std is named as in rustup's own build of it, whether or not its source is installed here.
add_flag "--remap-path-prefix=$(rustc --print sysroot)/lib/rustlib/src/rust=/rustc/$(rustc -vV | sed -n 's/^commit-hash: //p')"

say "Compiling $build/ (about a minute the first time, seconds after a change)"
rm -f "$build/.inputs" "$build/index.js" "$build/index_bg.wasm"
# From its folder, so that no other member of the workspace is compiled for wasm32, which most cannot.
( cd "$folder" && "$worker_build" --release --out-dir "$root/$build" )
echo "$inputs" >"$build/.inputs"
say "Built $build/index_bg.wasm: $(wc -c <"$build/index_bg.wasm" | tr -d ' ') bytes, $(gzip -9c "$build/index_bg.wasm" | wc -c | tr -d ' ') gzipped"
