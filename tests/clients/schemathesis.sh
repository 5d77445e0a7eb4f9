#!/usr/bin/env bash
# Does the service do what its contract says, and refuse what it does not? `schemathesis.sh [BINARY]` runs the served
# document against a sandbox: thousands of requests made from the schemas, right ones and wrong ones, every check on.
# A first failure is shown with a curl command that repeats it.
set -euo pipefail
cd "$(dirname "$0")/../.."

clients=$PWD/tests/clients
target=${CARGO_TARGET_DIR:-target}
binary=$(realpath "${1:-$target/debug/upload-gateway}")
place=$(mktemp -d /tmp/upload-gateway-schemathesis.XXXXXX)
sandbox=
# The sandbox stops by itself on SIGTERM, and takes its Postgres along.
trap '[ -z "$sandbox" ] || { kill "$sandbox" && wait "$sandbox"; } 2>/dev/null || true; rm -rf "$place"' EXIT

source tests/clients/place.sh
install_python

"$binary" sandbox --data-dir "$place/home" --ephemeral --public-port 0 --internal-port 0 --s3-port 0 --cognito-port 0 \
    >"$place/log" 2>&1 &
sandbox=$!
for _ in $(seq 600); do
    [ ! -f "$place/home/sandbox.json" ] || break
    kill -0 "$sandbox" 2>/dev/null || break
    sleep 0.1
done
[ -f "$place/home/sandbox.json" ] || { tail -n 40 "$place/log" >&2; exit 1; }

# The document's own examples, and the people to call as: `scene.py` prints their tokens as shell variables.
scene=$("$PYTHON" tests/clients/scene.py "$place/home/sandbox.json")
eval "$scene"

# try NAME TOKEN EXAMPLES FILTERS…: what is left of the document after the filters, as whoever has that token.
try() {
    local name=$1 token=$2 examples=$3
    shift 3
    printf '# as %s\n' "$name"
    # In the place that goes, because it leaves a cache where it runs.
    (cd "$place" && SCHEMATHESIS_HOOKS=hooks GATEWAY_TOKEN=$token UPLOADS=$UPLOADS UPPY=$UPPY PYTHONPATH=$clients \
        PYTHONDONTWRITEBYTECODE=1 timeout 300 "$CLIENTS/venv/bin/schemathesis" --config-file "$clients/schemathesis.toml" run \
        "$PUBLIC_URL/openapi.json" --seed 1 --generation-deterministic --max-examples "$examples" --no-color "$@")
}
try 'a tenant admin' "$TENANT_ADMIN" "${EXAMPLES:-50}" --exclude-tag admin
try 'a platform admin' "$PLATFORM_ADMIN" "${EXAMPLES:-50}" --include-tag admin
