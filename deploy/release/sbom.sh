#!/usr/bin/env bash
# What is in the production binary, as a CycloneDX document: `sbom.sh [TARGET]` makes dist/upload-gateway-VERSION-TARGET.cdx.json.
set -euo pipefail
cd "$(dirname "$0")/../.."
target=${1:-x86_64-unknown-linux-musl}
source deploy/release/flags.sh

cyclonedx=0.5.9
tools=${SBOM_DIR:-$HOME/.cache/upload-gateway-release}
unset RUSTFLAGS CFLAGS
if ! "$tools/bin/cargo-cyclonedx" cyclonedx --version 2>/dev/null | grep --quiet --fixed-strings "$cyclonedx"; then
    # It runs for a second: optimising it takes longer.
    cargo install --quiet --debug --locked --version "$cyclonedx" --root "$tools" cargo-cyclonedx
fi

name=upload-gateway-$(deploy/release/version.sh)-$target.cdx
# It writes beside the manifest, and nowhere else.
"$tools/bin/cargo-cyclonedx" cyclonedx --quiet --format json --spec-version 1.5 --no-default-features --target "$target" \
    --no-build-deps --override-filename "$name"
mkdir -p dist
# Where it was made is nobody's business.
sed "s|path+file://$PWD|path+file:///src|g" "$name.json" >"dist/$name.json"
rm "$name.json"
printf '%s\n' "dist/$name.json"
