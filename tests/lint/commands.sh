#!/bin/sh
# Check that the manual page and the completion know every command there is.
#
#   commands.sh SOURCE_DIR FOLLOWUP
set -eu
cd "$1"
bad=0
commands=$("$2" --help |
    sed -n '/^Commands/,/^$/s/^  \([a-z][a-z-]*\) .*/\1/p')
[ -n "$commands" ] || {
    echo "followup --help lists no commands"
    exit 1
}
for command in $commands; do
    # The manual page writes a dash as \-.
    sed 's/\\-/-/g' docs/followup.1 | grep -qwE -- "^\.BR?.* $command" || {
        echo "docs/followup.1: no $command"
        bad=1
    }
    sed -n '/commands="/,/"$/p' worker/app/completion.bash |
        grep -qE -- "(^|[ \"])$command( |\"|$)" || {
        echo "worker/app/completion.bash: no $command"
        bad=1
    }
done
exit $bad
