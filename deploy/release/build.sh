#!/usr/bin/env bash
# The production binary for one target, packed: `build.sh TARGET [BINARY]` makes dist/upload-gateway-VERSION-TARGET.tar.gz and its .sha256.
# TARGET is x86_64 or aarch64, -unknown-linux-musl (runs on any Linux) or -unknown-linux-gnu. BINARY is packed in place of a new build.
set -euo pipefail
cd "$(dirname "$0")/../.."
target=$1
binary=${2:-}
source deploy/release/flags.sh

case $target in
x86_64-unknown-linux-musl | aarch64-unknown-linux-musl | x86_64-unknown-linux-gnu | aarch64-unknown-linux-gnu) ;;
*) echo "not a target of a release: $target" >&2 && exit 2 ;;
esac

if [ -z "$binary" ]; then
    source deploy/release/zig.sh
    install_zig
    rustup target add "$target"
    zigbuild "$target" --locked --profile dist --no-default-features --bin upload-gateway
    binary=${CARGO_TARGET_DIR:-target}/$target/dist/upload-gateway
fi

name=upload-gateway-$(deploy/release/version.sh)-$target
python3 deploy/release/pack.py "dist/$name.tar.gz" \
    "$name/upload-gateway=$binary" "$name/README.md=README.md" "$name/CHANGELOG.md=CHANGELOG.md" \
    "$name/LICENSE-APACHE=LICENSE-APACHE" "$name/LICENSE-MIT=LICENSE-MIT" \
    "$name/upload-gateway.service=deploy/systemd/upload-gateway.service"
