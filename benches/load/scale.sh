#!/usr/bin/env bash
# Does a grant cost the same whether the database is empty or full, and the last page the same as the first?
# `scale.sh [--short] [--tenants N] [--uploads N] [--pages N] [--seconds N] [--rounds N] [--times N]`; benches/README.md says what is done. As root or as anybody.
set -euo pipefail
cd "$(dirname "$0")/../.."

source benches/load/alone.sh
bound scale "$@"
