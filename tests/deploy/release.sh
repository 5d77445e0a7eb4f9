#!/usr/bin/env bash
# Do the scripts of a release make what they say? `release.sh BINARY`: they pack that binary in place of a new build.
set -euo pipefail
cd "$(dirname "$0")/../.."
source tests/deploy/place.sh
install_tools

binary=$(realpath "$1")
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
say() { printf 'ok    %s\n' "$1"; }
fail() { printf 'FAIL  %s\n' "$1" >&2; exit 1; }

# In a copy, of which the changelog and the version can be changed; dist/ is the developer's.
copy=$scratch/copy
mkdir -p "$copy/src"
cp -R deploy README.md CHANGELOG.md LICENSE-* Cargo.toml "$copy/"
export SOURCE_DATE_EPOCH=1700000000
version=$("$copy/deploy/release/version.sh")
[[ $version =~ ^[0-9]+\.[0-9]+\.[0-9]+(-[a-z0-9.]+)?$ ]] || fail "a version, not '$version'"
[ "$(cargo metadata --locked --offline --no-deps --format-version 1 | "$PYTHON" -c 'import json, sys; print(json.load(sys.stdin)["packages"][0]["version"])')" = "$version" ] ||
    fail 'version.sh says what cargo says'

# Notes, of a version that is there; and of none that is not.
notes=$("$copy/deploy/release/notes.sh" "v$version")
grep --quiet '^- ' <<<"$notes" || fail 'the notes say something'
! grep --quiet '^## ' <<<"$notes" || fail 'the notes are of one version'
fails 'notes of a version that the crate has not' "$copy/deploy/release/notes.sh" 99.0.0
fails 'notes of what was not released' "$copy/deploy/release/notes.sh" Unreleased
sed -i "s/^version = \"$version\"/version = \"9.8.7\"/" "$copy/Cargo.toml"
fails 'notes of a version that the changelog has not' "$copy/deploy/release/notes.sh" 9.8.7
printf '\n## [9.8.7] - 2026-01-02\n\n## [9.8.6] - 2026-01-01\n\n- Old.\n' >>"$copy/CHANGELOG.md"
fails 'notes of a section that says nothing' "$copy/deploy/release/notes.sh" 9.8.7
sed -i 's/^## \[9\.8\.7\] - 2026-01-02$/&\n\n- New./' "$copy/CHANGELOG.md"
[ "$("$copy/deploy/release/notes.sh" 9.8.7)" = '- New.' ] || fail 'the notes are the section, and nothing around it'
sed -i 's/^## \[9\.8\.7\] - 2026-01-02$/## [9.8.7]/' "$copy/CHANGELOG.md"
fails 'notes of a section without a date' "$copy/deploy/release/notes.sh" 9.8.7
cp Cargo.toml CHANGELOG.md "$copy/"
say 'notes.sh prints the section of the version, or fails'

# A package, twice, by different hands, at different times: of a small program, for packing is slow.
printf '#!/bin/sh\necho hello\n' >"$scratch/program"
chmod +x "$scratch/program"
package=$copy/dist/upload-gateway-$version-x86_64-unknown-linux-gnu.tar.gz
"$copy/deploy/release/build.sh" x86_64-unknown-linux-gnu "$scratch/program" >/dev/null
cp "$package" "$scratch/first.tar.gz"
find "$copy" -name '*.md' -exec touch --date=2001-01-01 {} +
(umask 077 && "$copy/deploy/release/build.sh" x86_64-unknown-linux-gnu "$scratch/program" >/dev/null)
cmp "$scratch/first.tar.gz" "$package" || fail 'the same files make the same package'
SOURCE_DATE_EPOCH=1700000001 "$copy/deploy/release/build.sh" x86_64-unknown-linux-gnu "$scratch/program" >/dev/null
fails 'packages of two commits are alike' cmp "$scratch/first.tar.gz" "$package"
fails 'a target of no release' "$copy/deploy/release/build.sh" x86_64-pc-windows-msvc "$scratch/program"

# And of the gateway. Symbols are most of a debug build.
strip -o "$scratch/stripped" "$binary"
"$copy/deploy/release/build.sh" x86_64-unknown-linux-gnu "$scratch/stripped" >/dev/null
(cd "$copy/dist" && sha256sum --check --status ./*.tar.gz.sha256) || fail 'the checksum'
mkdir "$scratch/unpacked"
tar --extract --gzip --file="$package" --directory="$scratch/unpacked"
folder=$scratch/unpacked/upload-gateway-$version-x86_64-unknown-linux-gnu
[ "$(cd "$folder" && LC_ALL=C ls)" = 'CHANGELOG.md
LICENSE-APACHE
LICENSE-MIT
README.md
upload-gateway
upload-gateway.service' ] || fail 'what is in the package'
[ "$("$folder/upload-gateway" --version)" = "upload-gateway $version" ] || fail 'what is in the package runs'
say 'build.sh packs the same bytes each time, and what it packs runs'

# The triggers, as Terraform takes them. Any program will do for one.
"$copy/deploy/release/triggers.sh" arm64 "$scratch/program" >/dev/null
"$PYTHON" - "$copy/dist/upload-gateway-triggers-$version-arm64.zip" <<'LOOK'
import sys
import zipfile

(entry,) = zipfile.ZipFile(sys.argv[1]).infolist()
assert entry.filename == "bootstrap" and entry.create_system == 3 and entry.external_attr >> 16 == 0o100755, entry
LOOK
fails 'an architecture that Lambda has not' "$copy/deploy/release/triggers.sh" riscv64 "$scratch/program"
say 'triggers.sh packs bootstrap, with its executable bit'

# Of what is named for a release, everything pinned.
unpinned=$(grep --invert-match --extended-regexp '^#|^[A-Za-z0-9_-]+==[0-9][0-9a-z.]*$' deploy/release/requirements.txt || true)
[ -z "$unpinned" ] || fail "not pinned: $unpinned"

SBOM_DIR=${SBOM_DIR:-$HOME/.cache/upload-gateway-release} deploy/release/sbom.sh x86_64-unknown-linux-gnu >"$scratch/sbom"
"$PYTHON" tests/deploy/release_sbom.py "$(cat "$scratch/sbom")" x86_64-unknown-linux-gnu
[ -z "$(git status --porcelain --untracked-files=all -- '*.cdx*')" ] || fail 'the bill of materials leaves nothing behind'
