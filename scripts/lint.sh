#!/bin/sh
# Formatting; clippy, natively for all crates and for wasm32 for the Workers; the documentation and the
# package of the library; types of the example in TypeScript.
set -eu
CDPATH='' cd -- "$(dirname "$0")/.."
. scripts/lib.sh
for_this_machine
say "cargo fmt --check"
cargo fmt --all --check
cargo fmt --manifest-path tests/fuzz/Cargo.toml --check
say "clippy, native, all crates and targets"
cargo clippy --workspace --all-targets -- -D warnings
say "clippy, the library without its features"
cargo clippy --package authkit-edge --no-default-features -- -D warnings
cargo clippy --manifest-path tests/fuzz/Cargo.toml --all-targets -- -D warnings
say "cargo doc and cargo package, the library"
RUSTDOCFLAGS="-D warnings" cargo doc --quiet --package authkit-edge --no-deps
cargo package --quiet --package authkit-edge --allow-dirty
say "clippy, $wasm, the Workers"
use_wasm_target
cargo_clippy --package authkit-edge --package authkit-edge-worker --package authkit-jws-worker \
  --package authkit-panic-worker --package mounted-worker --package service-binding-rust --lib --target $wasm -- -D warnings
say "tsc, the example in TypeScript"
install_packages examples/service-binding-ts TypeScript
npm run --silent --prefix examples/service-binding-ts check
