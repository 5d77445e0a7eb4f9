#!/usr/bin/env bash
# The version of the crate, on one line: what every package of a release is named by.
set -euo pipefail
cd "$(dirname "$0")/../.."
sed -n '/^\[package\]/,/^\[[^p]/ s/^version = "\(.*\)"$/\1/p' Cargo.toml
