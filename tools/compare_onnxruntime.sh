#!/usr/bin/env bash
# Speed beside ONNX Runtime's in f32: both engines in alternation on the same ONNX files, medians and ratios.
#   tools/compare_onnxruntime.sh DYCE MODELS [MODEL...]
# DYCE is the program, MODELS a folder of .onnx files (with MODEL.. only those, without .onnx). Settings by
# environment: BATCHES (1,16), THREADS (1,2), SECONDS_EACH (2), ROUNDS (3), PRECISION of dyce (f32; int8 is calibrated
# on PICTURES, class folders); NODE_PATH where onnxruntime-node is installed. Batches are planned for throughput, single
# images for latency. The models are converted into a temporary folder; PRESET names how (cifar10 for cifar*, else
# imagenet).
set -euo pipefail
[ $# -ge 2 ] || { sed -n '2,8s/^# \{0,1\}//p' "$0" >&2; exit 2; }
dyce=$1 models=$2
shift 2
root=$(cd "$(dirname "$0")/.." && pwd)
batches=${BATCHES:-1,16} threads=${THREADS:-1,2} seconds=${SECONDS_EACH:-2} rounds=${ROUNDS:-3}
precision=${PRECISION:-f32}

# The peer's own script where there is one; else what is below, which needs no more than its package.
peer=${DYCE_SHARED:-$root/../shared}/peers/onnxruntime_bench.js
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
if [ ! -f "$peer" ]; then
    peer=$folder/peer.js
    cat >"$peer" <<'JS'
const ort = require('onnxruntime-node');
const option = name => process.argv[process.argv.indexOf('--' + name) + 1];
(async () => {
    const threads = Number(option('threads')), batch = Number(option('batch'));
    const session = await ort.InferenceSession.create(process.argv.at(-1),
        {intraOpNumThreads: threads, interOpNumThreads: 1});
    const shape = session.inputMetadata[0].shape.map((d, i) => i === 0 ? batch : d);
    const data = new Float32Array(shape.reduce((a, b) => a * b, 1)).map(() => Math.random() - 0.5);
    const feed = {[session.inputNames[0]]: new ort.Tensor('float32', data, shape)};
    for (let i = 0; i < 3; i++) await session.run(feed);
    const times = [], end = Date.now() + 1000 * Number(option('seconds'));
    while (Date.now() < end || times.length < 5) {
        const start = process.hrtime.bigint();
        await session.run(feed);
        times.push(Number(process.hrtime.bigint() - start) / 1e6);
    }
    times.sort((a, b) => a - b);
    console.log(JSON.stringify({median_ms: times[times.length >> 1]}));
})().catch(error => { console.error(String(error)); process.exit(1); });
JS
fi

median_of() { sed -n 's/.*"median_ms": *\([0-9.]*\).*/\1/p' | head -n 1; }
middle() { sort -g | awk '{v[NR] = $1} END {print v[int((NR + 1) / 2)]}'; }
ours() {
    local plan=latency
    [ "$2" -eq 1 ] || plan=throughput
    "$dyce" bench "$1" --batch "$2" --threads "$3" --precision "$precision" --tune "$plan" --duration "$seconds" \
        --json --quiet | median_of
}
theirs() { node "$peer" --batch "$2" --threads "$3" --seconds "$seconds" "$1" | median_of; }

[ $# -gt 0 ] || set -- $(cd "$models" && ls ./*.onnx | sed 's,^./,,; s,[.]onnx$,,')
peak() { "$dyce" bench --peak --threads "$1" --duration 1 --json --quiet | sed -n 's/.*"gflops": *\([0-9.]*\).*/\1/p'; }
declare -A peaks
for t in ${threads//,/ }; do peaks[$t]=$(peak "$t"); printf 'peak with %d threads: %.0f GFLOP/s\n' "$t" "${peaks[$t]}"; done
printf '%-22s %5s %7s %10s %14s %6s %14s\n' model batch threads 'dyce ms' 'ONNX Rt. ms' ratio 'of the peak'
for name in "$@"; do
    preset=imagenet
    case $name in *cifar*) preset=cifar10 ;; esac
    "$dyce" convert "$models/$name.onnx" --preset "${PRESET:-$preset}" -o "$folder/$name.safetensors" --quiet
    if [ "$precision" = int8 ]; then
        "$dyce" quantize "$folder/$name.safetensors" --data "${PICTURES:?}" -o "$folder/int8.safetensors" --quiet
        mv "$folder/int8.safetensors" "$folder/$name.safetensors"
    fi
    macs=$("$dyce" inspect "$folder/$name.safetensors" --json | sed -n 's/^  "macs": *\([0-9]*\),.*/\1/p' | head -n 1)
    for batch in ${batches//,/ }; do
        for t in ${threads//,/ }; do
            : >"$folder/ours" && : >"$folder/theirs"
            for _ in $(seq "$rounds"); do
                ours "$folder/$name.safetensors" "$batch" "$t" >>"$folder/ours"
                theirs "$models/$name.onnx" "$batch" "$t" >>"$folder/theirs"
            done
            printf '%s %s %s %s %s %s %s\n' "$name" "$batch" "$t" "$(middle <"$folder/ours")" \
                "$(middle <"$folder/theirs")" "$macs" "${peaks[$t]}" |
                awk '{printf "%-22s %5d %7d %10.3f %14.3f %6.2f %12.0f %%\n", $1, $2, $3, $4, $5, $4 / $5,
                      100 * 2 * $6 * $2 / ($4 * 1e6) / $7}'
        done
    done
done
