# Where the fleet's tools live: `source` this for $PYTHON, `install_debian`, `install_packages` and `install_python`.
# shellcheck shell=bash

FLEET=${FLEET_DIR:-$HOME/.cache/upload-gateway-fleet}
PYTHON=$FLEET/venv/bin/python
FLEET_REQUIREMENTS=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)/requirements.txt

# Prometheus and HAProxy are Debian's. Neither may be started as a service by being installed.
install_debian() {
    # An ordinary user's PATH does not lead to HAProxy.
    PATH=$PATH:/usr/sbin
    local packages=()
    command -v promtool >/dev/null || packages+=(prometheus)
    command -v haproxy >/dev/null || packages+=(haproxy)
    install_packages "${packages[@]}"
}

# install_packages PACKAGE…: those of Debian's that are missing; none is as good as one.
install_packages() {
    local policy=/usr/sbin/policy-rc.d ours=
    [ $# -gt 0 ] || return 0
    if [ "$(id -u)" != 0 ]; then
        echo "missing here: run apt-get install --no-install-recommends $* as root" >&2
        return 1
    fi
    if [ ! -e "$policy" ]; then
        printf '#!/bin/sh\nexit 101\n' >"$policy"
        chmod 755 "$policy"
        ours=1
    fi
    local installed=0
    { apt-get update --quiet && DEBIAN_FRONTEND=noninteractive \
        apt-get install --quiet --yes --no-install-recommends "$@"; } || installed=$?
    [ -z "$ours" ] || rm -f "$policy"
    return "$installed"
}

# Installs the pinned tools from PyPI, once for each edition of requirements.txt.
install_python() {
    cmp --silent "$FLEET_REQUIREMENTS" "$FLEET/installed.txt" && return
    mkdir -p "$FLEET"
    python3 -m venv --clear "$FLEET/venv"
    "$PYTHON" -m pip install --quiet --disable-pip-version-check --requirement "$FLEET_REQUIREMENTS"
    cp "$FLEET_REQUIREMENTS" "$FLEET/installed.txt"
}
