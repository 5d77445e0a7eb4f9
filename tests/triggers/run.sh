#!/usr/bin/env bash
# Are the Cognito triggers right, alone and deployed? Starts two DynamoDBs, runs the feature's tests before them, and has MiniStack run
# the function behind a user pool. `run.sh [BOOTSTRAP]` deploys that binary; without one, the debug build's.
set -euo pipefail
cd "$(dirname "$0")/../.."
source tests/triggers/place.sh
trap stop_servers EXIT

# Packages come from their registries, through a proxy where there is one; what is started here is on this machine.
start_ministack
start_dynalite
unset http_proxy https_proxy all_proxy HTTP_PROXY HTTPS_PROXY ALL_PROXY

export TRIGGERS_TEST_DYNAMODB=ministack=$MINISTACK_URL,dynalite=$DYNALITE_URL
cargo test --locked --features lambda --lib -- cognito config::triggers model::lockout --skip sandbox
cargo test --locked --features lambda --test triggers

binary=${1:-}
if [ -z "$binary" ]; then
    # Symbols are most of a debug build, and a package has bounds.
    binary=$SERVERS/bootstrap
    cargo build --quiet --locked --features lambda --bin bootstrap
    strip -o "$binary" "${CARGO_TARGET_DIR:-target}/debug/bootstrap"
fi
"$PYTHON" tests/triggers/deployed.py "$MINISTACK_URL" "$binary"
