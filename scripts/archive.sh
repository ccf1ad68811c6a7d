#!/bin/sh
# Packs the built Worker as an archive that deploys without a compiler: archive.sh FOLDER.
# Prints its path. From the same commit and the same compiler come the same bytes.
set -eu
CDPATH='' cd -- "$(dirname "$0")/.."
. scripts/lib.sh
out=$1

version=$(cargo pkgid --package authkit-edge)
name=authkit-edge-${version##*[#@]}
scripts/build.sh >&2
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

# There is nothing to build, and no demo.
sed '/^\[build\]$/,/^$/d; /^# For `make dev`/,$d' wrangler.toml >"$work/wrangler.toml"

# The dependencies' licenses ask for their text beside the program.
cargo tree --locked --package authkit-edge-worker --target $wasm --edges normal --prefix none --format '{p}' |
  cut -d ' ' -f 1,2 | sed 's/ v/-/' | LC_ALL=C sort -u | while read -r crate; do
    for file in "$cargo_home"/registry/src/*/"$crate"/LICEN[CS]E*; do
      [ ! -f "$file" ] || { printf '\n==== %s %s ====\n\n' "$crate" "${file##*/}" && cat "$file"; }
    done
  done >"$work/LICENSES-OF-DEPENDENCIES.txt"

# git gives every file the date of the commit, and root for its owner.
mkdir -p "$out"
git -c tar.umask=0022 archive --format=tar --output="$work/archive.tar" \
  --prefix="$name/build/" --add-file=build/index.js --add-file=build/index_bg.wasm \
  --prefix="$name/" --add-file="$work/wrangler.toml" --add-file="$work/LICENSES-OF-DEPENDENCIES.txt" \
  HEAD -- ':(glob)*.md' client docs LICENSE-APACHE LICENSE-MIT .dev.vars.example .npmrc package.json package-lock.json
gzip -9n <"$work/archive.tar" >"$out/$name.tar.gz"
echo "$out/$name.tar.gz"
