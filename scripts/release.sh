#!/bin/sh
# Puts what a release has into dist/: the archive, the front-end module as an npm package, a list of the
# crates in the Worker (CycloneDX), and checksums.
set -eu
CDPATH='' cd -- "$(dirname "$0")/.."
. scripts/lib.sh

rm -rf dist
say "Packing the archive"
archive=$(scripts/archive.sh dist)
name=$(basename "$archive" .tar.gz)
version=${name#authkit-edge-}
[ "${GITHUB_REF_TYPE:-}" != tag ] || [ "$GITHUB_REF_NAME" = "v$version" ] ||
  die "the tag is $GITHUB_REF_NAME, but Cargo.toml says $version"

say "Packing the front-end module"
npm pack --silent ./client --pack-destination dist >/dev/null
client=authkit-edge-client-$version.tgz
[ -f "dist/$client" ] || die "client/package.json has another version than Cargo.toml, which says $version"

# The notes: this version's part of CHANGELOG.md, and what the same bytes take.
sed "1,/^## \[$version\]/d; /^## /,\$d" CHANGELOG.md >dist/NOTES.md
grep -q . dist/NOTES.md || die "CHANGELOG.md says nothing about $version"
echo "Built by $(rustc --version)." >>dist/NOTES.md

install_cargo_command cargo-cyclonedx 0.5.9
say "Listing the crates in the Worker"
SOURCE_DATE_EPOCH=$(git log -1 --format=%ct)
export SOURCE_DATE_EPOCH
# It writes into the folder of every member of the workspace; worker/ is the one that is meant.
"$tools/bin/cargo-cyclonedx" cyclonedx --quiet --format json --spec-version 1.5 \
  --target $wasm --no-build-deps --override-filename "$name.sbom"
mv "worker/$name.sbom.json" "dist/$name.cdx.json"
git clean --quiet --force -- "*$name.sbom.json"

cd dist
set -- "$client" "$name.cdx.json" "$name.tar.gz"
if have sha256sum; then sha256sum "$@"; else shasum -a 256 "$@"; fi | tee SHA256SUMS
