# Compiles for a libc that may not be this machine's: `source` this for `install_zig` and `zigbuild`.
# shellcheck shell=bash

ZIG=${ZIG_DIR:-$HOME/.cache/upload-gateway-release/zig}

# Once for each edition of requirements.txt.
install_zig() {
    local pinned=deploy/release/requirements.txt
    if ! cmp --silent "$pinned" "$ZIG/installed.txt"; then
        python3 -m venv --clear "$ZIG"
        "$ZIG/bin/python" -m pip install --quiet --disable-pip-version-check --requirement "$pinned"
        cp "$pinned" "$ZIG/installed.txt"
    fi
}

# zigbuild TARGET ARGUMENTS…: `cargo build` for a target, which may end in a version of glibc (x86_64-unknown-linux-gnu.2.34).
zigbuild() {
    local target=$1
    shift
    PATH=$ZIG/bin:$PATH cargo zigbuild --target "$target" "$@"
}
