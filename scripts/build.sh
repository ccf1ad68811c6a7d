#!/bin/sh
# Compiles the Worker (worker/) into build/, when something it is made of has changed.
# wrangler calls this before `dev` and `deploy` (see [build] in wrangler.toml).
# With the folder of another Worker of this workspace (tests and examples have some), compiles that
# one into FOLDER/build instead.
# FEATURES="session connections" compiles those of Cargo.toml's features, `all` or `none` of them.
set -eu
CDPATH='' cd -- "$(dirname "$0")/.."
. scripts/lib.sh

folder=${1:-worker} build=${1:+$1/}build
package=$(sed -n 's/^name = "\(.*\)"$/\1/p' "$folder/Cargo.toml" | head -n 1)
messages=$build/.messages
separator=$(printf '\037')

# A hash of all that the Worker is made of. std is a part of it, or empty.
inputs_with() { # std
  {
    find src "$folder/src" "$folder/Cargo.toml" worker/*.js -type f | LC_ALL=C sort | while read -r file; do echo "$file"; cat "$file"; done
    cat Cargo.toml Cargo.lock package-lock.json scripts/build.sh scripts/bundle.mjs scripts/order.mjs scripts/snip.mjs
    rustc -vV
    echo "${FEATURES:-}"
    echo "$1"
  } | digest
}

stop_if_built() { # inputs
  [ "$(cat "$build/.inputs" 2>/dev/null)" = "$1" ] && [ -s "$build/index.js" ] && [ -s "$build/index_bg.wasm" ] || return 0
  say "$build/ is up to date"
  exit
}

# In this variable a path may have spaces.
add_flag() { export CARGO_ENCODED_RUSTFLAGS="${CARGO_ENCODED_RUSTFLAGS:+$CARGO_ENCODED_RUSTFLAGS$separator}$1"; }

add_flags() {
  # No path of this machine gets into the Worker, so that another one builds the same bytes.
  add_flag "--remap-path-prefix=$cargo_home/registry/src/="
  # std is named as in rustup's own build of it, whether or not its source is installed here.
  add_flag "--remap-path-prefix=$(rustc --print sysroot)/lib/rustlib/src/rust=/rustc/$(rustc -vV | sed -n 's/^commit-hash: //p')"

  # Hashes here are of a few hundred bytes; unrolled, the function would be nine times as large.
  add_flag '--cfg=sha2_backend_soft="compact"'

  # No two functions become one because their bodies are the same: scripts/snip.mjs goes by their names.
  # (wasm-opt joins them afterwards.) The options from here on are not stable yet, hence the variable.
  export RUSTC_BOOTSTRAP=1
  add_flag -Zmerge-functions=disabled
}

# A panic ends the instance (entry.js makes another), so what would be said of it is never said. With
# std compiled that way, too, the code that says it is gone, and that is a ninth of the Worker.
add_flags_of_std() {
  export CARGO_UNSTABLE_BUILD_STD=std,panic_abort
  export CARGO_UNSTABLE_BUILD_STD_FEATURES=optimize_for_size
  add_flag -Zunstable-options
  add_flag -Cpanic=immediate-abort
  # `{:?}` then writes nothing. The library uses it nowhere (a lint sees to that); what `serde` would
  # write with it is in errors that nobody reads.
  add_flag -Zfmt-debug=none
}

# Compiles, and leaves in $messages what cargo says. By its manifest, so that no other member of the
# workspace is compiled for wasm32, which most cannot.
compile() {
  set -- --quiet --manifest-path "$folder/Cargo.toml" --package "$package" --release --target $wasm
  # So that the file is made by this run, whoever has put another one in its place.
  cargo clean "$@" || return
  # Else those that its Cargo.toml names.
  case ${FEATURES:-} in
    '') ;;
    all) set -- "$@" --all-features ;;
    none) set -- "$@" --no-default-features ;;
    *) set -- "$@" --no-default-features --features "$FEATURES" ;;
  esac
  # The profile as it stands in Cargo.toml, whatever a user has set for all projects.
  profile=$(sed -n '/^\[profile\.release\]$/,/^$/s/^[a-z-]* = /profile.release.&/p' Cargo.toml)
  while read -r line; do set -- "$@" --config "$line"; done <<LINES
$profile
LINES
  cargo build "$@" --lib --message-format=json-render-diagnostics >"$messages"
}

# What is there is of other sources. Nobody is to take it for the outcome of a build that failed.
forget() { rm -f "$build/.inputs" "$build/index.js" "$build/index_bg.wasm"; }

main() {
  scripts/setup.sh --locked
  use_wasm_target
  WASM_BINDGEN_BIN=$(find_tool wasm-bindgen "$(locked_version wasm-bindgen)")
  export WASM_BINDGEN_BIN
  std=$(std_source)
  inputs=$(inputs_with "$std")
  stop_if_built "$inputs"

  say "Compiling $build/ (two minutes the first time, seconds after a change)"
  mkdir -p "$build"
  rm -f "$messages"
  add_flags
  # Where std's source is not to be had (see setup.sh), the Worker is the same but larger.
  if [ -n "$std" ] && ! ( add_flags_of_std; compile ); then
    # Once something was compiled, the fault is in that. Otherwise the crates that std needs were missing.
    [ -e "$messages" ] && ! grep -q '"reason":"compiler-' "$messages" || { forget; exit 1; }
    say "NOT TO BE HAD: the crates that std needs (is cargo offline?); without them the Worker is larger"
    std=
    inputs=$(inputs_with '')
    stop_if_built "$inputs"
  fi
  forget
  [ -n "$std" ] || compile
  module=$(node scripts/artifact.mjs "$folder" wasm <"$messages")
  node scripts/bundle.mjs "$module" worker/entry.js "$build"
  rm "$messages"
  echo "$inputs" >"$build/.inputs"
  say "Built $build/index_bg.wasm: $(wc -c <"$build/index_bg.wasm" | tr -d ' ') bytes, $(gzip -9c "$build/index_bg.wasm" | wc -c | tr -d ' ') gzipped"
}

take_lock
main 9>&-
