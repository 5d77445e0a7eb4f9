# A throw-away Postgres for scripts: `source` this, `start_postgres`, use "$POSTGRES_URL", `stop_postgres`.
# It listens on a unix socket alone: it needs no port, and only its own user and root can reach it.
# shellcheck shell=bash

# Where the server's programs are: $PG_BIN, else the newest of Debian's, else those on the PATH.
postgres_bin() {
    local bin
    bin=${PG_BIN:-$(printf '%s\n' /usr/lib/postgresql/*/bin | sort -V | tail -1)}
    [ -x "$bin/postgres" ] || bin=$(dirname "$(command -v postgres || echo ./postgres)")
    [ -x "$bin/postgres" ] || { echo "no Postgres server here: apt-get install postgresql, or set PG_BIN" >&2; return 1; }
    echo "$bin"
}

# Postgres refuses to run as root; Debian's package brings a user for it.
as_postgres() {
    if [ "$(id -u)" = 0 ]; then
        (cd / && setpriv --reuid=postgres --regid=postgres --init-groups "$@")
    else
        "$@"
    fi
}

# Sets POSTGRES_URL, to a database named `gateway`, and POSTGRES_HOME.
start_postgres() {
    POSTGRES_BIN=$(postgres_bin) || return 1
    # Not TMPDIR: a socket's path may have no more than 107 bytes.
    POSTGRES_HOME=$(mktemp -d /tmp/upload-gateway-pg.XXXXXX)
    [ "$(id -u)" != 0 ] || chown postgres "$POSTGRES_HOME"
    as_postgres "$POSTGRES_BIN/initdb" --pgdata="$POSTGRES_HOME/cluster" --username=postgres --auth=trust \
        --encoding=UTF8 --no-locale --no-sync >"$POSTGRES_HOME/initdb.log"
    as_postgres "$POSTGRES_BIN/pg_ctl" --pgdata="$POSTGRES_HOME/cluster" --log="$POSTGRES_HOME/server.log" --silent --wait start \
        --options="-k $POSTGRES_HOME -c listen_addresses= -c fsync=off -c max_connections=50"
    as_postgres "$POSTGRES_BIN/createdb" --host="$POSTGRES_HOME" --username=postgres gateway
    POSTGRES_URL="postgres://postgres@localhost/gateway?host=$POSTGRES_HOME"
}

stop_postgres() {
    [ -n "${POSTGRES_HOME:-}" ] || return 0
    as_postgres "$POSTGRES_BIN/pg_ctl" --pgdata="$POSTGRES_HOME/cluster" --silent --mode=immediate stop || true
    rm -rf "$POSTGRES_HOME"
    POSTGRES_HOME=
}

# Applies migrations/*.sql in their order, each in a transaction, as the gateway itself does.
apply_migrations() {
    local file
    for file in migrations/*.sql; do
        case $file in *.down.sql) continue ;; esac
        PGOPTIONS='-c client_min_messages=warning' psql --quiet --no-psqlrc --set=ON_ERROR_STOP=1 --single-transaction \
            --dbname="$POSTGRES_URL" --file="$file" >/dev/null
    done
}
