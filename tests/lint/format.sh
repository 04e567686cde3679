#!/bin/sh
# Check that clang-format 14 would change nothing.
#
#   format.sh SOURCE_DIR CLANG_FORMAT
set -eu
cd "$1"
find worker include tests -name '*.[ch]' | sort |
    xargs "$2" --dry-run --Werror --style=file
