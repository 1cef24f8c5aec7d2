# shellcheck shell=bash
# packages.sh: finds what the machine lacks and installs it with apt-get. Needs say.sh.
#
# Looks for the thing itself (a header's pkg-config file, a program), not for a package's name, so that libraries which
# came another way count. Where all is there it touches nothing: no apt-get update, no sudo.

# has_library NAME: whether pkg-config knows it, with what it needs in turn.
has_library() { pkg-config --cflags --libs "$1" >/dev/null 2>&1; }

has_program() { command -v "$1" >/dev/null 2>&1; }

# has_linker: whether Swift finds a linker, the C start files and the C++ library.
has_linker() {
    has_program ld && compgen -G '/usr/lib/*/crt1.o' >/dev/null &&
        compgen -G '/usr/lib/gcc/*/*/libstdc++.so' >/dev/null
}

# postgres_folder: where initdb and postgres are: the newest of Debian's, else wherever PATH finds them.
postgres_folder() {
    local newest
    newest=$(compgen -G '/usr/lib/postgresql/*/bin/initdb' | sort -t/ -k5,5n | tail -n 1) || true
    [[ -n $newest ]] || newest=$(command -v initdb) || return 1
    [[ -x ${newest%/*}/postgres ]] || return 1
    printf '%s' "${newest%/*}"
}

# missing_for_swift: the packages of the shared libraries that an unpacked Swift toolchain does not find.
missing_for_swift() {
    local swift library
    swift=$(command -v swift) || return 0
    swift=$(readlink -f -- "$swift")
    for library in $(ldd "${swift%/*}"/swift-{driver,frontend,build} 2>/dev/null |
        sed -n 's/^[[:space:]]*\([^ ]*\) => not found/\1/p' | sort -u); do
        case $library in
            libncurses.so.6) echo 'libncurses6: needed by the Swift compiler' ;;
            libsqlite3.so.0) echo 'libsqlite3-0: needed by the Swift compiler' ;;
            libcurl.so.4) echo 'libcurl4: needed by the Swift compiler' ;;
            libxml2.so.2) echo 'libxml2: needed by the Swift compiler' ;;
        esac
    done
}

# packages_missing [servers] [python]: prints "package: what it is for" for each thing that is not there.
packages_missing() {
    has_program pkg-config || echo 'pkg-config: finds the C libraries'
    missing_for_swift
    has_linker || echo 'g++: the linker and the C++ library that Swift links with'
    has_program git || echo 'git: fetches the Swift packages'
    [[ -e /etc/ssl/certs/ca-certificates.crt || ! -d /etc/apt ]] || echo 'ca-certificates: lets git trust its hosts'
    has_library libpq || echo 'libpq-dev: the PostgreSQL client'
    has_library hiredis || echo 'libhiredis-dev: the Redis protocol'
    has_library gumbo || echo 'libgumbo-dev: the HTML parser'
    has_library openssl || echo 'libssl-dev: needed by libpq'
    has_library zlib || echo 'zlib1g-dev: compression of HTTP'
    has_program curl || echo 'curl: calls the API in the demo'
    if [[ " $* " == *' servers '* ]]; then
        has_program redis-server || echo 'redis-server: a private Redis'
        postgres_folder >/dev/null || echo 'postgresql: a private PostgreSQL'
    fi
    if [[ " $* " == *' python '* ]]; then
        python3 -c 'import ensurepip, venv' 2>/dev/null || echo 'python3-venv: independent clients in the tests'
    fi
}

# packages_install [servers] [python]: installs what is missing; ends the script with what to do where that cannot be.
packages_install() {
    local missing names sudo=() log
    mapfile -t missing < <(packages_missing "$@")
    ((${#missing[@]})) || return 0
    names=("${missing[@]%%:*}")
    say "Installing what is missing: ${names[*]}"
    printf '    %s\n' "${missing[@]}"

    has_program apt-get ||
        fail "there is no apt-get here: install the equivalents of ${names[*]} by hand, then run this again"
    if ((EUID != 0)); then
        has_program sudo || fail "installing needs root, and there is no sudo:
    as root, run 'apt-get install ${names[*]}', then run this again"
        # Asking is for a person: where nobody can answer, say so rather than wait.
        sudo -n true 2>/dev/null || [[ -t 0 ]] || fail "installing needs root, and sudo asks for a password:
    run 'sudo apt-get install ${names[*]}', then run this again"
        note 'with sudo, for this alone; it may ask for your password'
        sudo=(sudo)
    fi

    # Debian starts services of its own for postgresql and redis-server; we use free ports and leave them alone.
    log=$(mktemp)
    "${sudo[@]}" apt-get -q update >"$log" 2>&1 ||
        note 'apt-get update did not succeed; trying with the lists that are there'
    if ! "${sudo[@]}" env DEBIAN_FRONTEND=noninteractive apt-get -qy -o DPkg::Lock::Timeout=300 \
        install --no-install-recommends "${names[@]}" </dev/null >>"$log" 2>&1; then
        quote_log "$log" 30
        rm -f -- "$log"
        fail "apt-get could not install ${names[*]}"
    fi
    rm -f -- "$log"

    mapfile -t missing < <(packages_missing "$@")
    ((${#missing[@]} == 0)) || fail "still missing after the installation: ${missing[*]%%:*}"
}
