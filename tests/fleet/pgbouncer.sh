#!/usr/bin/env bash
# Do two replicas do everything through a real PgBouncer in transaction mode, with the configuration that we ship and fewer server
# connections than they have between them? `pgbouncer.sh [BINARY]`, by default the debug build; as root or as anybody.
set -euo pipefail
cd "$(dirname "$0")/../.."

binary=$(realpath "${1:-${CARGO_TARGET_DIR:-target}/debug/upload-gateway}")
source tests/postgres.sh
source tests/fleet/pgbouncer_place.sh
build_pgbouncer
# From here on everything is on this machine.
unset http_proxy https_proxy all_proxy HTTP_PROXY HTTPS_PROXY ALL_PROXY
export PYTHONDONTWRITEBYTECODE=1

# /tmp, because a socket's path is short.
place=$(mktemp -d /tmp/upload-gateway-pooled.XXXXXX)
trap 'stop_postgres; rm -rf "$place"' EXIT
start_postgres
python3 tests/fleet/pooled "$binary" "$PGBOUNCER" "$POSTGRES_HOME" "$POSTGRES_BIN" "$place"
