#!/usr/bin/env bash
# Does memory stay small after a million grants and over ten minutes, and is STS asked no more than it must be?
# `endurance.sh [--short] [--tenants N] [--grants N] [--minutes N] [--rate N]`; benches/README.md says what is done. As root or as anybody.
set -euo pipefail
cd "$(dirname "$0")/../.."

source benches/load/alone.sh
bound endurance "$@"
