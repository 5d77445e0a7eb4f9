#!/usr/bin/env bash
# Does the whole job work from one command, for a newcomer with curl? `sandbox.sh BINARY`, as whoever calls it and, when
# that is root, as nobody too.
set -euo pipefail

binary=$(realpath "$1")
# /tmp, because a socket's path is short and because `nobody` cannot look below a home of 0700.
place=$(mktemp -d /tmp/upload-gateway-smoke.XXXXXX)
sandbox=
trap '[ -z "$sandbox" ] || kill -KILL "$sandbox" 2>/dev/null || true; rm -rf "$place"' EXIT

say() { printf 'ok    %s\n' "$1"; }
fail() {
    printf 'FAIL  %s\n' "$1" >&2
    tail -n 40 "$place/log" >&2 || true
    exit 1
}
expect() {
    [ "$2" = "$3" ] || fail "$1: '$2', not '$3'"
    say "$1"
}

# field PATH: one member of the JSON on stdin, as in `users.0.email`.
field() {
    python3 -c '
import json, sys
at = json.load(sys.stdin)
for name in sys.argv[1].split("."):
    at = at[int(name)] if isinstance(at, list) else at[name]
print(at)' "$1"
}

# within SECONDS COMMAND…: until it succeeds.
within() {
    local end=$((SECONDS + $1))
    shift
    until "$@"; do
        [ "$SECONDS" -lt "$end" ] || return 1
        sleep 0.1
    done
}

# start FLAGS…: a sandbox in $place/home, with any free ports.
start() {
    # One that was killed leaves its file.
    rm -f "$place/home/sandbox.json"
    "$binary" sandbox --data-dir "$place/home" --public-port 0 --internal-port 0 --s3-port 0 --cognito-port 0 "$@" \
        >"$place/log" 2>&1 &
    sandbox=$!
    within 60 written_or_dead || fail 'sandbox.json is written within a minute'
    [ -f "$place/home/sandbox.json" ] || fail 'the sandbox starts'
    document=$(cat "$place/home/sandbox.json")
}
written_or_dead() { [ -f "$place/home/sandbox.json" ] || ! kill -0 "$sandbox" 2>/dev/null; }
of() { field "$1" <<<"$document"; }
no_postgres() { ! pgrep --full "postgres.*$place/home" >/dev/null; }

# Sign in, grant, PUT, complete, read back; then what is on record.
walk() {
    local token login upload id
    token=$(curl --silent --show-error --fail "$(of cognitoUrl)/" \
        --header 'content-type: application/x-amz-json-1.1' \
        --header 'x-amz-target: AWSCognitoIdentityProviderService.InitiateAuth' \
        --data "{\"AuthFlow\":\"USER_PASSWORD_AUTH\",\"ClientId\":\"$(of clientId)\",\"AuthParameters\":{\"USERNAME\":\"$(
            of users.0.email)\",\"PASSWORD\":\"$(of users.0.password)\"}}" | field AuthenticationResult.IdToken)
    say "$(of users.0.email) signs in"
    grep --quiet '<script type="module"' <<<"$(curl --silent --show-error --fail --location "$(of publicUrl)/portal")" ||
        fail 'the portal is there'
    login=$(curl --silent --show-error --fail --get "$(of publicUrl)/v1/login" --data-urlencode "email=$(of users.0.email)")
    grep --quiet 'This is a simulation' <<<"$(curl --silent --show-error --fail --location "$(field authorizeUrl <<<"$login")")" ||
        fail "the login leads to the tenant's identity provider"
    say "the portal is there, and the login leads to the tenant's identity provider"

    printf 'a photograph' >"$place/photo.jpg"
    upload=$(curl --silent --show-error --fail "$(of publicUrl)/v1/uploads" \
        --header "authorization: Bearer $token" --header 'content-type: application/json' \
        --data '{"fileName":"photo.jpg","contentType":"image/jpeg","size":12}')
    id=$(field id <<<"$upload")
    expect 'the grant is pending' "$(field status <<<"$upload")" pending

    # content-length is curl's own to set.
    python3 -c '
import json, sys
for name, value in json.load(sys.stdin)["request"]["headers"].items():
    if name != "content-length":
        print("header = " + json.dumps(f"{name}: {value}"))' <<<"$upload" >"$place/headers"
    curl --silent --show-error --fail --request PUT --config "$place/headers" --data-binary "@$place/photo.jpg" \
        "$(field request.url <<<"$upload")"
    say 'the PUT is accepted'

    expect 'complete says so' "$(curl --silent --show-error --fail --request POST --header "authorization: Bearer $token" \
        "$(of publicUrl)/v1/uploads/$id/complete" | field status)" completed
    expect 'it reads back with its size' "$(curl --silent --show-error --fail --header "authorization: Bearer $token" \
        "$(of publicUrl)/v1/uploads/$id" | field size)" 12

    curl --silent --show-error --fail "$(of internalUrl)/metrics" >"$place/metrics"
    grep --quiet '^upload_gateway_uploads_total{.*} [1-9]' "$place/metrics" || fail 'the metrics count the upload'
    say 'the metrics count the upload'
    expect 'the upload is on record' "$(psql --no-psqlrc --tuples-only --no-align --dbname="$(of databaseUrl)" \
        --command="select status from uploads where id = '$id'")" completed
    expect 'so is what was done to it' "$(psql --no-psqlrc --tuples-only --no-align --dbname="$(of databaseUrl)" \
        --command="select count(*) > 1 from audit_events where upload_id = '$id'")" t
}

printf '# the sandbox, as %s\n' "$(id -un)"
start --ephemeral
walk
kill -INT "$sandbox"
wait "$sandbox" || fail 'the sandbox ends well on Ctrl-C'
sandbox=
[ ! -e "$place/home/sandbox.json" ] || fail 'sandbox.json goes when the sandbox stops'
[ ! -e "$place/home" ] || fail 'an ephemeral sandbox leaves nothing'
within 10 no_postgres || fail 'Postgres goes when the sandbox stops'
say 'Ctrl-C leaves no file and no Postgres'

start
{ kill -KILL "$sandbox" && wait "$sandbox"; } 2>/dev/null || true
sandbox=
within 10 no_postgres || fail 'Postgres goes when the sandbox is killed'
say 'SIGKILL leaves no Postgres'
start
say 'it starts again after that'
kill -INT "$sandbox"
wait "$sandbox" || fail 'the sandbox ends well on Ctrl-C'
sandbox=
within 10 no_postgres || fail 'Postgres goes when the sandbox stops'

if [ "$(id -u)" = 0 ]; then
    mkdir "$place/public"
    chmod 711 "$place" && chmod 755 "$place/public"
    cp "$binary" "$place/public/upload-gateway"
    cp "$0" "$place/public/sandbox.sh"
    cd "$place/public"
    setpriv --reuid=nobody --regid="$(id -g nobody)" --clear-groups env -i HOME="$place/public" PATH="$PATH" \
        ./sandbox.sh ./upload-gateway
fi
