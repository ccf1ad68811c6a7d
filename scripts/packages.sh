#!/bin/sh
# Installs the npm packages of a folder, unless they are there already: packages.sh FOLDER WHAT
set -eu
CDPATH='' cd -- "$(dirname "$0")/.."
. scripts/lib.sh
install_packages "$1" "$2" >&2
