# How do the runs begin in which the gateway is alone? `source` this from the repository's root for `bound NAME OPTIONS`, which runs one
# of benches/load/bounds. The gateway is measured as it is packed (`--profile dist`), or the binary that $GATEWAY names.
# shellcheck shell=bash

source benches/load/place.sh
install_debian
build_programs "$@"
# From here on everything is on this machine.
unset http_proxy https_proxy all_proxy HTTP_PROXY HTTPS_PROXY ALL_PROXY
export PYTHONDONTWRITEBYTECODE=1 PYTHONPATH=benches/load/drive

place=$(mktemp -d /tmp/upload-gateway-load.XXXXXX)
trap 'rm -rf "$place"' EXIT

bound() {
    local name=$1
    shift
    python3 "benches/load/bounds/$name.py" "$@" --binary "$GATEWAY" --programs "$PROGRAMS" \
        --place "$place"
}
