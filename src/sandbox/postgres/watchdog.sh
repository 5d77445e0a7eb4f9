# Runs a server for exactly as long as its owner lives. The owner holds the other end of standard input: each line it
# writes is the name of a signal for the server, and its death, however it comes, closes the pipe.
# Arguments: a socket directory to remove afterwards (or nothing), then the server's command line.
# shellcheck shell=sh
sockets=$1
shift
exec 3<&0 </dev/null
"$@" 3<&- &
server=$!
(
    while read -r signal <&3; do
        kill -s "$signal" "$server" 2>/dev/null
    done
    # Repeated, because a server that has not yet installed its handlers ignores the first one.
    tries=0
    while kill -s INT "$server" 2>/dev/null; do
        tries=$((tries + 1))
        [ "$tries" -lt 30 ] || kill -s QUIT "$server" 2>/dev/null
        sleep 1
    done
) &
reader=$!
exec 3<&-
trap 'kill -s INT "$server" 2>/dev/null' HUP INT TERM
# A trapped signal ends `wait` early, so ask again until the server is really gone.
while :; do
    wait "$server"
    status=$?
    kill -s 0 "$server" 2>/dev/null || break
done
kill "$reader" 2>/dev/null
if [ -n "$sockets" ]; then
    rm -f -- "$sockets"/.s.PGSQL.*
    rmdir -- "$sockets" 2>/dev/null
fi
exit "$status"
