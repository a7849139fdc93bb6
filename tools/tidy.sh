#!/usr/bin/env bash
# Looks for defects that compilers let pass, by clang-tidy 14 and the short list in .clang-tidy; what it finds fails.
#   tools/tidy.sh              every source file (minutes)
#   tools/tidy.sh FILE..       these; of a header the source of its name, else one that includes it
#   tools/tidy.sh --changed    what differs from the merge base with main, on main itself from the commit before;
#                              of a large change the 20 most changed files (MOST=N: so many)
# Other versions find other things and are not used. Where history is cut off there is nothing to compare with.
set -euo pipefail
cd "$(dirname "$0")/.."
folders=(runtime ops graph models loaders search tools)

for tidy in clang-tidy-14 clang-tidy none; do
    "$tidy" --version 2>/dev/null | grep -q 'version 14\.' && break
done
[ "$tidy" != none ] || { echo "skipped: no clang-tidy 14"; exit 0; }

base() {    # the commit to compare with, or nothing
    local from head
    head=$(git rev-parse HEAD 2>/dev/null) || return 0
    for from in origin/main main; do
        from=$(git merge-base "$from" HEAD 2>/dev/null) || continue
        [ "$from" = "$head" ] || { echo "$from"; return; }
    done
    git rev-parse --verify --quiet HEAD^ || true
}

changed() {    # most changed first
    local from
    from=$(base)
    [ -n "$from" ] || { echo "tidy: no commit to compare with" >&2; return 0; }
    { git diff --numstat --no-renames --diff-filter=d "$from" -- "${folders[@]}"
      git ls-files --others --exclude-standard -- "${folders[@]}" | sed 's/^/9999\t0\t/'; } |
        sort -rn | cut -f 3 | grep -E '\.(h|cpp)$' | head -n "${MOST:-20}" || true
}

source_of() {    # the file to compile for a change of $1
    local twin=${1%.h}.cpp
    case $1 in
        *.cpp) echo "$1" ;;
        *) if [ -f "$twin" ]; then echo "$twin"; else
               grep -rlF --include='*.cpp' -e "\"$1\"" -e "<${1#runtime/include/}>" -- "${folders[@]}" | sort | head -n 1
           fi || true ;;
    esac
}

case ${1:-} in
    '') mapfile -t files < <(find "${folders[@]}" -name '*.cpp' | sort) ;;
    --changed) mapfile -t files < <(changed) ;;
    *) files=("$@") ;;
esac
mapfile -t sources < <(for file in "${files[@]}"; do source_of "$file"; done | sort -u)
[ ${#sources[@]} -gt 0 ] || { echo "tidy: nothing to look at"; exit 0; }

cmake --preset units >/dev/null
# A line for each warning; what was suppressed and where headers came from is left out.
printf '%s\0' "${sources[@]}" |
    xargs -0 -n 1 -P "$(nproc)" "$tidy" -p build/units --quiet 2> >(grep -v 'warnings\? \(generated\|treated\)' >&2)
echo "tidy: ${#sources[@]} files, no complaints"
