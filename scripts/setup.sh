#!/bin/sh
# Installs what the build needs and is not there yet, all of it below this folder:
# npm packages in node_modules, Rust tools in .tools. A second run changes nothing.
set -eu
cd "$(dirname "$0")/.."
. scripts/lib.sh

# Cloudflare's build machines have everything but Rust.
if ! have cargo && [ "${WORKERS_CI:-}" = 1 ]; then
  say "Installing Rust"
  curl --proto '=https' --tlsv1.2 --silent --show-error --fail https://sh.rustup.rs |
    sh -s -- -y --quiet --no-modify-path --profile minimal --target $wasm
fi
have cargo || die "cargo is missing: install Rust with rustup (https://rustup.rs)"
have npm || die "npm is missing: install Node.js 20 or newer with npm"
# The build script holds the lock already when it calls this one.
[ "${1:-}" = --locked ] || take_lock

want=$(cat package.json package-lock.json .npmrc | digest)
if [ "$(cat node_modules/.stamp 2>/dev/null)" != "$want" ]; then
  say "Installing wrangler, Node.js for it, esbuild and binaryen from npm (500 MB, about 15 seconds)"
  npm ci --loglevel=error
  echo "$want" >node_modules/.stamp
fi

if ! has_wasm_target rustc && ! [ -e "$debian/ready" ]; then
  say "Adding the Rust target $wasm"
  if have rustup && RUST_BACKTRACE=0 rustup target add $wasm && has_wasm_target rustc; then :
  elif have apt-get; then scripts/debian-std.sh
  else die "could not add the Rust target $wasm: run 'rustup target add $wasm'"
  fi
fi

if have rustup && has_wasm_target rustc && [ -z "$(std_source)" ]; then
  say "Adding the source of std, for a smaller Worker"
  RUST_BACKTRACE=0 rustup component add rust-src || say "Not to be had: the Worker will be larger"
fi

# Unoptimized: these tools work on one small file, and compiling them is the long part.
install() { # crate version options...
  crate=$1 version=$2
  shift 2
  CARGO_PROFILE_RELEASE_OPT_LEVEL=0 cargo install --quiet --root .tools "$crate" --version "=$version" "$@"
}

version=$(locked_version wasm-bindgen)
if ! find_tool wasm-bindgen "$version" >/dev/null; then
  say "Installing wasm-bindgen-cli $version (about a minute on 2 cores, once)"
  # Its own lock file does not always resolve, so that is no reason to stop.
  set -- wasm-bindgen-cli "$version" --no-default-features --bin wasm-bindgen
  install "$@" --locked 2>/dev/null || install "$@"
fi
