#!/bin/sh
# Tells what is wrong with the configuration here, or with the deployment at URL: docs/doctor.md.
set -eu
CDPATH='' cd -- "$(dirname "$0")/.."
. scripts/lib.sh

# Who asks a deployment needs nothing but Node.js.
[ -n "${URL:-}" ] || scripts/build.sh
exec node scripts/doctor.mjs "$@"
