#!/usr/bin/env bash
# Lays all C++ files out by .clang-format; with --check only tells which are not. Other versions than 14
# lay code out differently and are not used.
set -euo pipefail
cd "$(dirname "$0")/.."

for clang_format in clang-format-14 clang-format none; do
    "$clang_format" --version 2>/dev/null | grep -q 'version 14\.' && break
done
if [ "$clang_format" = none ]; then
    echo "skipped: no clang-format 14"
    exit 0
fi

action=(-i)
[ "${1:-}" != --check ] || action=(--dry-run -Werror)
find runtime ops graph models loaders search tools tests examples \( -name '*.h' -o -name '*.cpp' \) -print0 |
    xargs -0 "$clang_format" "${action[@]}"
