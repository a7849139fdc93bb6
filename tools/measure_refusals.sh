#!/usr/bin/env bash
# How long the release program takes, and how much memory, to refuse hostile files of every kind; they are made
# for the run and removed. Exits with 1 when one takes over 100 ms or over 64 MiB above `dyce --version`. Needs
# python3 and 4 GB of room in the temporary folder.
set -euo pipefail
root=$(cd "$(dirname "$0")/.." && pwd)
dyce=$root/build/release/tools/dyce

(cd "$root" && cmake --preset release && cmake --build --preset release --target dyce_program) >&2
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -B "$root/tests/refusals/make_files.py" "$dyce" "$work"
python3 -B "$root/tests/refusals/measure.py" "$dyce" "$work/cases.json"
