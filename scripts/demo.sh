#!/bin/sh
# Builds the demo into demo/dist. The variables that demo/build.mjs knows are passed on.
set -eu
CDPATH='' cd -- "$(dirname "$0")/.."
. scripts/lib.sh

install_packages demo "the official front-end packages for the demo"
node demo/build.mjs "$@"
