# shellcheck shell=bash
# processes.sh: starts processes and makes sure that none of them outlives the script. Needs say.sh.
#
# Each process gets a session of its own, so that Ctrl-C reaches only the script, which then stops them in order: its
# stop signal first, SIGKILL after a deadline. Should the script itself be killed, the kernel sends them SIGTERM
# (PR_SET_PDEATHSIG), and the next run ends whatever is left by the list that it finds in the folder.

process_names=()          # in the order they were started
declare -A process_ids=() # name -> process id, which is its group's id too
declare -A process_signals=()
processes_folder=''

# processes_begin FOLDER: takes the folder for this run, ends what a killed run left, empties the logs.
processes_begin() {
    mkdir -p -- "$1/log"
    chmod 711 -- "$1" # the account that runs PostgreSQL must get through
    chmod 700 -- "$1/log"
    # A lock file's lock would pass on to whatever a killed script leaves behind; a process's name and start do not.
    (
        flock -w 10 9
        if [[ -s $1/owner ]]; then
            read -r id start <"$1/owner"
            [[ $start != "$(process_start "$id")" ]] || exit 1
        fi
        printf '%s %s\n' "$$" "$(process_start "$$")" >"$1/owner"
    ) 9>"$1/lock" || fail "another run is using $1; stop it first"
    processes_folder=$1
    processes_end_leftovers
    rm -rf -- "${processes_folder:?}"/log/*
}

# spawn NAME SIGNAL CMD…: starts CMD in the background, its output in log/NAME.log, its input the caller's.
spawn() { spawn_shown "$@" >"$processes_folder/log/$1.log" 2>&1; }

# spawn_shown NAME SIGNAL CMD…: the same, its output the caller's.
spawn_shown() {
    local name=$1 signal=$2
    shift 2
    # A lost script counts as a request to stop; what a process does on its own signal is what we want then.
    setsid setpriv --pdeathsig "$signal" -- "$@" <&0 &
    local id=$!
    process_names+=("$name")
    process_ids[$name]=$id
    process_signals[$name]=$signal
    printf '%s %s %s %s\n' "$id" "$(process_start "$id")" "$signal" "$name" >>"$processes_folder/processes"
}

# spawn_exit NAME: waits for a spawned process and answers its exit status; a signal to the script interrupts it.
spawn_exit() {
    local status=0
    wait "${process_ids[$1]}" || status=$?
    process_forget "$1"
    return "$status"
}

# process_log NAME: where its output is.
process_log() { printf '%s' "$processes_folder/log/$1.log"; }

# process_alive NAME: whether it still runs.
process_alive() { ! group_gone "${process_ids[$1]:?}"; }

# process_start ID: when the process began, in ticks since boot; with the id it names one process for ever. 0 for one
# that has ended.
process_start() {
    local line fields
    { read -r line <"/proc/$1/stat"; } 2>/dev/null || { echo 0; return; }
    # The second field is the name in brackets and may hold spaces; the state is field 3, the start field 22.
    read -ra fields <<<"${line##*) }"
    if [[ ${fields[0]} == [ZX] ]]; then echo 0; else echo "${fields[19]}"; fi
}

process_forget() {
    unset "process_ids[$1]"
    local name kept=()
    for name in "${process_names[@]}"; do
        [[ $name == "$1" ]] || kept+=("$name")
    done
    process_names=(${kept[@]+"${kept[@]}"})
}

# await SECONDS WHAT CMD…: repeats CMD until it succeeds; fails at the deadline, or as soon as the process WHAT ends.
await() {
    local deadline=$((SECONDS + $1)) what=$2
    shift 2
    until "$@"; do
        if [[ -n ${process_ids[$what]:-} ]] && ! process_alive "$what"; then
            return 1
        fi
        ((SECONDS < deadline)) || return 1
        sleep 0.1
    done
}

# group_gone ID: whether nothing of that process and its group is left. A process has its group a moment after it began.
group_gone() { ! kill -0 "$1" 2>/dev/null && ! kill -0 -- "-$1" 2>/dev/null; }

# group_kill SIGNAL ID: sends the signal to the group, or to the process that has no group yet.
group_kill() { kill -s "$1" -- "-$2" 2>/dev/null || kill -s "$1" "$2" 2>/dev/null || true; }

# stop NAME [SECONDS]: asks the process to stop, and kills it if it has not by then. Silent where it has ended already.
stop() {
    local id=${process_ids[$1]:-} seconds=${2:-10}
    [[ -n $id ]] || return 0
    group_kill "${process_signals[$1]}" "$id"
    if ! await "$seconds" - group_gone "$id"; then
        note "$1 did not stop within $seconds s; killing it"
        group_kill KILL "$id"
        await 5 - group_gone "$id" || true
    fi
    process_forget "$1"
}

# processes_end: stops everything, the newest first. For the EXIT trap.
processes_end() {
    local index
    for ((index = ${#process_names[@]} - 1; index >= 0; index--)); do
        stop "${process_names[index]}"
    done
    [[ -z $processes_folder ]] || rm -f -- "$processes_folder/processes"
}

# processes_end_leftovers: ends what the list of a killed run names, if it is still the same process.
processes_end_leftovers() {
    local id start signal name
    [[ -s $processes_folder/processes ]] || return 0
    while read -r id start signal name; do
        if [[ $start != 0 && $(process_start "$id") == "$start" ]]; then
            note "ending $name ($id), left by a run that was killed"
            process_ids[$name]=$id
            process_signals[$name]=$signal
            process_names+=("$name")
        fi
    done <"$processes_folder/processes"
    processes_end
}

# on_exit FUNCTION: calls FUNCTION STATUS once, whatever ends the script, with further signals held off.
on_exit() {
    exit_function=$1
    trap 'exiting $?' EXIT
    trap 'exit 130' INT
    trap 'exit 143' TERM
    trap 'exit 129' HUP
}

exiting() {
    trap '' INT TERM HUP
    trap - EXIT
    progress_end
    "$exit_function" "$1"
}

# free_port [WISH]: a TCP port of 127.0.0.1 that nobody listens on; WISH if it is free. Below the range from which
# the kernel picks ports for outgoing connections, so that it stays free until the server has it.
free_port() {
    local port
    if [[ -n ${1:-} ]] && ! port_answers "$1"; then
        echo "$1"
        return
    fi
    while true; do
        port=$((20000 + RANDOM % 12000))
        if ! port_answers "$port"; then
            echo "$port"
            return
        fi
    done
}

# port_answers PORT: whether something accepts connections on 127.0.0.1:PORT.
port_answers() { (exec 9<>"/dev/tcp/127.0.0.1/$1") 2>/dev/null; }

# random_hex BYTES: from the kernel's generator, fit for a password in a URL.
random_hex() { od -An -N "$1" -tx1 /dev/urandom | tr -d ' \n'; }
