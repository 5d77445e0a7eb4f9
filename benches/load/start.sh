#!/usr/bin/env bash
# How long is it from the start of the process to its being ready, when the database is migrated?
# `start.sh [--times N]`; benches/README.md says what is done. As root or as anybody.
set -euo pipefail
cd "$(dirname "$0")/../.."

source benches/load/alone.sh
bound start "$@"
