#!/bin/sh
# Builds the demo into web/dist. The variables that web/build.mjs knows are passed on.
set -eu
cd "$(dirname "$0")/.."
. scripts/lib.sh

install_packages web "the official front-end packages for the demo"
node web/build.mjs "$@"
