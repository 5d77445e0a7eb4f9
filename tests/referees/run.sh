#!/usr/bin/env bash
# Tries the gateway before servers that we did not write: `run.sh [seaweedfs] [ministack]`, both by default.
# $GATEWAY_BIN and $GATEWAY_WITHOUT_POLICY_BIN say what to try; what is not given is built.
set -euo pipefail
cd "$(dirname "$0")/../.."
source tests/postgres.sh
source tests/referees/place.sh

referees=("$@")
[ $# -gt 0 ] || referees=(seaweedfs ministack)
scratch=$(mktemp -d)
trap 'stop_postgres; for referee in "${referees[@]}"; do "tests/referees/$referee.sh" stop; done; rm -rf "$scratch"' EXIT

# build NAME ARGUMENTS…: the gateway as $scratch/NAME, out of the way of the next build.
build() {
    cargo build --quiet --locked --bin upload-gateway "${@:2}"
    cp "${CARGO_TARGET_DIR:-target}/debug/upload-gateway" "$scratch/$1"
}
[ -n "${GATEWAY_WITHOUT_POLICY_BIN:-}" ] || build without-policy --features walls-off-for-tests
[ -n "${GATEWAY_BIN:-}" ] || build gateway

failed=0
for referee in "${referees[@]}"; do
    "tests/referees/$referee.sh" start
    start_postgres
    "$PYTHON" tests/referees/probe "$REFEREES/$referee/referee.json" "$POSTGRES_URL" \
        "${GATEWAY_BIN:-$scratch/gateway}" "${GATEWAY_WITHOUT_POLICY_BIN:-$scratch/without-policy}" || failed=1
    stop_postgres
    "tests/referees/$referee.sh" stop
done
exit "$failed"
