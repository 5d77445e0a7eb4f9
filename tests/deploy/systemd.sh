#!/usr/bin/env bash
# Is the unit of systemd sound, as hardened as it says, and does the gateway live with it? `systemd.sh BINARY`. It verifies and scores the
# unit without starting it, and runs the gateway under its filter of system calls.
set -euo pipefail
cd "$(dirname "$0")/../.."
source tests/postgres.sh
source tests/deploy/place.sh
install_tools

binary=$(realpath "$1")
unit=deploy/systemd/upload-gateway.service
scratch=$(mktemp -d /tmp/upload-gateway-unit.XXXXXX)
chmod 755 "$scratch"
source tests/deploy/gateway.sh
trap clear_away EXIT

if ! command -v systemd-analyze >/dev/null; then
    skipped 'there is no systemd-analyze here, so THE UNIT WAS NOT JUDGED.'
    exit
fi

# The binary is where it is, and Postgres's unit may not be here.
sed "s|/usr/local/bin/upload-gateway|$binary|" "$unit" >"$scratch/upload-gateway.service"
systemd-analyze verify --man=no "$scratch/upload-gateway.service" >"$scratch/verify" 2>&1 || true
if grep --quiet upload-gateway.service "$scratch/verify"; then
    cat "$scratch/verify" >&2
    fail 'systemd-analyze verify'
fi
say 'systemd-analyze verify has nothing to say'
systemd-analyze security --offline=true --no-pager --threshold=15 "$scratch/upload-gateway.service" >"$scratch/security" || {
    grep --invert-match '✓' "$scratch/security" >&2
    fail 'its exposure is 1.5 of 10 at most'
}
say "$(grep 'Overall' "$scratch/security" | sed 's/^[^O]*//; s/:.*: / is /; s/[^ -~]*$//')"

# Its patience is longer than a stop may take.
seconds() { "$binary" check-config --print-defaults | sed -n "s/^$1 = \"\([0-9]*\)s\".*/\1/p"; }
patience=$(sed -n 's/^TimeoutStopSec=\([0-9]*\)s$/\1/p' "$unit")
drain=$(seconds drain) grace=$(seconds shutdown_grace)
[ -n "$drain" ] && [ -n "$grace" ] || fail 'server.drain and server.shutdown_grace have defaults'
[ "$patience" -gt $((drain + grace + 15)) ] || fail "TimeoutStopSec=${patience}s is longer than drain and grace, and a drain of 15 s more"
say 'its patience is longer than a stop may take'

furnish
confined=("$PYTHON" tests/deploy/confined.py "$unit")
code=0
"${confined[@]}" true 2>"$scratch/log" || code=$?
if [ "$code" = 126 ]; then
    skipped "no filter of system calls can be put in place here, so the gateway WAS NOT RUN UNDER THE UNIT'S."
    exit
fi
fails 'the filter lets the clock be set' "${confined[@]}" "$PYTHON" -c 'import time; time.clock_settime(time.CLOCK_REALTIME, time.time())'
fails 'the filter lets a file system be mounted' "${confined[@]}" mount -t tmpfs none "$scratch"
serve "${confined[@]}" "$binary" serve --migrate
say 'the gateway migrates and serves under its filter of system calls'
ends_well
