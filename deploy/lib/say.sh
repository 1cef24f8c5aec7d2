# shellcheck shell=bash
# say.sh: what the scripts tell the person at the terminal. Sourced by the others.

if [[ -t 1 && -z ${NO_COLOR:-} && ${TERM:-dumb} != dumb ]]; then
    bold=$'\033[1m' faint=$'\033[2m' red=$'\033[31m' green=$'\033[32m' plain=$'\033[0m'
else
    bold='' faint='' red='' green='' plain=''
fi
export bold faint red green plain

# say TEXT…: a step begins.
say() { printf '%s==>%s %s\n' "$bold" "$plain" "$*"; }

# note TEXT…: a detail of the step.
note() { printf '    %s%s%s\n' "$faint" "$*" "$plain"; }

# fail TEXT…: one clear sentence, then the end; what runs is stopped by the caller's EXIT trap.
fail() {
    progress_end
    printf '%s%s: %s%s\n' "$red" "${script_name:-${0##*/}}" "$*" "$plain" >&2
    exit 1
}

# progress TEXT…: one line that overwrites itself on a terminal; elsewhere a line every ten seconds.
progress_shown=0
progress_due=0
progress() {
    if [[ -t 1 ]]; then
        local width=${COLUMNS:-$(tput cols 2>/dev/null || echo 80)} text="    $*"
        printf '\r\033[K%s%s%s' "$faint" "${text:0:$((width - 1))}" "$plain"
        progress_shown=1
    elif ((SECONDS >= progress_due)); then
        note "$*"
        progress_due=$((SECONDS + 10))
    fi
}

# progress_end: leaves the progress line, so that the next line stands alone.
progress_end() {
    if ((progress_shown)); then
        printf '\r\033[K'
        progress_shown=0
    fi
}

# quote_log FILE [LINES]: the end of a log, indented, on standard error.
quote_log() {
    [[ -s $1 ]] || return 0
    printf '%s--- the end of %s%s\n' "$faint" "$1" "$plain" >&2
    tail -n "${2:-20}" -- "$1" | cut -c 1-400 | sed 's/^/    /' >&2
}
