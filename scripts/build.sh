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

WASM_BINDGEN_BIN=$(find_tool wasm-bindgen "$(locked_version wasm-bindgen)")
export WASM_BINDGEN_BIN

folder=${1:-worker} build=${1:+$1/}build
package=$(sed -n 's/^name = "\(.*\)"$/\1/p' "$folder/Cargo.toml" | head -n 1)
entry=worker/entry.js

inputs=$({
  find src "$folder/src" "$folder/Cargo.toml" worker/*.js -type f | LC_ALL=C sort | while read -r file; do echo "$file"; cat "$file"; done
  cat Cargo.toml Cargo.lock package-lock.json scripts/build.sh scripts/bundle.mjs scripts/snip.mjs
  rustc -vV
  echo "${RUSTFLAGS:-} $(std_source)"
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

# Hashes here are of a few hundred bytes; unrolled, the function would be nine times as large.
add_flag '--cfg=sha2_backend_soft="compact"'

# No two functions become one because their bodies are the same: scripts/snip.mjs goes by their names.
# (wasm-opt joins them afterwards.) The options from here on are not stable yet, hence the variable.
export RUSTC_BOOTSTRAP=1
add_flag -Zmerge-functions=disabled

# A panic ends the instance (entry.js makes another), so what would be said of it is never said. With
# std compiled that way, too, the code that says it is gone, and that is a ninth of the Worker.
# Where std's source is not to be had (see setup.sh), the Worker is the same but larger.
if [ -n "$(std_source)" ]; then
  export CARGO_UNSTABLE_BUILD_STD=std,panic_abort
  export CARGO_UNSTABLE_BUILD_STD_FEATURES=optimize_for_size
  add_flag -Zunstable-options
  add_flag -Cpanic=immediate-abort
  # `{:?}` then writes nothing. The library uses it nowhere (a lint sees to that); what `serde` would
  # write with it is in errors that nobody reads.
  add_flag -Zfmt-debug=none
fi

say "Compiling $build/ (two minutes the first time, seconds after a change)"
rm -f "$build/.inputs" "$build/index.js" "$build/index_bg.wasm"
# From its folder, so that no other member of the workspace is compiled for wasm32, which most cannot.
( cd "$folder" && cargo build --quiet --lib --release --target $wasm )
module=${CARGO_TARGET_DIR:-target}/$wasm/release/$(echo "$package" | tr - _).wasm
node scripts/bundle.mjs "$module" "$entry" "$build"
echo "$inputs" >"$build/.inputs"
say "Built $build/index_bg.wasm: $(wc -c <"$build/index_bg.wasm" | tr -d ' ') bytes, $(gzip -9c "$build/index_bg.wasm" | wc -c | tr -d ' ') gzipped"
