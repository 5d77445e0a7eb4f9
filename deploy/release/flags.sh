# The flags under which two builds of the same commit are the same bytes: `source` this before `cargo build`.
# shellcheck shell=bash

# Neither where the sources lie nor where the registry does may be read from the binary, be it Rust or C.
sources=$(pwd)
registry=${CARGO_HOME:-$HOME/.cargo}
export RUSTFLAGS="--remap-path-prefix=$sources=/src --remap-path-prefix=$registry=/cargo"
export CFLAGS="-ffile-prefix-map=$sources=/src -ffile-prefix-map=$registry=/cargo"
export CARGO_INCREMENTAL=0
# The time of everything that is packed: that of the commit, unless the caller says.
SOURCE_DATE_EPOCH=${SOURCE_DATE_EPOCH:-$(git log -1 --format=%ct 2>/dev/null || echo 0)}
export SOURCE_DATE_EPOCH
unset sources registry
