#!/bin/sh
# Installs what the build needs and is not there yet, all of it below this folder:
# npm packages in node_modules, Rust tools in .tools. A second run changes nothing.
set -eu
CDPATH='' cd -- "$(dirname "$0")/.."
. scripts/lib.sh
# What wrangler asks for, where the one from npm does not run.
node_wanted=22

# One sentence for whatever is missing that nobody but the user can install.
check_machine() {
  # Cloudflare's build machines have everything but Rust.
  if ! have cargo && [ "${WORKERS_CI:-}" = 1 ]; then
    say "Installing Rust"
    curl --proto '=https' --tlsv1.2 --silent --show-error --fail https://sh.rustup.rs |
      sh -s -- -y --quiet --no-modify-path --profile minimal --target $wasm
    exec "$0" --locked
  fi
  have cargo || die "cargo is missing: install Rust with rustup (https://rustup.rs)"
  wanted=$(sed -n 's/^rust-version = "\(.*\)"$/\1/p' Cargo.toml)
  version=$(rustc -V | cut -d ' ' -f 2)
  is_rust_at_least "$version" "$wanted" || die "this needs Rust $wanted or newer, and rustc here is $version:
  'rustup update stable', or a rustup (https://rustup.rs) beside your system's Rust"
  ( PATH=$user_path; have npm && have node ) || die "npm is missing: install Node.js 20 or newer with npm"
  [ "$(PATH=$user_path node -p 'process.versions.node.split(".")[0]')" -ge 20 ] ||
    die "npm runs on Node.js $(PATH=$user_path node -v): install Node.js 20 or newer"
}

install_npm_packages() {
  install_packages . "wrangler, Node.js for it, esbuild and binaryen (500 MB, about 15 seconds)"
  # The Node.js from npm is for glibc. Where there is another one (Alpine) or none in the usual place
  # (NixOS), the user's own does, if it is new enough.
  node_modules/.bin/node --version >/dev/null 2>&1 || rm -f node_modules/.bin/node
  [ "$(node -p 'process.versions.node.split(".")[0]')" -ge $node_wanted ] ||
    die "wrangler needs Node.js $node_wanted, which npm has for this system in no form that runs: install Node.js $node_wanted or newer"
}

add_wasm_target() {
  if ! has_wasm_target rustc && ! [ -e "$debian/ready" ]; then
    say "Adding the Rust target $wasm"
    if have rustup && RUST_BACKTRACE=0 rustup target add $wasm && has_wasm_target rustc; then :
    elif have apt-get && have dpkg-deb; then scripts/debian-std.sh
    elif have rustup; then die "could not add the Rust target $wasm: run 'rustup target add $wasm'"
    else die "this Rust has no target $wasm: your distribution may have it as a package (rust-wasm, rust-std-wasm32), or install Rust with rustup (https://rustup.rs)"
    fi
  fi
  if have rustup && has_wasm_target rustc && [ -z "$(std_source)" ]; then
    say "Adding the source of std, for a smaller Worker"
    RUST_BACKTRACE=0 rustup component add rust-src || say "Not to be had: the Worker will be larger"
  fi
}

# Where cargo's home cannot be written to: all of what is needed is in it, or cargo gets another one,
# with the same configuration.
find_cargo_home() {
  [ ! -d "$cargo_home" ] || [ -w "$cargo_home" ] || cargo fetch --quiet --locked --offline 2>/dev/null || {
    mkdir -p "$tools/cargo"
    for file in "$cargo_home"/config "$cargo_home"/config.toml; do
      [ ! -f "$file" ] || ln -sf "$file" "$tools/cargo/"
    done
    export CARGO_HOME="$tools/cargo"
  }
}

install_wasm_bindgen() {
  version=$(locked_version wasm-bindgen)
  ! find_tool wasm-bindgen "$version" >/dev/null || return 0
  say "Installing wasm-bindgen-cli $version (about a minute on 2 cores, once)"
  # Its own lock file does not always resolve, so that is no reason to stop.
  set -- wasm-bindgen-cli "$version" --no-default-features --bin wasm-bindgen
  install_crate "$@" --locked 2>/dev/null || install_crate "$@"
}

main() {
  check_machine
  find_cargo_home
  install_npm_packages
  add_wasm_target
  install_wasm_bindgen
}

# The build script holds the lock already when it calls this one.
[ "${1:-}" = --locked ] || take_lock
main 9>&-
