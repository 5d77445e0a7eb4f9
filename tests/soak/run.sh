#!/usr/bin/env bash
# Do two replicas keep their promises whatever breaks around them, under load? `run.sh [--minutes N] [--report FILE.md] [--seed N]
# [--only TEXT] [BINARY]`, by default the release build: every fault once; or, with --minutes, again and again in a random order for so
# long. The report goes to FILE.md, with its plots beside it; without --report, to a place that is gone at the end.
set -euo pipefail
cd "$(dirname "$0")/../.."

options=() report='' binary=${CARGO_TARGET_DIR:-target}/release/upload-gateway
while [ $# -gt 0 ]; do
    case $1 in
        --report) report=$(realpath --canonicalize-missing "$2"); shift ;;
        --minutes | --seed | --only) options+=("$1" "$2"); shift ;;
        -*) echo "unknown: $1" >&2; exit 2 ;;
        *) binary=$1 ;;
    esac
    shift
done
binary=$(realpath "$binary")

source tests/postgres.sh
source tests/fleet/place.sh

# libfaketime for programs with threads.
faketime() { printf '%s\n' /usr/lib/*/faketime/libfaketimeMT.so.1 | head -1; }

packages=()
postgres_bin >/dev/null 2>&1 || packages+=(postgresql)
[ -e "$(faketime)" ] || packages+=(libfaketime)
command -v cc >/dev/null || packages+=(gcc libc6-dev)
command -v openssl >/dev/null || packages+=(openssl)
install_packages "${packages[@]}"
install_python
# From here on everything is on this machine.
unset http_proxy https_proxy all_proxy HTTP_PROXY HTTPS_PROXY ALL_PROXY
export PYTHONDONTWRITEBYTECODE=1

# /tmp, because a socket's path is short. Postgres runs as a user of its own and must find its way in.
place=$(mktemp -d /tmp/upload-gateway-soak.XXXXXX)
chmod 711 "$place"
trap 'rm -rf "$place"' EXIT
PYTHONPATH=tests/fleet/trial "$PYTHON" tests/soak/ordeal "$binary" "$place" --postgres "$(postgres_bin)" --faketime "$(faketime)" \
    --report "${report:-$place/report/report.md}" "${options[@]}" &
ordeal=$!
# The shell would wait for it, and it for nobody: so it is told.
trap 'kill -TERM "$ordeal" 2>/dev/null' INT TERM HUP
code=0
wait "$ordeal" || code=$?
# A signal ends the first wait, not what was waited for.
while kill -0 "$ordeal" 2>/dev/null; do wait "$ordeal" || code=$?; done
exit "$code"
