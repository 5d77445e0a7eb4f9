# Where the triggers' servers live: `source` this for `start_ministack`, `start_dynalite` and `stop_servers`.
# shellcheck shell=bash

source tests/referees/place.sh
SERVERS=$REFEREES/triggers
MINISTACK_URL=http://127.0.0.1:${TRIGGERS_MINISTACK_PORT:-18554}
DYNALITE_URL=http://127.0.0.1:${TRIGGERS_DYNALITE_PORT:-18555}

# One that others do not use, with nothing stored: DynamoDB, Lambda and Cognito. A token of a trigger that fails is no token.
start_ministack() {
    install_referees
    stop_server "$SERVERS/ministack"
    rm -rf "$SERVERS/ministack"
    mkdir -p "$SERVERS/ministack"
    AUTH=true BIND_HOST=127.0.0.1 GATEWAY_PORT=${MINISTACK_URL##*:} MINISTACK_HOST=127.0.0.1 IOT_MTLS_PORT=0 \
        MINISTACK_COGNITO_PRETOKEN_STRICT=1 STATE_DIR=$SERVERS/ministack/state S3_DATA_DIR=$SERVERS/ministack/s3 \
        setsid "$REFEREES/venv/bin/ministack" >"$SERVERS/ministack/log" 2>&1 </dev/null &
    echo $! >"$SERVERS/ministack/pid"
    wait_for "$MINISTACK_URL/" "$(cat "$SERVERS/ministack/pid")" "$SERVERS/ministack/log"
}

# A DynamoDB of other authors, from npm.
start_dynalite() {
    stop_server "$SERVERS/dynalite"
    mkdir -p "$SERVERS/dynalite"
    if ! cmp --silent tests/triggers/package-lock.json "$SERVERS/dynalite/installed.json"; then
        cp tests/triggers/package.json tests/triggers/package-lock.json "$SERVERS/dynalite/"
        (cd "$SERVERS/dynalite" && npm ci --ignore-scripts --no-audit --no-fund --silent)
        cp tests/triggers/package-lock.json "$SERVERS/dynalite/installed.json"
    fi
    setsid node "$SERVERS/dynalite/node_modules/dynalite/cli.js" --host 127.0.0.1 --port "${DYNALITE_URL##*:}" \
        --createTableMs 0 --deleteTableMs 0 >"$SERVERS/dynalite/log" 2>&1 </dev/null &
    echo $! >"$SERVERS/dynalite/pid"
    wait_for "$DYNALITE_URL/" "$(cat "$SERVERS/dynalite/pid")" "$SERVERS/dynalite/log"
}

stop_servers() {
    stop_server "$SERVERS/ministack"
    stop_server "$SERVERS/dynalite"
}
