# A gateway of the binary that is tried, with what it leans on: `source` this after place.sh and tests/postgres.sh. The caller sets $scratch.
# shellcheck shell=bash

: "${scratch:?}"
gateway='' keys=''

say() { printf 'ok    %s\n' "$1"; }
fail() {
    printf 'FAIL  %s\n' "$1" >&2
    [ ! -f "$scratch/log" ] || tail -n 20 "$scratch/log" >&2
    exit 1
}
# within SECONDS COMMAND…: until it succeeds.
within() {
    local end=$((SECONDS + $1))
    shift
    until "$@"; do
        [ "$SECONDS" -lt "$end" ] || return 1
        sleep 0.1
    done
}
free_port() { "$PYTHON" -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])'; }

# Starts an empty Postgres and the keys of a user pool. Sets $ENVIRONMENT, which runs what follows it with the gateway's settings;
# `in_environment SOCKET` makes it again for one who sees Postgres's socket elsewhere.
furnish() {
    start_postgres
    # Its socket is for whoever the gateway runs as.
    chmod 711 "$POSTGRES_HOME"
    export POSTGRES_HOME
    openssl genrsa -out "$scratch/key.pem" 2048 2>/dev/null
    "$PYTHON" tests/deploy/keys.py "$scratch/key.pem" "$scratch/port" &
    keys=$!
    within 20 test -f "$scratch/port" || fail 'the signing keys are served'
    public=$(free_port) internal=$(free_port)
    in_environment "$POSTGRES_HOME"
}

in_environment() {
    ENVIRONMENT=(env -i PATH="$PATH" POSTGRES_HOME="$POSTGRES_HOME"
        GATEWAY__SERVER__PUBLIC_ADDRESS="0.0.0.0:$public" GATEWAY__SERVER__INTERNAL_ADDRESS="0.0.0.0:$internal"
        GATEWAY__SERVER__PUBLIC_URL=https://uploads.example.com
        GATEWAY__DATABASE__URL="postgres://postgres@localhost/gateway?host=$1"
        GATEWAY__AUTH__POOLS__0__ISSUER=https://cognito-idp.eu-central-1.amazonaws.com/eu-central-1_AbC123
        GATEWAY__AUTH__POOLS__0__CLIENT_IDS=1example GATEWAY__AUTH__POOLS__0__JWKS_URL="http://127.0.0.1:$(cat "$scratch/port")/keys"
        GATEWAY__AWS__REGION=eu-central-1 GATEWAY__UPLOAD__BUCKET=uploads-example
        GATEWAY__UPLOAD__ROLE_ARN=arn:aws:iam::123456789012:role/upload-gateway)
}

# serve COMMAND…: runs a gateway by this command, in its environment, until it is ready. Sets $gateway to its process.
serve() {
    "${ENVIRONMENT[@]}" "$@" >"$scratch/log" 2>&1 &
    gateway=$!
    within 60 ready_or_dead || fail 'the gateway is ready within a minute'
    kill -0 "$gateway" 2>/dev/null || fail 'the gateway starts'
}
ready_or_dead() {
    curl --silent --fail --noproxy '*' --output /dev/null "http://127.0.0.1:$internal/readyz" || ! kill -0 "$gateway" 2>/dev/null
}

ends_well() {
    kill -TERM "$gateway"
    wait "$gateway" || fail 'it ends well on SIGTERM'
    gateway=
    say 'it ends well on SIGTERM'
}

# For a trap: whatever is still there goes.
clear_away() {
    local pid
    for pid in $gateway $keys; do kill -KILL "$pid" 2>/dev/null || true; done
    wait 2>/dev/null || true
    stop_postgres
    rm -rf "$scratch"
}
