# Where the load's tools live: `source` this for `install_tools`, and $LOAD, which holds what the peers are made of.
# shellcheck shell=bash

LOAD=${LOAD_DIR:-$HOME/.cache/upload-gateway-load}
LOAD_SOURCES=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)

# wrk, nginx and Node are Debian's. nginx may not be started as a service by being installed.
install_debian() {
    # An ordinary user's PATH does not lead to nginx.
    PATH=$PATH:/usr/sbin
    local packages=() policy=/usr/sbin/policy-rc.d ours=
    command -v wrk >/dev/null || packages+=(wrk)
    command -v nginx >/dev/null || packages+=(nginx-light)
    command -v node >/dev/null || packages+=(nodejs)
    command -v npm >/dev/null || packages+=(npm)
    command -v git >/dev/null || packages+=(git)
    compgen -G '/usr/lib/postgresql/*/bin/initdb' >/dev/null || command -v initdb >/dev/null || packages+=(postgresql)
    [ ${#packages[@]} -gt 0 ] || return 0
    if [ "$(id -u)" != 0 ]; then
        echo "missing here: run apt-get install --no-install-recommends ${packages[*]} as root" >&2
        return 1
    fi
    if [ ! -e "$policy" ]; then
        printf '#!/bin/sh\nexit 101\n' >"$policy"
        chmod 755 "$policy"
        ours=1
    fi
    local installed=0
    { apt-get update --quiet && DEBIAN_FRONTEND=noninteractive \
        apt-get install --quiet --yes --no-install-recommends "${packages[@]}"; } || installed=$?
    [ -z "$ours" ] || rm -f "$policy"
    return "$installed"
}

# Everything that a run needs, each once.
install_tools() {
    install_debian
    mkdir -p "$LOAD"
    "$LOAD_SOURCES/peers/install.sh" "$LOAD"
}

# Builds the harness's own programs into $PROGRAMS, and, unless $GATEWAY names a binary, the gateway, which it then names: as it is packed.
# `build_programs OPTIONS` of the run: a short one measures nothing, so that what the tests have built will do.
build_programs() {
    local target=${CARGO_TARGET_DIR:-target} profile=dist flags=(--profile dist --no-default-features)
    if [[ " $* " == *' --short '* ]]; then
        profile=debug flags=()
    fi
    # What stands around the services is not measured. What sends and what does the least is.
    cargo build --locked --example stage
    cargo build --locked --release --manifest-path benches/load/floor/Cargo.toml --target-dir "$target/floor"
    [ -n "${GATEWAY:-}" ] || cargo build --locked "${flags[@]}" --bin upload-gateway
    # Exported, because shellcheck does not see who sources this.
    export PROGRAMS GATEWAY
    PROGRAMS=$(realpath "$target")/load/programs
    install -D --target-directory="$PROGRAMS" "$target/debug/examples/stage" "$target/floor/release/echo" "$target/floor/release/steady"
    GATEWAY=$(realpath "${GATEWAY:-$target/$profile/upload-gateway}")
}
