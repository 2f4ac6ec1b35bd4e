#!/bin/sh
# A PostgreSQL of our own for tests: free loopback port, own data folder, gone afterwards.
#
#   tests/tools/postgres.sh start FOLDER    prints its URL (for SEVENGATES_POSTGRES) on stdout
#   tests/tools/postgres.sh stop FOLDER     stops it and removes the folder
#
# Needs initdb and pg_ctl (Debian: apt-get install postgresql). PostgreSQL refuses to run as root: then the user
# `postgres`, which that package makes, runs it, and FOLDER must be one it can reach (below /tmp, say).
set -eu

usage() {
    echo "usage: $0 start|stop FOLDER" >&2
    exit 2
}

[ $# -eq 2 ] || usage
folder=$2

programs=$(command -v pg_ctl >/dev/null 2>&1 && dirname "$(command -v pg_ctl)" || true)
for candidate in /usr/lib/postgresql/*/bin; do
    if [ -z "$programs" ] && [ -x "$candidate/pg_ctl" ]; then programs=$candidate; fi
done
if [ -z "$programs" ]; then
    echo "postgres.sh: no PostgreSQL here (apt-get install postgresql)" >&2
    exit 1
fi

as_owner() {
    if [ "$(id -u)" -eq 0 ]; then
        (cd / && runuser -u postgres -- "$@")
    else
        "$@"
    fi
}

free_port() {
    python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])'
}

case $1 in
start)
    mkdir -p "$folder"
    if [ "$(id -u)" -eq 0 ]; then chown postgres "$folder"; fi
    port=$(free_port)
    as_owner "$programs/initdb" -D "$folder/data" -U sevengates --auth=trust --encoding=UTF8 --locale=C >&2
    as_owner "$programs/pg_ctl" -D "$folder/data" -l "$folder/server.log" -w -t 60 \
        -o "-p $port -c listen_addresses=127.0.0.1 -c unix_socket_directories=" start >&2
    echo "postgresql://sevengates@127.0.0.1:$port/postgres"
    ;;
stop)
    as_owner "$programs/pg_ctl" -D "$folder/data" -m immediate -w stop >&2 || true
    rm -rf "${folder:?}/data" "$folder/server.log"
    rmdir "$folder"
    ;;
*)
    usage
    ;;
esac
