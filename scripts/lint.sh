#!/bin/sh
# Formatting and clippy, natively for all crates and for wasm32 for the Worker.
set -eu
cd "$(dirname "$0")/.."
. scripts/lib.sh
say "cargo fmt --check"
cargo fmt --all --check
cargo fmt --manifest-path fuzz/Cargo.toml --check
say "clippy, native, all crates and targets"
cargo clippy --workspace --all-targets -- -D warnings
cargo clippy --manifest-path fuzz/Cargo.toml --all-targets -- -D warnings
say "clippy, $wasm, the Workers"
use_wasm_target
$cargo_clippy --package authkit-edge --package authkit-edge-worker --package authkit-jws-worker \
  --package mounted-worker --package service-binding-rust --lib --target $wasm -- -D warnings
