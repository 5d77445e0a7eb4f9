#!/usr/bin/env bash
# How fast is the gateway beside other services that presign uploads, and beside servers that do nothing? `run.sh [--short]
# [--only ARM,…] [--seconds N] [--rounds N] [--strict] [--write]`; benches/README.md says what is done. The gateway is measured as it is packed
# (`--profile dist`), or the binary that $GATEWAY names. As root or as anybody.
set -euo pipefail
cd "$(dirname "$0")/../.."

source benches/load/place.sh
install_tools
build_programs "$@"
# From here on everything is on this machine.
unset http_proxy https_proxy all_proxy HTTP_PROXY HTTPS_PROXY ALL_PROXY
export PYTHONDONTWRITEBYTECODE=1

place=$(mktemp -d /tmp/upload-gateway-load.XXXXXX)
trap 'rm -rf "$place"' EXIT
mkdir -p target/load
python3 benches/load/drive "$@" --binary "$GATEWAY" --programs "$PROGRAMS" \
    --place "$place" --cache "$LOAD" --results target/load/results.json
