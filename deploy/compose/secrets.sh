#!/usr/bin/env bash
# Makes up the passwords of compose.yaml, each in a file of its own below secrets/ beside this script, and leaves those that are there.
set -euo pipefail
cd "$(dirname "$0")"
mkdir -p secrets
chmod 700 secrets
for name in database_password people_password grafana_password; do
    [ -s "secrets/$name" ] && continue
    # Compose hands a file over as it is, and those who read it there are not its owner: the folder is what keeps others out.
    printf 'A-%s-z9' "$(od -An -N12 -tx1 /dev/urandom | tr -d ' \n')" >"secrets/$name"
    chmod 444 "secrets/$name"
done
