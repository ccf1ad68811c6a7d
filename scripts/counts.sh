#!/bin/sh
# Counts the instructions of the core's hot functions with Callgrind and compares them with
# benches/core/budgets.toml. The counts are the same on a busy machine and on an idle one.
set -eu
CDPATH='' cd -- "$(dirname "$0")/.."
. scripts/lib.sh

if [ "$(uname -sm)" != "Linux x86_64" ]; then
  say "NOT COUNTED: the budgets are for Linux on x86-64, and this is $(uname -sm)"
  exit
fi
if ! have valgrind; then
  if have apt-get && [ "$(id -u)" = 0 ]; then
    say "Installing Valgrind (100 MB)"
    apt-get update -qq
    apt-get install -y -qq --no-install-recommends valgrind >/dev/null
  else
    die "counting instructions needs Valgrind: apt-get install valgrind"
  fi
fi
version=$(locked_version gungraun)
if ! find_tool gungraun-runner "$version" >/dev/null; then
  say "Installing gungraun-runner $version (about a minute on 2 cores, once)"
  install_crate gungraun-runner "$version" --locked
fi
export PATH="$tools/bin:$PATH"
for_this_machine

say "Compiling what is counted (a minute the first time)"
instructions() { cargo bench --quiet --package authkit-edge-benches --bench instructions "$@"; }
instructions --no-run
say "Counting with $(valgrind --version) (about 20 seconds)"
# Every budget wants its count, so a run that broke off does not pass.
instructions -- --output-format=json | node benches/core/budgets.mjs
