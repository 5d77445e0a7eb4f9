#!/usr/bin/env bash
# Builds the image for this machine's kind of processor and pushes it without a name: `push_image.sh IMAGE TAG REVISION FILE` writes its
# digest to FILE, for name_image.sh.
set -euo pipefail
cd "$(dirname "$0")/../.."
image=$1 version=$2 revision=$3 file=$4

metadata=$(mktemp)
trap 'rm -f "$metadata"' EXIT
docker buildx build --file deploy/Dockerfile --build-arg "VERSION=$version" --build-arg "REVISION=$revision" --provenance mode=max \
    --sbom true --output "type=image,name=$image,push-by-digest=true,name-canonical=true,push=true" --metadata-file "$metadata" .
mkdir -p "$(dirname "$file")"
python3 -c 'import json, sys; print(json.load(open(sys.argv[1]))["containerimage.digest"])' "$metadata" >"$file"
