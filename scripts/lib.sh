# shellcheck shell=sh disable=SC2034
# Helpers that the other scripts source from the root of the repository. They run in sh of any system
# (dash, BusyBox, bash 3.2 of macOS), with the tools that POSIX names and no option of GNU's.

say() { printf '==> %s\n' "$*"; }
die() { printf 'error: %s\n' "$*" >&2; exit 1; }
have() { command -v "$1" >/dev/null 2>&1; }

# The path that cargo and git know, too, where the way here led over a link.
cd -P . || exit
case $PWD in *:*) die "this folder's path has a colon, which no search path can hold: move it" ;; esac

wasm=wasm32-unknown-unknown
# Relative to here, as cargo takes it, and not to the folder that a script goes to.
case ${CARGO_HOME:-} in
  '') cargo_home=${HOME:-}/.cargo ;;
  /*) cargo_home=$CARGO_HOME ;;
  *) export CARGO_HOME="$PWD/$CARGO_HOME"; cargo_home=$CARGO_HOME ;;
esac
# What is the user's: of a folder that two systems share, node_modules may have the other one's Node.js.
user_path=$(printf '%s\n' "$PATH" | tr : '\n' | grep -v '/node_modules/\.bin$' | tr '\n' :)$cargo_home/bin
# The pinned tools and the Node.js that wrangler needs, before any other of the machine.
export PATH="$PWD/node_modules/.bin:$user_path"
# wrangler has its errors formatted by esbuild, in a thread that may never answer: then it hangs and says
# nothing. As a process esbuild answers.
export ESBUILD_WORKER_THREADS=0

# Compiled tools stand in a folder for each system, and so does Debian's compiler.
host=$(rustc -vV 2>/dev/null | sed -n 's/^host: //p')
tools=$PWD/.tools/${host:-unknown}
debian=$tools/debian

# Where the home folder cannot be written to, npm, wrangler and cargo keep here what they would keep there.
[ -w "${HOME:-}" ] || export npm_config_cache="$PWD/.tools/npm" XDG_CONFIG_HOME="$PWD/.tools/config"
if [ -d "$tools/cargo" ] && ! [ -w "$cargo_home" ]; then
  export CARGO_HOME="$tools/cargo"
  cargo_home=$CARGO_HOME
fi

# Hash of standard input (macOS has shasum, Linux sha256sum).
digest() { if have sha256sum; then sha256sum; else shasum -a 256; fi | cut -d ' ' -f 1; }

# The version of a crate in Cargo.lock: the one place that says which tools fit.
locked_version() {
  sed -n "/^name = \"$1\"\$/{n;s/^version = \"\(.*\)\"\$/\1/p;}" Cargo.lock
}

# One setup or build at a time: wrangler starts a build while another may be running. What is called
# afterwards gets `9>&-`: a compiler daemon that inherited the lock would keep it as long as it lives.
take_lock() {
  mkdir -p .tools
  if have flock; then
    exec 9>.tools/lock
    flock -n 9 || { say "Waiting for another build to finish"; flock 9; }
    return
  fi
  # A link is made with its text at once, so that a lock never stands without its owner's name.
  owner=$(uname -n):$$
  until ln -s "$owner" .tools/lock.of 2>/dev/null; do
    other=$(readlink .tools/lock.of) || continue
    # Of a process on another system nobody here knows whether it lives.
    if [ "${other%:*}" = "${owner%:*}" ] && ! kill -0 "${other##*:}" 2>/dev/null; then
      # Whoever takes the dead one's lock away takes that one only, and not the next one's.
      if mv .tools/lock.of ".tools/lock.of.$$" 2>/dev/null; then
        [ "$(readlink ".tools/lock.of.$$")" = "$other" ] || mv ".tools/lock.of.$$" .tools/lock.of
        rm -f ".tools/lock.of.$$"
      fi
      continue
    fi
    [ -n "${waiting:-}" ] || say "Waiting for another build to finish ($other; .tools/lock.of is its lock)"
    waiting=1
    sleep 1
  done
  trap 'rm -f .tools/lock.of' EXIT
  trap 'exit 130' INT TERM HUP
}

# Prints the path of a tool of exactly the wanted version that runs here, ours or the user's.
find_tool() { # name version
  for tool in "$tools/bin/$1" "$(command -v "$1" || true)"; do
    [ -x "$tool" ] || continue
    case " $("$tool" --version 2>/dev/null) " in *" $2 "*)
      case $tool in /*) echo "$tool" ;; *) echo "$PWD/$tool" ;; esac
      return ;;
    esac
  done
  return 1
}

# Has cargo compile for this machine what is to run on it, when somebody has set another target.
# cargo is asked, since that may stand in a file; a way to take it back it does not have.
for_this_machine() {
  unset CARGO_BUILD_TARGET
  # The question is not stable yet. Where it is not understood, there is no target in a file.
  case $(RUSTC_BOOTSTRAP=1 cargo -Zunstable-options config get --format json-value build.target 2>/dev/null || true) in
    '') ;;
    '['*) die "your cargo configuration compiles for a list of targets ([build] target), which cargo takes back for nobody: make it one" ;;
    *) export CARGO_BUILD_TARGET="$host" ;;
  esac
}

# Installs programs of a crate into $tools/bin. Unoptimized: they work on one small file, or compiling
# them is the long part. `--force`, since cargo believes in what another system has installed.
install_crate() { # crate version options...
  crate=$1 version=$2
  shift 2
  mkdir -p "$tools"
  ( for_this_machine
    CARGO_PROFILE_RELEASE_OPT_LEVEL=0 cargo install --quiet --force --root "$tools" "$crate" --version "=$version" "$@" )
}

# Installs a command of cargo, unless it is there already.
install_cargo_command() { # crate version
  grep -qs "^\"$1 $2 " "$tools/.crates.toml" && return
  say "Installing $1 $2 (one to three minutes on 2 cores, once)"
  install_crate "$1" "$2" --locked
}

# What a folder's packages are to be, and what is there: for which system, and what is missing.
packages_seen() { # folder
  echo "$(cat "$1/package.json" "$1/package-lock.json" "$1/.npmrc" 2>/dev/null | digest) $(PATH=$user_path node scripts/installed.mjs "$1")"
}

# Installs the packages of a folder's lock file, unless they are there already. Whatever npm was told
# to leave out or to do otherwise (NODE_ENV, npm_config_…, a .npmrc of the user's), it installs them all.
# Where some are there, it says what is to be and what was: whoever is running them loses them.
install_packages() { # folder what
  seen=$(packages_seen "$1") stamp=$(cat "$1/node_modules/.stamp" 2>/dev/null || true)
  [ "$stamp" != "$seen" ] || return 0
  say "Installing $2 from npm${stamp:+ again: $seen, and not $stamp}"
  system=$(PATH=$user_path node -p '"--os=" + process.platform + " --cpu=" + process.arch')
  # shellcheck disable=SC2086 # two words
  ( cd "$1" && PATH=$user_path npm ci --loglevel=error --include=dev --include=optional --include=peer \
      --bin-links --package-lock --no-package-lock-only --no-dry-run --no-global --install-strategy=hoisted $system )
  seen=$(packages_seen "$1")
  case $seen in *" without "*) die "npm did not install all packages of $1: ${seen#* without } missing" ;; esac
  echo "$seen" >"$1/node_modules/.stamp"
}

# Makes sure that there is a Chromium, for the tests with a browser.
need_chromium() {
  if [ -z "${CHROMIUM:-}" ] && ! have chromium && ! have chromium-browser && ! have google-chrome; then
    if have apt-get && [ "$(id -u)" = 0 ]; then
      say "Installing Chromium (about 400 MB)"
      apt-get update -qq
      apt-get install -y -qq chromium >/dev/null
    else
      die "these tests need Chromium: apt-get install chromium, or set CHROMIUM to its path"
    fi
  fi
}

# Succeeds where a Rust version is at least another one: 1.MINOR, and what follows.
is_rust_at_least() { # have want
  major=${1%%.*} rest=${1#*.} want=${2#*.}
  [ "$major" -gt 1 ] || [ "${rest%%.*}" -ge "${want%%.*}" ]
}

has_wasm_target() { [ -d "$("$1" --print target-libdir --target $wasm 2>/dev/null)" ]; }

# Where the source of std is, when rustup has installed it; nothing otherwise.
std_source() {
  [ -z "${RUSTC:-}" ] || return 0
  source=$(rustc --print sysroot)/lib/rustlib/src/rust/library
  [ ! -d "$source" ] || echo "$source"
}

# Has cargo write into a folder that is this checkout's alone. Where that is, cargo says: a user may
# have moved it in many ways, for all projects together. Two checkouts in one folder would overwrite
# each other's Worker, which has one name, and cargo would not notice.
use_own_target_folder() {
  into=$(cargo metadata --format-version 1 --no-deps | node -p 'path.resolve(JSON.parse(fs.readFileSync(0)).target_directory)')
  own=authkit-edge-$(printf %s "$PWD" | digest | cut -c 1-8)
  case $into in "$PWD/target" | *"/$own") ;; *) into=$into/$own ;; esac
  export CARGO_TARGET_DIR="$into" CARGO_BUILD_BUILD_DIR="$into"
}

# Makes `cargo ... --target wasm32-unknown-unknown` work in this shell and says how to
# call clippy for that target. Only scripts/debian-std.sh makes the second half needed.
use_wasm_target() {
  cargo_clippy() { cargo clippy "$@"; }
  use_own_target_folder
  # Flags and linkers that a user has set, wherever, are for programs of this machine. Empty is what
  # cargo goes by, before all others.
  export CARGO_ENCODED_RUSTFLAGS='' CARGO_TARGET_WASM32_UNKNOWN_UNKNOWN_LINKER=rust-lld CARGO_INCREMENTAL=0
  has_wasm_target rustc && return
  [ -e "$debian/ready" ] || die "no $wasm target: run 'make setup'"
  # Another compiler version, so another target folder: sharing one would rebuild both.
  export PATH="$debian/usr/bin:$PATH" RUSTC="$debian/usr/bin/rustc" \
    CARGO_TARGET_DIR="$into/debian" CARGO_BUILD_BUILD_DIR="$into/debian" \
    LD_LIBRARY_PATH="$debian/lib${LD_LIBRARY_PATH:+:$LD_LIBRARY_PATH}"
  cargo_clippy() { "$debian/usr/bin/cargo-clippy" clippy "$@"; }
}
