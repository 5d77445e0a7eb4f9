#!/usr/bin/env bash
# MiniStack, an emulator in Python, as S3, STS, IAM and Cognito on loopback: `ministack.sh start [PORT]`, `ministack.sh stop`.
# `start` begins with nothing stored and writes ministack/referee.json, which the probe reads.
set -euo pipefail
source "$(dirname "$0")/place.sh"

home=$REFEREES/ministack
command=${1:-}
port=${2:-18454}

case $command in
stop) stop_server "$home" && exit ;;
start) ;;
*) echo "usage: $0 start [PORT] | stop" >&2 && exit 2 ;;
esac

install_referees
stop_server "$home"
rm -rf "$home"
mkdir -p "$home"

# Left to itself it binds every interface and checks neither signatures nor policies. IOT_MTLS_PORT=0: one listener.
AUTH=true BIND_HOST=127.0.0.1 GATEWAY_PORT=$port MINISTACK_HOST=127.0.0.1 IOT_MTLS_PORT=0 \
    STATE_DIR=$home/state S3_DATA_DIR=$home/s3 \
    setsid "$REFEREES/venv/bin/ministack" >"$home/log" 2>&1 </dev/null &
echo $! >"$home/pid"
wait_for "http://127.0.0.1:$port/" "$(cat "$home/pid")" "$home/log"
"$PYTHON" "$HERE/ministack/furnish.py" "http://127.0.0.1:$port" >"$home/referee.json"
echo "MiniStack answers at http://127.0.0.1:$port"
