#!/usr/bin/env bash
# Compiles the gateway for its image: `build.sh FILE [FEATURES]`, in the folder of the sources. Without FEATURES: for production.
set -euo pipefail
file=$1
features=${2:-}
source deploy/release/flags.sh

cargo build --locked --profile dist --no-default-features ${features:+--features "$features"} --bin upload-gateway
# Out of the target folder, which is a cache that no later step sees.
install -D --mode=0755 "${CARGO_TARGET_DIR:-target}/dist/upload-gateway" "$file"
