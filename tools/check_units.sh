#!/usr/bin/env bash
# Whether every source file compiles alone, as it does not when folders are built several files at a time: each
# must include what it uses. Syntax only, by clang; nothing is written but build/units.
set -euo pipefail
cd "$(dirname "$0")/.."

cmake --preset units -DDYCE_WERROR=ON >/dev/null
python3 - build/units/compile_commands.json <<'PYTHON' |
import json, shlex, sys
for unit in json.load(open(sys.argv[1])):
    words = shlex.split(unit["command"])
    at = words.index("-o")
    print(shlex.join(["cd", unit["directory"]]), "&&", shlex.join(words[:at] + words[at + 2:] + ["-fsyntax-only"]))
PYTHON
    tr '\n' '\0' | xargs -0 -P "$(nproc)" -I '{}' sh -c '{}'
echo "check_units: every file compiles alone"
