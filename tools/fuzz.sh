#!/usr/bin/env bash
# Reads damaged files of every kind with the program under AddressSanitizer and UndefinedBehaviorSanitizer.
#   tools/fuzz.sh [--seconds 30] [--lanes 2] [--seed 1] [--keep FOLDER] [TARGET ..]
# So many seconds a target (tests/refusals/mutate.py has them); files that found something stay in FOLDER. Exits with 1 then.
set -euo pipefail
root=$(cd "$(dirname "$0")/.." && pwd)
(cd "$root" && cmake --preset asan && cmake --build --preset asan --target dyce_program) >&2
exec python3 -B "$root/tests/refusals/mutate.py" "$root/build/asan/tools/dyce" "$@"
