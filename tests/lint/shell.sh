#!/bin/sh
# Run shellcheck over every script.
#
#   shell.sh SOURCE_DIR SHELLCHECK
set -eu
cd "$1"
find scripts .ci cmake/debian tests/lint -type f ! -name CMakeLists.txt ! -name '*.py' |
    sort | xargs "$2" --severity=warning
