#!/bin/sh
# Runs a command with the project's own tools before any other of the machine, and cargo for this
# machine: run.sh COMMAND... The Makefile's lines need it, since make 3.81, which is macOS's, looks for
# commands in the path that it was started with.
set -eu
CDPATH='' cd -- "$(dirname "$0")/.."
. scripts/lib.sh
! have cargo || for_this_machine
exec "$@"
