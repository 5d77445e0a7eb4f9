#!/usr/bin/env bash
# Are the committed .sqlx/ files what Postgres says of our queries today? `--write` makes them so.
#
# This is `cargo sqlx prepare` without having to build sqlx-cli: sqlx's macros write query-*.json into
# $SQLX_OFFLINE_DIR whenever they ask a live database.
set -euo pipefail
cd "$(dirname "$0")/../.."
source tests/postgres.sh

written=$(mktemp -d)
trap 'stop_postgres; rm -rf "$written"' EXIT
start_postgres
apply_migrations

# A changed lib.rs has every target's queries looked at again.
touch src/lib.rs
DATABASE_URL=$POSTGRES_URL SQLX_OFFLINE=false SQLX_OFFLINE_DIR=$written cargo check --quiet --locked --all-targets --all-features

if [ "${1:-}" = --write ]; then
    mkdir -p .sqlx
    rm -f .sqlx/query-*.json
    find "$written" -name 'query-*.json' -exec cp {} .sqlx/ \;
    echo "wrote $(find .sqlx -name 'query-*.json' | wc -l) queries to .sqlx/"
elif diff --recursive --unified .sqlx "$written"; then
    echo "the $(find .sqlx -name 'query-*.json' | wc -l) queries in .sqlx/ are what Postgres says"
else
    echo ".sqlx/ is not what Postgres says: run tests/sqlx/check.sh --write and commit the result" >&2
    exit 1
fi
