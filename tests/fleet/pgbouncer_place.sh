# Where PgBouncer is built: `source` this for `build_pgbouncer`, which sets $PGBOUNCER.
# shellcheck shell=bash

FLEET=${FLEET_DIR:-$HOME/.cache/upload-gateway-fleet}
# Debian's source of the version in trixie; bookworm's own package is older than 1.21, which is what this is about.
PGBOUNCER_VERSION=1.24.1
PGBOUNCER_SHA256=da72a3aba13072876d055a3e58dd4aba4a5de4ed6148e73033185245598fd3e0
PGBOUNCER_URL=http://deb.debian.org/debian/pool/main/p/pgbouncer/pgbouncer_$PGBOUNCER_VERSION.orig.tar.gz

# What it is built with, installed where we may.
install_libraries() {
    local missing=()
    command -v cc >/dev/null || missing+=(gcc libc6-dev)
    command -v make >/dev/null || missing+=(make)
    command -v pkg-config >/dev/null || missing+=(pkg-config)
    pkg-config --exists libevent 2>/dev/null || missing+=(libevent-dev)
    pkg-config --exists openssl 2>/dev/null || missing+=(libssl-dev)
    [ ${#missing[@]} -gt 0 ] || return 0
    if [ "$(id -u)" != 0 ]; then
        echo "missing here: run apt-get install --no-install-recommends ${missing[*]} as root" >&2
        return 1
    fi
    apt-get update --quiet && DEBIAN_FRONTEND=noninteractive \
        apt-get install --quiet --yes --no-install-recommends "${missing[@]}"
}

# Sets PGBOUNCER, to a program that was built once. It appears whole or not at all.
build_pgbouncer() {
    PGBOUNCER=$FLEET/pgbouncer-$PGBOUNCER_VERSION
    [ ! -x "$PGBOUNCER" ] || return 0
    install_libraries || return 1
    mkdir -p "$FLEET"
    local build
    build=$(mktemp -d "$FLEET/build.XXXXXX")
    (
        cd "$build"
        curl --silent --show-error --fail --location --output source.tar.gz "$PGBOUNCER_URL"
        echo "$PGBOUNCER_SHA256  source.tar.gz" | sha256sum --check --quiet
        tar --extract --gzip --strip-components=1 --file=source.tar.gz
        # Without c-ares, names are looked up by libevent, which every machine that builds this has.
        ./configure --without-cares >configure.log
        make --silent pgbouncer >make.log 2>&1
        mv pgbouncer "$PGBOUNCER"
    ) || { tail -n 20 "$build"/*.log >&2; rm -rf "$build"; return 1; }
    rm -rf "$build"
}
