#!/usr/bin/env bash
# SeaweedFS, a storage server in Go, as S3 and STS on loopback: `seaweedfs.sh start [PORT]`, `seaweedfs.sh stop`.
# It takes PORT to PORT+3 (S3, master, volume, filer) and, for gRPC, the same four plus 10000.
# `start` begins with nothing stored and writes seaweedfs/referee.json, which the probe reads.
set -euo pipefail
source "$(dirname "$0")/place.sh"

home=$REFEREES/seaweedfs
command=${1:-}
port=${2:-18436}

case $command in
stop) stop_server "$home" && exit ;;
start) ;;
*) echo "usage: $0 start [PORT] | stop" >&2 && exit 2 ;;
esac

install_referees
stop_server "$home"
rm -rf "$home"
mkdir -p "$home/data"
cp "$HERE/seaweedfs/keys.json" "$HERE/seaweedfs/iam.json" "$home/"

# Telemetry and the Iceberg and Lance listeners are on unless switched off.
setsid "$REFEREES/venv/bin/weed" -logtostderr=true server -dir="$home/data" -ip=127.0.0.1 -ip.bind=127.0.0.1 \
    -master.port=$((port + 1)) -master.telemetry=false -master.volumeSizeLimitMB=64 \
    -volume.port=$((port + 2)) -volume.max=40 -filer -filer.port=$((port + 3)) -filer.localSocket="$home/filer.sock" \
    -s3 -s3.port="$port" -s3.localSocket="$home/s3.sock" -s3.port.iceberg=0 -s3.port.lance=0 -s3.config="$home/keys.json" -s3.iam.config="$home/iam.json" \
    >"$home/log" 2>&1 </dev/null &
echo $! >"$home/pid"
wait_for "http://127.0.0.1:$port/" "$(cat "$home/pid")" "$home/log"
"$PYTHON" "$HERE/seaweedfs/furnish.py" "http://127.0.0.1:$port" >"$home/referee.json"
echo "SeaweedFS answers at http://127.0.0.1:$port"
