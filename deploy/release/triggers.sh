#!/usr/bin/env bash
# The Cognito triggers for Lambda, packed as tf/ takes them: `triggers.sh x86_64|arm64 [BINARY]` makes
# dist/upload-gateway-triggers-VERSION-ARCHITECTURE.zip and its .sha256. BINARY is packed in place of a new build.
set -euo pipefail
cd "$(dirname "$0")/../.."
architecture=$1
binary=${2:-}
source deploy/release/flags.sh

case $architecture in
x86_64) target=x86_64-unknown-linux-gnu ;;
arm64) target=aarch64-unknown-linux-gnu ;;
*) echo "not an architecture of Lambda: $architecture" >&2 && exit 2 ;;
esac

if [ -z "$binary" ]; then
    source deploy/release/zig.sh
    install_zig
    rustup target add "$target"
    # Amazon Linux 2023, on which provided.al2023 runs, has glibc 2.34.
    zigbuild "$target.2.34" --locked --profile dist --no-default-features --features lambda --bin bootstrap
    binary=${CARGO_TARGET_DIR:-target}/$target/dist/bootstrap
fi

python3 deploy/release/pack.py "dist/upload-gateway-triggers-$(deploy/release/version.sh)-$architecture.zip" "bootstrap=$binary"
