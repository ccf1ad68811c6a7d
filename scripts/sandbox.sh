#!/bin/sh
# Compiles the sandbox and prints the path of its program: sandbox.sh [PROFILE]. Where cargo puts it
# depends on the user's configuration, so whoever needs it asks here.
set -eu
CDPATH='' cd -- "$(dirname "$0")/.."
. scripts/lib.sh

for_this_machine
use_own_target_folder
messages=$(cargo build --quiet --package authkit-sandbox --profile "${1:-dev}" --message-format=json-render-diagnostics)
printf '%s\n' "$messages" | node scripts/artifact.mjs sandbox program
