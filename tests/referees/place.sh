# Where the referees live: `source` this for $REFEREES, $PYTHON, `install_referees`, `wait_for` and `stop_server`.
# shellcheck shell=bash

REFEREES=${REFEREES_DIR:-$HOME/.cache/upload-gateway-referees}
PYTHON=$REFEREES/venv/bin/python
HERE=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)

# Installs the pinned servers from PyPI, once for each edition of requirements.txt.
install_referees() {
    mkdir -p "$REFEREES"
    cmp --silent "$HERE/requirements.txt" "$REFEREES/installed.txt" && return
    python3 -m venv --clear "$REFEREES/venv"
    "$PYTHON" -m pip install --quiet --disable-pip-version-check --requirement "$HERE/requirements.txt"
    cp "$HERE/requirements.txt" "$REFEREES/installed.txt"
}

# wait_for URL PID LOG: until something answers there, for at most a minute.
wait_for() {
    local _
    for _ in $(seq 300); do
        curl --silent --output /dev/null --max-time 2 "$1" && return
        kill -0 "$2" 2>/dev/null || break
        sleep 0.2
    done
    echo "nothing answers at $1; the end of $3:" >&2
    tail -n 20 "$3" >&2
    return 1
}

# stop_server FOLDER: ends the server that left its process id there. SIGKILL, because SeaweedFS drains for half a
# minute on SIGTERM, and what these servers hold is thrown away.
stop_server() {
    [ -f "$1/pid" ] || return 0
    kill -KILL "$(cat "$1/pid")" 2>/dev/null || true
    rm -f "$1/pid"
}
