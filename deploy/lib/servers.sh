# shellcheck shell=bash
# servers.sh: a private PostgreSQL and a private Redis on free ports of 127.0.0.1. Needs the files before it.
#
# Both begin empty and end with the script. Their passwords are made for the run and stand in no file and in no
# process's arguments.

# servers_start [fast]: sets DATABASE_URL and REDIS_URL, starting a server for each that is not set. With `fast`
# PostgreSQL does without fsync: for tests, whose data nobody misses.
servers_start() {
    if [[ -n ${DATABASE_URL:-} ]]; then
        note 'PostgreSQL: the one that DATABASE_URL names'
    else
        postgres_start "${1:-}"
    fi
    if [[ -n ${REDIS_URL:-} ]]; then
        note 'Redis: the one that REDIS_URL names'
    else
        redis_start
    fi
}

# servers_discard: removes the data of the private servers, once they have stopped.
servers_discard() {
    [[ -z ${postgres_data:-} ]] || rm -rf -- "$postgres_data"
    postgres_data=''
}

# As root PostgreSQL runs under Debian's account for it, since it refuses to be root. The kernel forgets the signal for
# the parent's death at a change of account, so it is asked for once more.
postgres_account=()
if ((EUID == 0)); then
    postgres_account=(setpriv --reuid postgres --regid postgres --init-groups --pdeathsig INT --)
fi

# postgres_place: chooses and makes the empty data folder: in the checkout, or, where the account that runs PostgreSQL
# cannot reach that (root's checkout under a closed home), a private one beneath the folder for temporary files.
postgres_place() {
    local remembered=$processes_folder/postgres-folder
    if [[ -s $remembered ]]; then
        rm -rf -- "$(<"$remembered")"
    fi
    postgres_data=$processes_folder/postgres
    rm -rf -- "$postgres_data"
    mkdir -m 700 -- "$postgres_data"
    if ((EUID == 0)); then
        id -u postgres >/dev/null 2>&1 ||
            fail 'PostgreSQL refuses to run as root, and there is no account "postgres" to run it as: make one, or set DATABASE_URL'
        chown postgres: -- "$postgres_data"
        if ! "${postgres_account[@]}" test -w "$postgres_data"; then
            rm -rf -- "$postgres_data"
            postgres_data=$(mktemp -d /tmp/tramline-postgres-XXXXXX)
            chown postgres: -- "$postgres_data"
            note "the account postgres cannot reach this checkout: its data goes to $postgres_data, until the end of this run"
        fi
    fi
    printf '%s' "$postgres_data" >"$remembered"
}

# postgres_start [fast]: makes a cluster and starts it, then sets DATABASE_URL.
postgres_start() {
    local folder password port
    folder=$(postgres_folder) || fail 'PostgreSQL is not installed'
    postgres_place
    password=$(random_hex 16)

    # A pipe's end cannot be opened by another account, so the password goes through a file, for a moment.
    local secret=$postgres_data.password log
    [[ $postgres_data == "$processes_folder"/* ]] || secret=$(mktemp /tmp/tramline-password-XXXXXX)
    log=$(process_log initdb)
    (umask 077 && printf '%s\n' "$password" >"$secret")
    ((EUID != 0)) || chown postgres: -- "$secret"
    if ! (cd / && "${postgres_account[@]}" "$folder/initdb" -D "$postgres_data" -U tramline -A scram-sha-256 \
        --pwfile="$secret" -E UTF8 --no-locale --no-sync) >"$log" 2>&1; then
        rm -f -- "$secret"
        quote_log "$log"
        fail 'PostgreSQL could not make its data folder'
    fi
    rm -f -- "$secret"

    # No Unix socket: a checkout's path may be longer than a socket's may be.
    cat >>"$postgres_data/postgresql.conf" <<CONF
listen_addresses = '127.0.0.1'
unix_socket_directories = ''
max_connections = 300
log_min_messages = warning
CONF
    [[ ${1:-} != fast ]] || printf '%s = off\n' fsync synchronous_commit full_page_writes \
        >>"$postgres_data/postgresql.conf"

    local attempt
    for attempt in 1 2 3 4 5; do
        port=$(free_port)
        # Its data folder is its working folder already; SIGINT is its "stop now, orderly".
        spawn postgres INT "${postgres_account[@]}" "$folder/postgres" -D "$postgres_data" -p "$port" </dev/null
        if await 60 postgres "$folder/pg_isready" -q -h 127.0.0.1 -p "$port" -U tramline -d postgres &&
            process_alive postgres; then
            DATABASE_URL="postgres://tramline:$password@127.0.0.1:$port/postgres"
            export DATABASE_URL
            note "PostgreSQL $("$folder/postgres" --version | sed 's/.*) \([0-9.]*\).*/\1/'), private, on port $port"
            return
        fi
        stop postgres
        # The port may have been taken between the choice and the start; anything else will not get better.
        grep -q 'Address already in use' "$(process_log postgres)" || break
    done
    quote_log "$(process_log postgres)"
    fail "PostgreSQL did not start (attempt $attempt)"
}

# redis_start: starts a Redis without persistence, then sets REDIS_URL.
redis_start() {
    local password port attempt
    has_program redis-server || fail 'Redis is not installed'
    password=$(random_hex 16)
    for attempt in 1 2 3 4 5; do
        port=$(free_port)
        spawn redis TERM redis-server - <<CONF
bind 127.0.0.1
port $port
requirepass $password
save ""
appendonly no
dir "$processes_folder/log"
CONF
        if await 30 redis redis_answers "$port" "$password" && process_alive redis; then
            REDIS_URL="redis://default:$password@127.0.0.1:$port"
            export REDIS_URL
            note "Redis $(redis-server --version | sed 's/.* v=\([0-9.]*\).*/\1/'), private, on port $port"
            return
        fi
        stop redis
        grep -q 'Address already in use' "$(process_log redis)" || break
    done
    quote_log "$(process_log redis)"
    fail "Redis did not start (attempt $attempt)"
}

# redis_answers PORT PASSWORD: whether Redis takes the password and answers a PING within a second.
redis_answers() {
    (
        exec 9<>"/dev/tcp/127.0.0.1/$1" || exit 1
        printf 'AUTH %s\r\nPING\r\n' "$2" >&9
        read -r -t 1 authorised <&9 && read -r -t 1 answer <&9
        [[ $authorised == +OK* && $answer == +PONG* ]]
    ) 2>/dev/null
}
