# shellcheck shell=sh disable=SC2034
# Helpers that the other scripts source from the root of the repository.

wasm=wasm32-unknown-unknown
debian=$PWD/.tools/debian
# The pinned tools and the Node.js that wrangler needs, before any other of the machine.
export PATH="$PWD/node_modules/.bin:$PATH:${CARGO_HOME:-$HOME/.cargo}/bin"

say() { printf '==> %s\n' "$*"; }
die() { printf 'error: %s\n' "$*" >&2; exit 1; }
have() { command -v "$1" >/dev/null 2>&1; }

# Hash of standard input (macOS has shasum, Linux sha256sum).
digest() { if have sha256sum; then sha256sum; else shasum -a 256; fi | cut -d ' ' -f 1; }

# The version of a crate in Cargo.lock: the one place that says which tools fit.
locked_version() {
  sed -n "/^name = \"$1\"\$/{n;s/^version = \"\(.*\)\"\$/\1/p;}" Cargo.lock
}

# One setup or build at a time: wrangler starts a build while another may be running.
take_lock() {
  mkdir -p .tools
  if have flock; then
    exec 9>.tools/lock
    flock -n 9 || { say "Waiting for another build to finish"; flock 9; }
    return
  fi
  until mkdir .tools/lock.d 2>/dev/null; do
    kill -0 "$(cat .tools/lock.d/pid 2>/dev/null || echo $$)" 2>/dev/null || rm -rf .tools/lock.d
    sleep 1
  done
  echo $$ >.tools/lock.d/pid
  trap 'rm -rf .tools/lock.d' EXIT
}

# Prints the path of a tool of exactly the wanted version, ours or the user's.
find_tool() { # name version
  for tool in ".tools/bin/$1" "$(command -v "$1" || true)"; do
    [ -x "$tool" ] || continue
    case " $("$tool" --version 2>/dev/null) " in *" $2 "*)
      case $tool in /*) echo "$tool" ;; *) echo "$PWD/$tool" ;; esac
      return ;;
    esac
  done
  return 1
}

# Installs a command of cargo into .tools/bin, unless it is there already.
install_cargo_command() { # crate version
  grep -qs "^\"$1 $2 " .tools/.crates.toml && return
  say "Installing $1 $2 (one to three minutes on 2 cores, once)"
  mkdir -p .tools
  CARGO_PROFILE_RELEASE_OPT_LEVEL=0 cargo install --quiet --root .tools "$1" --version "=$2" --locked
}

# Installs the packages of a folder's lock file, unless they are there already.
install_packages() { # folder what
  want=$(cat "$1/package.json" "$1/package-lock.json" "$1/.npmrc" | digest)
  [ "$(cat "$1/node_modules/.stamp" 2>/dev/null)" = "$want" ] && return
  say "Installing $2 from npm"
  npm ci --prefix "$1" --loglevel=error
  echo "$want" >"$1/node_modules/.stamp"
}

has_wasm_target() { [ -d "$("$1" --print target-libdir --target $wasm 2>/dev/null)" ]; }

# Where the source of std is, when rustup has installed it; nothing otherwise.
std_source() {
  [ -z "${RUSTC:-}" ] || return 0
  source=$(rustc --print sysroot)/lib/rustlib/src/rust/library
  [ ! -d "$source" ] || echo "$source"
}

# Makes `cargo ... --target wasm32-unknown-unknown` work in this shell and says how to
# call clippy for that target. Only scripts/debian-std.sh makes the second half needed.
use_wasm_target() {
  cargo_clippy='cargo clippy'
  has_wasm_target rustc && return
  [ -e "$debian/ready" ] || die "no $wasm target: run 'make setup'"
  # Another compiler version, so another target folder: sharing one would rebuild both.
  export PATH="$debian/usr/bin:$PATH" RUSTC="$debian/usr/bin/rustc" \
    CARGO_TARGET_DIR="$PWD/target/debian" \
    LD_LIBRARY_PATH="$debian/lib${LD_LIBRARY_PATH:+:$LD_LIBRARY_PATH}"
  cargo_clippy="$debian/usr/bin/cargo-clippy clippy"
}
