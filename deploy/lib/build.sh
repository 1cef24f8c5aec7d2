# shellcheck shell=bash
# build.sh: finds Swift and builds, showing what it is doing. Needs say.sh and processes.sh.

swift_oldest=6.2   # Package.swift's tools version
swift_checked=6.3  # the compiler under which our code is known to have no warnings

# swift_find: puts Swift on PATH, also from where swiftly and unpacked archives usually are.
swift_find() {
    local folder
    if ! has_program swift; then
        for folder in "${SWIFTLY_BIN_DIR:-${HOME:-}/.local/share/swiftly/bin}" "${HOME:-}"/swift*/usr/bin \
            /opt/swift*/usr/bin /usr/local/swift*/usr/bin /usr/share/swift*/usr/bin /usr/libexec/swift*/bin; do
            if [[ -x $folder/swift ]]; then
                PATH=$PATH:$folder
                break
            fi
        done
    fi
    has_program swift || fail "there is no Swift here. Get $swift_oldest or newer from https://www.swift.org/install/linux
    (a few lines with swiftly), make sure that 'swift --version' answers, then run this again"
}

# swift_check: whether it works and is new enough; decides how strict the build is.
swift_check() {
    local version
    version=$(swift --version 2>&1 | sed -n 's/.*Swift version \([0-9][0-9.]*\).*/\1/p' | head -n 1)
    [[ -n $version ]] || fail "'swift --version' does not answer as it should: $(swift --version 2>&1 | tail -n 1)
    see what Swift needs on this system at https://www.swift.org/install/linux"
    [[ $(printf '%s\n' "$swift_oldest" "$version" | sort -V | head -n 1) == "$swift_oldest" ]] ||
        fail "Swift $version is too old: get $swift_oldest or newer from https://www.swift.org/install/linux"

    # Warnings are errors under the compiler that the code was written with, so the demo and the tests share one build;
    # a newer compiler may see more, which should stop nobody. CI insists.
    if [[ -n ${CI:-} || $version == "$swift_checked" || $version == "$swift_checked".* ]]; then
        export TRAMLINE_STRICT=1
    fi
    swift_version=$version
}

# build WHAT [OPTION…]: swift build with a line of progress; on failure the errors, then the end of the script. Where
# `build_lenient` names a file, a build that fails with warnings as errors is made without, and the file remembers that:
# going back and forth would compile everything anew each time.
build() {
    if [[ -n ${build_lenient:-} && -e $build_lenient ]]; then
        unset TRAMLINE_STRICT
    fi
    local what=$1 began=$SECONDS log status=0
    shift
    log=$(process_log build)
    say "Building $what with Swift $swift_version"
    if [[ ! -d .build/checkouts ]]; then
        note 'the first build fetches and compiles the dependencies too: about five minutes on two cores'
    fi
    spawn build TERM swift build "$@" </dev/null
    while process_alive build; do
        progress "$(build_progress "$log") ($(duration $((SECONDS - began))))"
        sleep 0.5
    done
    spawn_exit build || status=$?
    progress_end
    if ((status != 0)) && [[ -n ${build_lenient:-} && -n ${TRAMLINE_STRICT:-} ]]; then
        note 'with warnings as errors it does not build; trying without'
        : >"$build_lenient"
        build "$what" "$@"
        return
    fi
    if ((status != 0)); then
        # The errors first: the compiler prints them far above the end.
        grep -E '^([^ ].*)?error: ' -- "$log" | sort -u | head -n 20 | cut -c 1-400 | sed 's/^/    /' >&2 || true
        quote_log "$log" 25
        fail "the build failed (status $status); all of it is in $log"
    fi
    note "built in $(duration $((SECONDS - began)))"
}

# build_progress LOG: the last thing that the build said, in one line.
build_progress() {
    local line
    line=$(tail -c 4000 -- "$1" 2>/dev/null | tr '\r' '\n' | grep -E '^(\[[0-9]+/[0-9]+\]|Fetch|Fetched|Updat|Comput|Creating|Working|Building|Planning)' |
        tail -n 1) || true
    printf '%s' "${line:-starting}"
}

# duration SECONDS: "48 s", "3 min 05 s".
duration() {
    if (($1 < 60)); then printf '%d s' "$1"; else printf '%d min %02d s' $(($1 / 60)) $(($1 % 60)); fi
}
