#!/usr/bin/env bash
# Is the Helm chart sound? `chart.sh BINARY`: the real Helm renders it, Kubernetes' schemas and our own rules judge it, and the gateway
# itself reads the settings that it makes.
set -euo pipefail
cd "$(dirname "$0")/../.."
source tests/deploy/place.sh
install_tools

scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
# Nobody's own repositories and plugins count.
export HELM_CONFIG_HOME=$scratch/config HELM_CACHE_HOME=$scratch/cache HELM_DATA_HOME=$scratch/data
openssl req -x509 -newkey rsa:2048 -nodes -keyout "$scratch/tls_key.pem" -out "$scratch/tls_certificate.pem" -days 2 \
    -subj '/CN=uploads.example.com' -addext subjectAltName=DNS:uploads.example.com 2>"$scratch/openssl.log"
PYTHONDONTWRITEBYTECODE=1 "$PYTHON" tests/deploy/chart.py "$HELM" "$(realpath "$1")" "$scratch"
