# shellcheck shell=bash
# prepare.sh: what a run of the tests needs before it can begin. Needs the files of deploy/lib.

# prepare FOLDER: finds Swift, installs what is missing, finds the shared fixtures; the processes go by FOLDER.
prepare() {
    processes_begin "$PWD/.tramline/$1"
    swift_find
    # Without Python at home the independent clients are left out.
    packages_install servers ${CI:+python}
    swift_check
    if [[ -z ${TRAMLINE_SHARED:-} && -d ../shared ]]; then
        TRAMLINE_SHARED=$(cd ../shared && pwd)
        export TRAMLINE_SHARED
    fi
}

# start_servers: private ones, unless the environment names others.
start_servers() {
    say 'Starting PostgreSQL and Redis for the tests'
    DATABASE_URL=${TRAMLINE_TEST_DATABASE_URL:-} REDIS_URL=${TRAMLINE_TEST_REDIS_URL:-}
    servers_start fast
    export TRAMLINE_TEST_DATABASE_URL=$DATABASE_URL TRAMLINE_TEST_REDIS_URL=$REDIS_URL
    # What ships reads these; a test says itself what it gives to a process.
    unset DATABASE_URL REDIS_URL
}

# build_all: everything, the tests too; says where the executables are.
build_all() {
    build 'everything, the tests too,' --build-tests --explicit-target-dependency-import-check error
    TRAMLINE_TEST_BUILD=$(swift build --show-bin-path)
    export TRAMLINE_TEST_BUILD
    # All at once they starve each other on two cores until their deadlines fail. Older versions of Swift Testing ignore
    # this.
    export SWT_EXPERIMENTAL_MAXIMUM_PARALLELIZATION_WIDTH=${SWT_EXPERIMENTAL_MAXIMUM_PARALLELIZATION_WIDTH:-4}
}

# run_tests OPTION…: swift test over what is built.
run_tests() {
    spawn_shown tests TERM swift test --skip-build "$@" </dev/null
    spawn_exit tests
}

# end_tests STATUS: for the EXIT trap: stops all that was started.
end_tests() {
    processes_end
    servers_discard
    exit "$1"
}
