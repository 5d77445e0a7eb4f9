#!/usr/bin/env bash
# Do two replicas behind a load balancer lose nothing when they are restarted under load, and do the dashboards and alerts see it
# all? `run.sh [BINARY]`, by default the release build. A real HAProxy, a real Prometheus, the configurations that we ship.
set -euo pipefail
cd "$(dirname "$0")/../.."

binary=$(realpath "${1:-${CARGO_TARGET_DIR:-target}/release/upload-gateway}")
source tests/fleet/place.sh
install_debian
install_python
# From here on everything is on this machine.
unset http_proxy https_proxy all_proxy HTTP_PROXY HTTPS_PROXY ALL_PROXY
export PYTHONDONTWRITEBYTECODE=1

promtool check config deploy/prometheus/prometheus.yml
promtool check rules deploy/prometheus/rules/*.yml
promtool test rules tests/fleet/rules/*_test.yml
"$PYTHON" tests/fleet/rules/complete.py
"$PYTHON" tests/fleet/dashboards.py
haproxy -c -q -f deploy/haproxy/haproxy.cfg

# /tmp, because a socket's path is short.
place=$(mktemp -d /tmp/upload-gateway-fleet.XXXXXX)
trap 'rm -rf "$place"' EXIT
"$PYTHON" tests/fleet/trial "$binary" "$place"
