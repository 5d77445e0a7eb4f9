#!/usr/bin/env bash
# What CHANGELOG.md says of a version: `notes.sh VERSION`, with or without a "v" before it. Fails when it says nothing, has no date for
# it, or the crate has another version: such a tag is not released.
set -euo pipefail
cd "$(dirname "$0")/../.."
version=${1#v}

crate=$(deploy/release/version.sh)
if [ "$version" != "$crate" ]; then
    echo "Cargo.toml has version $crate, not $version" >&2
    exit 1
fi
if ! grep --quiet --extended-regexp "^## \[${version//./\\.}\] - [0-9]{4}-[0-9]{2}-[0-9]{2}$" CHANGELOG.md; then
    echo "CHANGELOG.md has no section \"## [$version] - YEAR-MONTH-DAY\"" >&2
    exit 1
fi
notes=$(awk -v heading="## [$version] - " 'index($0, "## [") == 1 || /^\[[^]]+\]: / { on = index($0, heading) == 1; next } on' CHANGELOG.md)
if ! grep --quiet '^- ' <<<"$notes"; then
    echo "CHANGELOG.md says nothing of $version" >&2
    exit 1
fi
# Without the blank lines around it.
sed -e '/./,$!d' <<<"$notes" | sed -e :a -e '/^\n*$/{$d;N;ba' -e '}'
