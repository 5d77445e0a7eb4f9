#!/usr/bin/env bash
# Does an image that was built just now run as it is meant to, and hold no sandbox? `try_image.sh IMAGE`, with an engine.
set -euo pipefail
image=$1
inside=(docker run --rm --read-only --network none --cap-drop ALL --security-opt no-new-privileges "$image")

"${inside[@]}" --version
"${inside[@]}" check-config --print-defaults >/dev/null
if "${inside[@]}" sandbox --help >/dev/null 2>&1; then
    echo 'a production image has a sandbox' >&2
    exit 1
fi
if "${inside[@]}" healthcheck 2>/dev/null; then
    echo 'healthcheck is content without a gateway' >&2
    exit 1
fi
user=$(docker image inspect --format '{{.Config.User}}' "$image")
[ "$user" = 65532:65532 ] || { echo "its user is $user" >&2; exit 1; }
