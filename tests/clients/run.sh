#!/usr/bin/env bash
# Do the clients that people use upload through this gateway, as published? `run.sh [BINARY] [TEST…]` starts its sandbox,
# and a Chromium on pages of another origin. A test is a file here, such as tests/tutorial.test.js or boto3_credentials.py.
set -euo pipefail

binary=$(realpath "${1:-$(dirname "$0")/../../target/debug/upload-gateway}")
shift || true
cd "$(dirname "$0")"
tests=("$@")
[ $# -gt 0 ] || tests=(tests/*.test.js boto3_cognito.py boto3_credentials.py)
source place.sh

# /tmp, because a socket's path is short.
place=$(mktemp -d /tmp/upload-gateway-clients.XXXXXX)
started=()
trap 'end' EXIT

end() {
    local process
    for process in "${started[@]}"; do
        kill -TERM "$process" 2>/dev/null && wait "$process" || true
    done
    rm -rf "$place"
}

# written FILE PROCESS: waits until the process has written it, for at most a minute.
written() {
    local end=$((SECONDS + 60))
    until [ -s "$1" ]; do
        if [ "$SECONDS" -ge "$end" ] || ! kill -0 "$2" 2>/dev/null; then
            printf 'in vain for %s:\n' "$1" >&2
            tail -n 40 "$place"/*.log >&2
            return 1
        fi
        sleep 0.1
    done
}

# Once for each edition of the lock file.
install_packages() {
    cmp --silent package-lock.json node_modules/.installed && return
    # No package's own scripts: none of these needs them.
    npm ci --ignore-scripts --no-audit --no-fund
    cp package-lock.json node_modules/.installed
}
install_packages
install_python
# From here on everything is on this machine.
unset http_proxy https_proxy all_proxy HTTP_PROXY HTTPS_PROXY ALL_PROXY

mkdir "$place/pages"
node build.js "$place/pages"
node serve.js "$place/pages" >"$place/origin" 2>"$place/pages.log" &
started+=($!)
written "$place/origin" $!
PAGES_ORIGIN=$(cat "$place/origin")

SANDBOX=$place/sandbox
"$binary" sandbox --data-dir "$SANDBOX" --ephemeral --allowed-origin "$PAGES_ORIGIN" \
    --public-port 0 --internal-port 0 --s3-port 0 --cognito-port 0 >/dev/null 2>"$place/sandbox.log" &
started+=($!)
written "$SANDBOX/sandbox.json" $!
export PAGES_ORIGIN SANDBOX

# One after the other, for they change the same tenants.
failed=()
for test in "${tests[@]}"; do
    printf '# %s\n' "$test"
    case $test in
    *.py) "$PYTHON" "$test" ;;
    *) node --test-reporter=spec "$test" ;;
    esac || failed+=("$test")
done
if [ ${#failed[@]} -gt 0 ]; then
    printf 'FAIL  %s\n' "${failed[@]}" >&2
    printf 'the gateway said:\n' >&2
    tail -n 40 "$place/sandbox.log" >&2
    exit 1
fi
