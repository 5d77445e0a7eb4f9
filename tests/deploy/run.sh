#!/usr/bin/env bash
# Is everything in deploy/ fit to be used? `run.sh [BINARY]`, of a production build (--no-default-features); without one, the debug build's.
# Needs no Docker engine, no cluster and no account: each part says what it cannot look at here.
set -euo pipefail
cd "$(dirname "$0")/../.."

binary=${1:-}
if [ -z "$binary" ]; then
    # Elsewhere than other builds: they have other features, and would be undone by it.
    export CARGO_TARGET_DIR=${CARGO_TARGET_DIR:-target}/production
    cargo build --quiet --locked --no-default-features --bin upload-gateway
    binary=$CARGO_TARGET_DIR/debug/upload-gateway
fi
binary=$(realpath "$binary")

for part in lint systemd image chart compose release; do
    printf '\n# %s\n' "$part"
    begun=$SECONDS
    if [ "$part" = lint ]; then tests/deploy/lint.sh; else "tests/deploy/$part.sh" "$binary"; fi
    printf '# %s: %d s\n' "$part" $((SECONDS - begun))
done
