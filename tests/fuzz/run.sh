#!/usr/bin/env bash
# What does the gateway make of hostile input? `run.sh [SECONDS]`: every target for so long (60), two at a time, from the inputs
# of tests/fuzz/corpus on, each of which is replayed first. What is found meanwhile goes into a place of its own.
#
# With the pinned, stable toolchain: coverage guides the search there too. The sanitizers need another one, and look for what
# there is none of in a crate that forbids `unsafe`.
set -euo pipefail
cd "$(dirname "$0")/../.."

seconds=${1:-60}
# From here on nothing of the caller's own set-up counts, and everything but crates is on this machine.
unset RUSTFLAGS
export CARGO_INCREMENTAL=0
built=$(realpath --canonicalize-missing "${CARGO_TARGET_DIR:-target}")/fuzz
place=$(mktemp -d /tmp/upload-gateway-fuzz.XXXXXX)
# shellcheck disable=SC2046 # One argument for each that still runs.
trap 'kill $(jobs -p) 2>/dev/null || true; rm -rf "$place"' EXIT

# cargo-fuzz would write a lock file that does not fit anew.
cargo metadata --locked --format-version 1 --manifest-path tests/fuzz/Cargo.toml >/dev/null
cargo fuzz build --fuzz-dir tests/fuzz --sanitizer none --codegen-units 4 --target-dir "$built"
programs=$built/$(rustc -vV | sed -n 's/^host: //p')/release
mapfile -t targets < <(cargo fuzz list --fuzz-dir tests/fuzz)
unset http_proxy https_proxy all_proxy HTTP_PROXY HTTPS_PROXY ALL_PROXY

# limits TARGET: how long its inputs may be, which is somewhat more than anything that is taken, and its words.
limits() {
    case $1 in
    content_type) echo -max_len=512 -dict=tests/fuzz/dict/content_type.dict ;;
    cursor) echo -max_len=1024 -dict=tests/fuzz/dict/cursor.dict ;;
    event) echo -max_len=4096 -dict=tests/fuzz/dict/event.dict ;;
    file_name) echo -max_len=1100 -dict=tests/fuzz/dict/names.dict ;;
    object_key | policy) echo -max_len=2048 -dict=tests/fuzz/dict/names.dict ;;
    token) echo -max_len=4096 -dict=tests/fuzz/dict/token.dict ;;
    *) echo "tests/fuzz/run.sh: say how long the inputs of $1 may be" >&2 && return 1 ;;
    esac
}

declare -A running
for target in "${targets[@]}"; do
    options=$(limits "$target")
    mkdir -p "$place/$target/found" "$place/$target/artifacts"
    while [ "$(jobs -rp | wc -l)" -ge 2 ]; do sleep 0.2; done
    # shellcheck disable=SC2086 # Several options.
    "$programs/$target" -max_total_time="$seconds" -timeout=5 -rss_limit_mb=1024 $options -print_final_stats=1 \
        -artifact_prefix="$place/$target/artifacts/" "$place/$target/found" "tests/fuzz/corpus/$target" \
        >"$place/$target/log" 2>&1 &
    running[$target]=$!
done

# stat TARGET NAME: one of libFuzzer's final figures, or nothing.
stat() { sed -n "s/^stat::$2: *//p" "$place/$1/log"; }

# report TARGET: how it went, and whether it went well.
report() {
    local target=$1 outcome=0 runs committed
    wait "${running[$target]}" || outcome=$?
    runs=$(stat "$target" number_of_executed_units)
    committed=$(find "tests/fuzz/corpus/$target" -type f | wc -l)
    printf '%-13s %10s runs %8s/s   coverage %6s   corpus %5s, of which %4s committed\n' "$target" "${runs:-0}" \
        "$(stat "$target" average_exec_per_sec)" "$(sed -n 's/.* cov: \([0-9]*\) .*/\1/p' "$place/$target/log" | tail -n 1)" \
        "$(sed -n 's/.* corp: \([0-9]*\).*/\1/p' "$place/$target/log" | tail -n 1)" "$committed"
    if [ "$outcome" = 0 ] && [ "${runs:-0}" -gt "$committed" ]; then return 0; fi
    printf '\nFAIL  %s, with status %s after %s runs:\n' "$target" "$outcome" "${runs:-0}"
    tail -n 40 "$place/$target/log"
    find "$place/$target/artifacts" -type f ! -name 'slow-unit-*' | while read -r input; do
        printf '\nTo see it again, and to keep it (tests/fuzz/corpus/%s) once it is mended:\n' "$target"
        printf "    base64 -d <<<'%s' >input\n" "$(base64 --wrap=0 "$input")"
        printf '    cargo fuzz run --fuzz-dir tests/fuzz --sanitizer none --codegen-units 4 --target-dir %s %s input\n\n' "$built" "$target"
    done
    return 1
}

failed=0
for target in "${targets[@]}"; do
    report "$target" || failed=1
done
exit "$failed"
