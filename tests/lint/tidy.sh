#!/bin/sh
# Run clang-tidy 14 over the files of worker/ and tests/ in the compile
# database. A file found clean is not looked at again until it, a header, the
# settings or its command change.
#
#   tidy.sh SOURCE_DIR BUILD_DIR CLANG_TIDY
set -eu
source=$1 build=$2 tidy=$3
cache=$build/tidy
mkdir -p "$cache"
cd "$source"

# What every file's verdict depends on.
common=$({
    "$tidy" --version
    cat .clang-tidy tests/.clang-tidy
    find include worker tests "$build/worker" -name '*.h' | sort | xargs cat
} | sha256sum | cut -d ' ' -f 1)

# One line a file: its stamp and its path.
awk -v source="$source/" '
/"command":/ { command = $0 }
/"file":/ {
    file = $0
    sub(/^[^:]*: *"/, "", file)
    sub(/",?$/, "", file)
    if (index(file, source "worker/") == 1 || index(file, source "tests/") == 1)
        print file "\t" command
}' "$build/compile_commands.json" | sort -u | while IFS= read -r line; do
    file=${line%%	*}
    sum=$({ echo "$common $line"; cat "$file"; } | sha256sum | cut -d ' ' -f 1)
    [ -e "$cache/$sum" ] || echo "$cache/$sum $file"
done >"$cache/list"

# shellcheck disable=SC2016
xargs -r -n 2 -P "$(nproc)" sh -c '
    "$0" -p "$1" --quiet "$3" 2>&1 | grep -v "warnings\? generated\.$" \
        >"$2.log"
    if grep -qE "(warning|error):" "$2.log"; then
        # The verdicts; how it came to them is for the command line.
        grep -A 2 -E "(warning|error):" "$2.log"
        rm -f "$2.log"
        exit 1
    fi
    mv "$2.log" "$2"' "$tidy" "$build" <"$cache/list"
