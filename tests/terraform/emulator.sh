#!/usr/bin/env bash
# Makes the whole of tf/ in MiniStack, an emulator with authorisation on, and runs the gateway from Terraform's outputs there:
# `emulator.sh`. $GATEWAY_BIN and $BOOTSTRAP_BIN say what to run; what is not given is built.
set -euo pipefail
cd "$(dirname "$0")/../.."
source tests/postgres.sh
source tests/referees/place.sh
source tests/terraform/place.sh

if ! find_terraform; then
    printf '\n!!! SKIPPED: there is no Terraform here, so NOTHING WAS APPLIED TO THE EMULATOR.\n\n'
    exit
fi

port=${EMULATOR_PORT:-18474}
home=$REFEREES/terraform
scratch=$(mktemp -d)
trap 'stop_postgres; stop_server "$home"; rm -rf "$scratch"' EXIT

# build NAME ARGUMENTS…: a binary of ours as $scratch/NAME.
build() {
    cargo build --quiet --locked --bin "$@"
    cp "${CARGO_TARGET_DIR:-target}/debug/$1" "$scratch/$1"
}
[ -n "${GATEWAY_BIN:-}" ] || { build upload-gateway && GATEWAY_BIN=$scratch/upload-gateway; }
[ -n "${BOOTSTRAP_BIN:-}" ] || { build bootstrap --features lambda && BOOTSTRAP_BIN=$scratch/bootstrap; }

install_referees
stop_server "$home"
rm -rf "$home"
mkdir -p "$home"

# The module refuses plain HTTP, so the emulator has a certificate of an authority that only these processes believe.
authority=$scratch/authority.pem
openssl req -x509 -newkey rsa:2048 -nodes -keyout "$scratch/authority.key" -out "$authority" -days 2 -subj '/CN=emulator' \
    -addext basicConstraints=critical,CA:TRUE -addext keyUsage=critical,keyCertSign 2>"$scratch/openssl.log"
openssl req -newkey rsa:2048 -nodes -keyout "$scratch/server.key" -out "$scratch/server.csr" -subj '/CN=127.0.0.1' 2>>"$scratch/openssl.log"
printf 'subjectAltName=IP:127.0.0.1\nbasicConstraints=critical,CA:FALSE\nextendedKeyUsage=serverAuth\n' >"$scratch/server.ext"
openssl x509 -req -in "$scratch/server.csr" -CA "$authority" -CAkey "$scratch/authority.key" -CAcreateserial -days 2 \
    -extfile "$scratch/server.ext" -out "$scratch/server.pem" 2>>"$scratch/openssl.log"
export SSL_CERT_FILE=$authority AWS_CA_BUNDLE=$authority CURL_CA_BUNDLE=$authority

AUTH=true BIND_HOST=127.0.0.1 GATEWAY_PORT=$port MINISTACK_HOST=127.0.0.1 IOT_MTLS_PORT=0 MINISTACK_COGNITO_PRETOKEN_STRICT=1 \
    USE_SSL=1 MINISTACK_SSL_CERT=$scratch/server.pem MINISTACK_SSL_KEY=$scratch/server.key \
    STATE_DIR=$home/state S3_DATA_DIR=$home/s3 \
    setsid "$REFEREES/venv/bin/ministack" >"$home/log" 2>&1 </dev/null &
echo $! >"$home/pid"
url=https://127.0.0.1:$port
wait_for "$url/" "$(cat "$home/pid")" "$home/log"

module=$scratch/tf
copy_module "$module"
# Symbols are most of a debug build, and a package has bounds.
strip -o "$scratch/stripped" "$BOOTSTRAP_BIN"
"$PYTHON" - "$scratch/stripped" "$scratch/triggers.zip" <<'PACK'
"""Packs the triggers as Lambda takes them: one program named bootstrap, with its executable bit."""
import sys
import zipfile

with zipfile.ZipFile(sys.argv[2], "w", zipfile.ZIP_DEFLATED, compresslevel=1) as package:
    entry = zipfile.ZipInfo("bootstrap")
    entry.external_attr = 0o100755 << 16
    package.writestr(entry, open(sys.argv[1], "rb").read(), zipfile.ZIP_DEFLATED, 1)
PACK
"$PYTHON" tests/terraform/emulator/provider.py "$url" "$authority" >"$module/emulator_override.tf"
"$PYTHON" tests/terraform/emulator/settings.py "$url" "$scratch/triggers.zip" >"$module/emulator.auto.tfvars.json"
terraform_in "$module" apply -auto-approve -input=false -no-color >"$scratch/apply.log" || { tail -n 60 "$scratch/apply.log" >&2; exit 1; }
grep --fixed-strings 'Apply complete' "$scratch/apply.log"
terraform_in "$module" output -json >"$scratch/outputs.json"

start_postgres
# One who is asked for a password, unlike those that this script trusts.
as_postgres sed -i '1i local all by_secret scram-sha-256' "$POSTGRES_HOME/cluster/pg_hba.conf"
as_postgres "$POSTGRES_BIN/pg_ctl" --pgdata="$POSTGRES_HOME/cluster" --silent reload
PYTHONPATH=tests/referees/probe "$PYTHON" tests/terraform/emulator "$url" "$scratch/outputs.json" "$POSTGRES_URL" "$GATEWAY_BIN"
