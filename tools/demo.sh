#!/usr/bin/env bash
# Sets dyce up on a bare Debian machine, builds it and classifies images.
#   tools/demo.sh                     six drawn ones, with the embedded model in three configurations
#   tools/demo.sh [MODEL] PICTURE...  yours; MODEL.safetensors is made by `dyce convert`
set -euo pipefail
root=$(cd "$(dirname "$0")/.." && pwd)
dyce=$root/build/release/tools/dyce

"$root/tools/setup.sh"
(cd "$root" && cmake --preset release && cmake --build --preset release --parallel "$(nproc)") >&2

if [ $# -gt 0 ]; then
    exec "$dyce" classify "$@"
fi

images=("$root"/tools/demo/*.png)
echo "$dyce classify tools/demo/*.png --config :NAME"
echo
printf '%-14s %-12s %-12s %6s %6s %14s %8s\n' configuration picture answer sure exit multiply-adds ms
for configuration in fastest balanced most-accurate; do
    # The first image also pays for waking everything up, so one goes ahead whose row is dropped.
    "$dyce" classify "${images[0]}" "${images[@]}" --config ":$configuration" --topk 1 --csv --workers 1 |
        awk -F, -v name="$configuration" 'NR > 2 {
            sub(".*/", "", $1); sub("[.]png$", "", $1)
            printf "%-14s %-12s %-12s %4.0f %% %6s %14d %8.2f\n", name, $1, $4, 100 * $5,
                $7 == "final" ? "final" : $6, $8, $9 / 1000
        }'
done
