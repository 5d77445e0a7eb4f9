#!/usr/bin/env bash
# Puts the peers into a directory of their own, once for each edition of what is here: `install.sh PLACE`.
set -euo pipefail

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
place=$1

# installed NAME: is this edition of it there already?
installed() { diff --recursive --brief "$here/$1" "$place/$1.installed" >/dev/null 2>&1; }

# begin NAME: its directory, with nothing in it but what is here.
begin() {
    rm -rf "${place:?}/$1" "$place/$1.installed"
    mkdir -p "$place"
    cp -R "$here/$1" "$place/$1"
}

# finish NAME: only now does it count as there.
finish() { cp -R "$here/$1" "$place/$1.installed"; }

# Scripts of packages are not run: none of these needs any.
packages() { npm ci --prefix "$place/$1" --ignore-scripts --no-audit --no-fund --loglevel error; }

if ! installed companion; then
    begin companion
    packages companion
    finish companion
fi

if ! installed typescript; then
    begin typescript
    packages typescript
    npm run --prefix "$place/typescript" --silent build
    finish typescript
fi

if ! installed python; then
    begin python
    python3 -m venv "$place/python/venv"
    "$place/python/venv/bin/python" -m pip install --quiet --disable-pip-version-check --no-deps \
        --requirement "$place/python/requirements.txt"
    finish python
fi
