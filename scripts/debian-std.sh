#!/bin/sh
# For a machine whose rustup cannot add the wasm32 target but which has Debian's packages:
# Debian has a newer compiler (rustc-web) with the source of std, and from those this
# compiles std for the target. Nothing is installed: the packages are only unpacked into
# a folder in .tools, which then is a complete toolchain beside the user's.
set -eu
CDPATH='' cd -- "$(dirname "$0")/.."
. scripts/lib.sh

first_dependency() { # package pattern
  apt-cache depends "$1" 2>/dev/null | sed -n "s/^ *Depends: \($2\)\$/\1/p" | head -n 1
}

say "Building std for $wasm from Debian's rustc-web instead (150 MB, about a minute)"
if [ "$(id -u)" = 0 ]; then apt-get update -qq; fi
std=$(first_dependency libstd-rust-web-dev 'libstd-rust-web-[0-9.]*')
[ -n "$std" ] || die "no package rustc-web here: run 'rustup target add $wasm' where rustup can reach its server"
llvm=$(first_dependency "$std" 'libllvm[0-9]*')

rm -rf "$debian"
mkdir -p "$debian/debs" "$debian/std"
( cd "$debian/debs"
  apt-get download -qq rustc-web rust-web-src rust-web-clippy libstd-rust-web-dev "$std" "$llvm" 2>/dev/null ||
    die "apt-get could not download rustc-web and its source"
  for deb in *.deb; do dpkg-deb -x "$deb" "$debian"; done )

# The unpacked compiler looks for its own and LLVM's library in the system's folders.
# A folder of just these two keeps LD_LIBRARY_PATH from touching anything else.
mkdir "$debian/lib"
ln -s "$debian"/usr/lib/*/librustc_driver-*.so "$debian"/usr/lib/*/libLLVM.so.* "$debian/lib/"

# Linking takes rustup's own linker, which Debian's compiler finds in this place.
host=$(rustc -vV | sed -n 's/^host: //p')
lld=$(rustc --print sysroot)/lib/rustlib/$host/bin/rust-lld
[ -x "$lld" ] || lld=$(command -v wasm-ld) || die "neither rust-lld nor wasm-ld is here: apt-get install lld"
mkdir -p "$debian/usr/lib/rustlib/$host/bin"
ln -s "$lld" "$debian/usr/lib/rustlib/$host/bin/rust-lld"

cat >"$debian/std/Cargo.toml" <<'TOML'
[package]
name = "std-for-wasm"
edition = "2024"
[lib]
path = "lib.rs"
[workspace]
TOML
: >"$debian/std/lib.rs"
# -Zbuild-std is unstable, hence the bootstrap variable; bitcode is what `lto = true` reads.
( cd "$debian/std"
  export LD_LIBRARY_PATH="$debian/lib" RUSTC="$debian/usr/bin/rustc" RUSTC_BOOTSTRAP=1
  # Whatever a user has set, wherever, these come before it.
  export CARGO_ENCODED_RUSTFLAGS=-Cembed-bitcode=yes CARGO_TARGET_DIR="$PWD/target" CARGO_BUILD_BUILD_DIR="$PWD/target" \
    CARGO_TARGET_WASM32_UNKNOWN_UNKNOWN_LINKER=rust-lld
  cargo build --quiet --release --target $wasm -Zbuild-std=std,panic_abort )
mkdir -p "$debian/usr/lib/rustlib/$wasm/lib"
cp "$debian/std/target/$wasm"/release/deps/*.rlib "$debian/usr/lib/rustlib/$wasm/lib/"
rm -f "$debian/usr/lib/rustlib/$wasm/lib/libstd_for_wasm-"*
rm -rf "$debian/std" "$debian/debs" "$debian/usr/src" "${debian:?}/usr/share"
touch "$debian/ready"
