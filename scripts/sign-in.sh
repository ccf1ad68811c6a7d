#!/bin/sh
# Signs in with every product of tests/sign-in and asks the built Worker for tokens. Arguments go to node.
set -eu
CDPATH='' cd -- "$(dirname "$0")/.."
. scripts/lib.sh

install_packages tests/sign-in/apps "the sign-in products (about a minute)"
node tests/sign-in/install.mjs
SANDBOX_PROGRAM=$(scripts/sandbox.sh)
export SANDBOX_PROGRAM
exec node --test --test-reporter=spec "$@" tests/sign-in/sign-in.test.mjs
