#!/usr/bin/env bash
# Would deploy/compose.yaml work? `compose.sh BINARY`. No engine is needed: the file is judged, and what its services do with one another is
# done here, with the emulator that it names, its own script of the AWS CLI, and the gateway with the settings that come out of it.
set -euo pipefail
cd "$(dirname "$0")/../.."
source tests/postgres.sh
source tests/deploy/place.sh
install_tools

binary=$(realpath "$1")
scratch=$(mktemp -d /tmp/upload-gateway-compose.XXXXXX)
chmod 755 "$scratch"
source tests/deploy/gateway.sh
emulator=
finish() {
    [ -z "$emulator" ] || kill -KILL "$emulator" 2>/dev/null || true
    clear_away
}
trap finish EXIT

check-jsonschema --quiet --builtin-schema vendor.compose-spec deploy/compose.yaml
say 'its schema takes compose.yaml'
"$PYTHON" tests/deploy/compose.py

# Passwords are made once, of different bytes, in a folder of the owner's alone.
mkdir "$scratch/passwords"
cp deploy/compose/secrets.sh "$scratch/passwords/"
"$scratch/passwords/secrets.sh"
cp -R "$scratch/passwords/secrets" "$scratch/first"
"$scratch/passwords/secrets.sh"
diff --recursive "$scratch/first" "$scratch/passwords/secrets" || fail 'passwords that are there stay'
[ "$(cat "$scratch"/first/* | wc -c)" -ge 60 ] && [ "$(sha256sum "$scratch"/first/* | cut -c1-64 | sort --unique | wc -l)" = 3 ] || fail 'three passwords'
[ "$(stat --format=%a "$scratch/passwords/secrets")" = 700 ] || fail 'the passwords are their owner'\''s'
git check-ignore --quiet deploy/compose/secrets/database_password || fail 'passwords stay out of git'
say 'secrets.sh makes up each password once'

# The emulator of the very version that compose.yaml names.
bash -euo pipefail -c 'source tests/referees/place.sh && install_referees'
referees=${REFEREES_DIR:-$HOME/.cache/upload-gateway-referees}
named=$(sed -n 's/.*ministackorg\/ministack:\(.*\)$/\1/p' deploy/compose.yaml)
grep --quiet --fixed-strings --line-regexp "ministack==$named" tests/referees/requirements.txt || fail "the referees have another emulator than $named"
furnish
port=$(free_port)
(cd "$scratch" && exec env AUTH=true BIND_HOST=127.0.0.1 GATEWAY_PORT="$port" MINISTACK_HOST=127.0.0.1 IOT_MTLS_PORT=0 \
    STATE_DIR="$scratch/state" S3_DATA_DIR="$scratch/s3" "$referees/venv/bin/ministack" >"$scratch/log" 2>&1) &
emulator=$!
answers() { curl --silent --noproxy '*' --output /dev/null --max-time 2 "http://127.0.0.1:$port/"; }
within 60 answers || fail 'the emulator answers'

export NO_PROXY=127.0.0.1 no_proxy=127.0.0.1
aws=$DEPLOY/venv/bin
furnish_aws() {
    env -i PATH="$aws:$PATH" HOME="$scratch" NO_PROXY=127.0.0.1 DATABASE_URL="postgres://postgres@localhost/gateway?host=$POSTGRES_HOME" \
        PEOPLE_PASSWORD_FILE="$scratch/first/people_password" \
        deploy/compose/furnish.sh "http://127.0.0.1:$port" "$scratch/gateway.toml" >"$scratch/log" 2>&1
}
furnish_aws || fail 'furnish.sh'
cp "$scratch/gateway.toml" "$scratch/furnished.toml"
furnish_aws || fail 'furnish.sh, when everything is there'
cmp --silent "$scratch/gateway.toml" "$scratch/furnished.toml" || fail 'what is there stays'
[ "$(stat --format=%a "$scratch/gateway.toml")" = 600 ] || fail 'its settings hold a key, and are their owner'\''s'
say 'furnish.sh makes bucket, role, user pool and people, and the settings'

# The ports of the container may be taken here.
sed -i "s/0\.0\.0\.0:8080/127.0.0.1:$public/; s/0\.0\.0\.0:9090/127.0.0.1:$internal/; s/127\.0\.0\.1:8080/127.0.0.1:$public/" "$scratch/gateway.toml"
ENVIRONMENT=(env -i PATH="$PATH" HOME="$scratch")
serve "$binary" serve --migrate --config "$scratch/gateway.toml"
"$binary" healthcheck --config "$scratch/gateway.toml" || fail 'healthcheck with the same settings'
say 'the gateway is ready with them, and its healthcheck finds it so'
"$PYTHON" tests/deploy/compose_walk.py "http://127.0.0.1:$port" "http://127.0.0.1:$public" "$scratch/gateway.toml" "$scratch/first/people_password" ||
    fail 'people can upload'
ends_well
