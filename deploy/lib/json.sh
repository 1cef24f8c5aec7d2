# shellcheck shell=bash
# json.sh: reads JSON with what every Debian has: awk, since neither jq nor python can be counted upon.

# json_lines <JSON: a line "path TAB value" for each value, such as "jira_tickets.0.jira_key<TAB>PROJ-1".
json_lines() {
    LC_ALL=C awk '
        { text = text $0 "\n" }
        END { at = 1; value("") }

        function skip() { while (substr(text, at, 1) ~ /^[ \t\r\n]$/) at++ }

        function value(path,    first, key, count) {
            skip()
            first = substr(text, at, 1)
            if (first == "{" || first == "[") {
                at++
                skip()
                if (substr(text, at, 1) ~ /^[]}]$/) { at++; return }
                count = 0
                do {
                    skip()
                    if (first == "{") { key = string(); skip(); at++ } else key = count++
                    value(path == "" ? key : path "." key)
                    skip()
                } while (substr(text, at++, 1) == ",")
            } else if (first == "\"") {
                print path "\t" string()
            } else if (match(substr(text, at), /^[-+.0-9A-Za-z]+/)) {
                print path "\t" substr(text, at, RLENGTH)
                at += RLENGTH
            } else {
                exit 1
            }
        }

        # The string that begins at `at`; an escape that is not text (\n, \u000c) becomes a space.
        function string(    result, character) {
            result = ""
            for (at++; at <= length(text); at++) {
                character = substr(text, at, 1)
                if (character == "\"") { at++; return result }
                if (character == "\\") {
                    character = substr(text, ++at, 1)
                    if (character == "u") { at += 4; character = " " }
                    else if (character ~ /^[bfnrt]$/) character = " "
                }
                result = result character
            }
            exit 1
        }
    '
}

# json_value PATH LINES: the value at PATH in the output of json_lines; empty where there is none.
json_value() {
    local path value
    while IFS=$'\t' read -r path value; do
        if [[ $path == "$1" ]]; then
            printf '%s' "$value"
            return
        fi
    done <<<"$2"
}
