#!/bin/sh
# Check that every #include in worker/ and include/ goes down the layers as
# worker/LAYERS allows, and that foreign headers named there stay in the layers
# that may have them.
#
#   layers.sh [SOURCE_DIR]
set -eu
cd "${1:-.}"
find worker include -name '*.[ch]' | sort | xargs awk '
# worker/LAYERS: "layer: allowed layer or <header> ..."
FNR == NR {
    sub(/#.*/, "")
    if (split($0, part, ":") != 2) next
    known[part[1]] = 1
    may[part[1], part[1]] = 1
    n = split(part[2], word, " ")
    for (i = 1; i <= n; i++) {
        may[part[1], word[i]] = 1
        if (word[i] ~ /^</) foreign[word[i]] = 1
    }
    next
}
FNR == 1 {
    split(FILENAME, dir, "/")
    layer = dir[2]
    if (!(layer in known)) {
        print FILENAME ":1: layer " layer " is not in worker/LAYERS"
        bad = 1
    }
}
/^[ \t]*#[ \t]*include/ {
    what = $0
    sub(/^[ \t]*#[ \t]*include[ \t]*/, "", what)
    sub(/[ \t]*(\/\*.*)?$/, "", what)
    if (what ~ /^"[a-z_]+\//) {
        gsub(/"/, "", what)
        sub(/\/.*/, "", what)
    } else if (!(what in foreign)) {
        next
    }
    if (!((layer, what) in may)) {
        print FILENAME ":" FNR ": " layer " may not include " what
        bad = 1
    }
}
END { exit bad }' worker/LAYERS
