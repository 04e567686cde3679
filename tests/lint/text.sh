#!/bin/sh
# Check what neither compiler nor formatter sees: line and file lengths, white
# space, unfinished words, SQL outside sql/, run bits.
#
#   text.sh [SOURCE_DIR]
set -eu
# Columns are characters.
export LC_ALL=C.UTF-8
cd "${1:-.}"

# Print the findings on stdin, if any, under the headline $1.
report() {
    found=$(cat)
    [ -z "$found" ] || printf '%s:\n%s\n' "$1" "$found"
}

# Files of ours: $@ are find's conditions. Data is not judged as text is.
ours() {
    find . \( -path ./build -o -path ./.git -o -path ./.cache \
        -o -path '*/corpus' -o -path ./tests/golden -o -path ./tests/data \) \
        -prune -o -type f "$@" -print | sort
}

# grep over files named on stdin, which may be none.
search() {
    xargs -r grep -nE "$@" /dev/null || [ $? -eq 123 ]
}

code() {
    ours -name '*.[ch]'
}

product() {
    ours -name '*.[ch]' \( -path './worker/*' -o -path './include/*' \)
}

text() {
    ours \( -name '*.[ch]' -o -name '*.sql' -o -name '*.def' -o -name '*.lua' \
        -o -name '*.cmake' -o -name CMakeLists.txt -o -name '*.sh' \
        -o -name '*.md' -o -name 'Dockerfile' -o -name '*.yml' \
        -o -path './scripts/*' -o -path './.ci/*' -o -path './cmake/*' \)
}

findings() {
    code | search '^.{81,}' | grep -vE 'https?://' |
        report "lines over 80 columns"
    code | xargs awk 'FNR == 501 { print FILENAME }' |
        report "files over 500 lines"
    text | search '[ 	]+$' | report "white space at the end of a line"
    code | search '	' | report "tabs in C"
    text | grep -vE '^\./tests/lint/|\.md$' |
        search '\b(TODO|FIXME|XXX|HACK)\b|[Nn]ot implemented' |
        report "unfinished words: do it, or make it an issue"
    product | search '\bfor now\b' | report "provisional code"
    product | search '"(SELECT|INSERT|UPDATE|DELETE|WITH|CREATE|ALTER|DROP) ' |
        report "SQL in C strings: sql/statements/ is its place"
    ours \( -path './scripts/*' -o -path './.ci/*' \
        -o -path './cmake/debian/*' -o -path './tests/lint/*.sh' \) ! -perm -u+x |
        report "scripts without a run bit"
    ours -perm -u+x ! -path './scripts/*' ! -path './.ci/*' \
        ! -path './cmake/debian/*' ! -name '*.sh' ! -name '*.py' | report "files with a run bit that are no scripts"
}

found=$(findings)
[ -z "$found" ] || {
    echo "$found"
    exit 1
}
