#!/usr/bin/env bash
# Whatever an environment says of threads, answers are the same bits.
#   check.sh variables ANSWERS      OpenMP's variables
#   check.sh no-threads ANSWERS     a user who may start none: the same bits, or exit code 5
set -euo pipefail
what=$1 answers=$2
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

case $what in
variables)
    env -u OMP_NUM_THREADS "$answers" > "$work/expected"
    [ -s "$work/expected" ]
    for variable in OMP_DYNAMIC=true OMP_THREAD_LIMIT=1 OMP_THREAD_LIMIT=2 OMP_MAX_ACTIVE_LEVELS=0 OMP_NUM_THREADS=0 \
        OMP_NUM_THREADS=-1 OMP_NUM_THREADS=abc OMP_NUM_THREADS=4,2 OMP_NUM_THREADS=1000 OMP_PROC_BIND=true; do
        env "$variable" "$answers" > "$work/found" 2> "$work/said" || { cat "$work/said"; exit 1; }
        diff "$work/expected" "$work/found" || { echo "with $variable"; exit 1; }
    done
    ;;
no-threads)
    if [ "$(id -u)" != 0 ]; then
        echo "skipped: no right to become another user"
        exit
    fi
    chmod 755 "$work"
    install -m 755 "$answers" "$work/answers"
    export ASAN_OPTIONS=detect_leaks=0  # looking for leaks takes a thread of the sanitizer's own
    limited() { setpriv --reuid=64123 --regid=64123 --clear-groups prlimit --nproc=1 "$work/answers" "$@"; }
    "$work/answers" 1 > "$work/expected"
    limited 1 | diff "$work/expected" -
    code=0
    limited 2 > "$work/found" 2> "$work/said" || code=$?
    cat "$work/said"
    [ "$code" = 5 ]
    grep -q "cannot start a thread" "$work/said"
    ;;
esac
