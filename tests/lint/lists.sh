#!/bin/sh
# Every source and every test is named in the list of its room: what is not is
# neither built nor run, and nobody would notice.
set -eu
cd "$1"
bad=0
for file in $(find worker tests \( -name 'test_*.c' -o -path 'worker/*.c' \) \
    -print | sort); do
    room=$(dirname "$file")
    name=$(basename "$file" .c)
    case $file in
    tests/*) name=${name#test_} ;;
    *) name=$name.c ;;
    esac
    # A room may have its list in a folder below.
    cat "$room"/CMakeLists.txt "$room"/*/CMakeLists.txt 2>/dev/null |
        grep -qE "(^|[^a-z_])$name([^a-z_]|\$)" || {
        echo "$file is in no list"
        bad=1
    }
done
exit $bad
