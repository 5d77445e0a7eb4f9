#!/usr/bin/env bash
# Gives the images of both processors one name: `name_image.sh IMAGE FOLDER [TAG]`. FOLDER has a file with a digest for each. There is no
# `latest`: nobody can say what that was.
set -euo pipefail
cd "$(dirname "$0")/../.."
image=$1 folder=$2
version=$(deploy/release/version.sh)
tag=${3:-v$version}
[ "${tag#v}" = "$version" ] || { echo "Cargo.toml has version $version, not $tag" >&2; exit 1; }

sources=()
for file in "$folder"/*; do
    digest=$(<"$file")
    [[ $digest =~ ^sha256:[0-9a-f]{64}$ ]] || { echo "$file holds no digest" >&2; exit 1; }
    sources+=("$image@$digest")
done
[ ${#sources[@]} = 2 ] || { echo "$folder has ${#sources[@]} digests, not two" >&2; exit 1; }
docker buildx imagetools create --tag "$image:$version" "${sources[@]}"
