#!/bin/sh
# Tells what is wrong with the configuration here, or with the deployment at URL, or what to set for
# ISSUER: docs/doctor.md.
set -eu
CDPATH='' cd -- "$(dirname "$0")/.."
. scripts/lib.sh

# Who asks a deployment or an issuer needs nothing but Node.js.
[ -n "${URL:-}${ISSUER:-}" ] || scripts/build.sh
exec node scripts/doctor.mjs "$@"
