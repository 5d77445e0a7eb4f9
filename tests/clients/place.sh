# Where the clients' tools live: `source` this for $PYTHON and `install_python`.
# shellcheck shell=bash

CLIENTS=${CLIENTS_DIR:-$HOME/.cache/upload-gateway-clients}
PYTHON=$CLIENTS/venv/bin/python
REQUIREMENTS=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)/requirements.txt

# Installs the pinned tools from PyPI, once for each edition of requirements.txt.
install_python() {
    cmp --silent "$REQUIREMENTS" "$CLIENTS/installed.txt" && return
    mkdir -p "$CLIENTS"
    python3 -m venv --clear "$CLIENTS/venv"
    "$PYTHON" -m pip install --quiet --disable-pip-version-check --requirement "$REQUIREMENTS"
    cp "$REQUIREMENTS" "$CLIENTS/installed.txt"
}
