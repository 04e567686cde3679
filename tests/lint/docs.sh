#!/bin/sh
# Check what the documentation says against what it speaks of: every setting
# with its default, every command and field, what the maps name, every link.
#
#   docs.sh [SOURCE_DIR]
set -eu
cd "${1:-.}"
bad=0

complain() {
    echo "$1"
    bad=1
}

# "name default" of each row of options.def; rows may span lines. A default
# that is empty, or "0" for "as the database has it", is said in words.
options=$(sed '/^\/\*/,/\*\//d' worker/app/options.def | tr '\n' ' ' |
    sed 's/FUP_OPTION(/\n/g' |
    sed -n 's/^\([a-z_]*\), [A-Z]*, "[^"]*", [0-9]*, [0-9]*, *"\([^"]*\)".*/\1 \2/p')
[ "$(echo "$options" | wc -l)" = \
    "$(grep -c '^FUP_OPTION(' worker/app/options.def)" ] || {
    echo "worker/app/options.def: not understood"
    exit 1
}
while read -r name fallback; do
    row=$(grep "^| \`$name\` |" README.md || true)
    [ -n "$row" ] || {
        complain "README.md: no setting $name"
        continue
    }
    [ -z "$fallback" ] || case $row in
        "| \`$name\` | \`$fallback\` |"*) ;;
        *) complain "README.md: the default of $name is $fallback" ;;
    esac
done <<LIST
$options
LIST
known=$(echo "$options" | sed 's/ .*//')
for name in $(sed -n '/^## Settings/,/^## /s/^| `\([a-z_]*\)` |.*/\1/p' \
    README.md); do
    echo "$known" | grep -qx "$name" ||
        complain "README.md: there is no setting $name"
done

# Words of the codec: actions and statuses, fields of commands and receipts.
words=$(sed -n 's/^ *X([A-Z_]*, "\([a-z_]*\)").*/\1/p' \
    include/codec/command.h include/codec/receipt.h
    sed -n 's/^ *\[FIELD_[A-Z_]*\] = {"\([a-z_]*\)".*/\1/p' \
        worker/codec/command.c worker/codec/receipt.c)
[ -n "$words" ] || complain "include/codec: no words found"
for word in $words; do
    grep -q "\`$word\`" docs/redis.md || complain "docs/redis.md: no $word"
done

# The maps: layers and states; tables, functions and statements.
for word in $(sed -n 's/^\([a-z]*\):.*/\1/p' worker/LAYERS) \
    $(sed -n 's/^ *\[[A-Z_]*\] = {"\([a-z]*\)".*/\1/p' \
        worker/engine/turn.c worker/pg/session.c worker/redis/session.c \
        worker/sender/sender.c); do
    grep -qE "(\`|\*\*)$word(\`|\*\*)" worker/README.md ||
        complain "worker/README.md: no $word"
done
for word in $(cat sql/migrations/*.sql sql/functions/*.sql |
    sed -n 's/^CREATE //; s/^OR REPLACE //
        s/^\(TABLE\|FUNCTION\) followup\.\([a-z_]*\).*/\2/p') \
    $(find sql/statements -name '*.sql' | sed 's/.*\///; s/\.sql$//'); do
    grep -qE "(\`|\*\*)$word(\(\)\`|\`|\*\*)" sql/README.md ||
        complain "sql/README.md: no $word"
done

# Links to files of the tree.
for file in $(find . \( -path ./build -o -path ./.git \) -prune -o \
    -name '*.md' -print | sort); do
    for link in $(grep -o '](\([^)#: ]*\)[)#]' "$file" |
        sed 's/^](//; s/[)#]$//'); do
        [ -z "$link" ] || [ -e "$(dirname "$file")/$link" ] ||
            complain "$file: $link is not there"
    done
done
exit $bad
