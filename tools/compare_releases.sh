#!/usr/bin/env bash
# Whether two releases give the same bytes: the check before and after work that must change no answer.
#   tools/compare_releases.sh OLD NEW ASSETS WORK
# OLD and NEW are the two programs, ASSETS the folder of shared test data, WORK a folder for what they write (made
# where it is missing; a second run takes the unpacked images from there). Both convert and quantise six networks,
# answer every image (eval --per-image), train heads from one seed, join a cascade, record, merge, search, embed and
# simulate - in every precision, planned for latency and for throughput. What both read from then on is OLD's file, so
# that a difference is told where it arises and not again behind it. One line per comparison, `same` or `DIFFERENT`;
# exit 1 on any difference. OLD and NEW run side by side, each on one thread; a few comparisons use two.
# By environment: STEP (1) takes every so manieth image, PRECISIONS ("f32 bf16 int8") those that the processor has,
# NETWORKS (all six) only some. About 5 minutes on two quiet cores.
set -euo pipefail
help() { sed -n '2,/^set /{/^set /d;s/^# \{0,1\}//p}' "$0"; }
[ "${1:-}" != --help ] || { help; exit; }
[ $# -eq 4 ] || { help >&2; exit 2; }
for file in "$1" "$2"; do [ -x "$file" ] || { echo "compare_releases: $file is no program" >&2; exit 4; }; done
old=$(realpath "$1") new=$(realpath "$2") assets=$(realpath "$3")
mkdir -p "$4"
work=$(realpath "$4")
step=${STEP:-1} precisions=${PRECISIONS:-f32 bf16 int8}
networks=${NETWORKS:-resnet20 resnet56 resnet8_2ee micronet_ee squeezenet1_1 mobilenet_v2}
compared=0 different=0

run() {    # SIDE PROGRAM ARGUMENTS...: the exit code goes into a file
    cd "$work/$1" && shift
    local code=0
    "$@" --quiet >stdout 2>stderr </dev/null || code=$?
    echo $code >code
}

tell() {    # VERDICT NAME
    compared=$((compared + 1))
    [ "$1" = same ] || different=$((different + 1))
    printf '%-9s  %s\n' "$1" "$2"
}

both() {    # NAME OUTPUT ARGUMENTS...: both programs, then the bytes of OUTPUT; "stdout" is an output too
    local name=$1 output=$2
    shift 2
    rm -f "$work/old/$output" "$work/new/$output"
    run old "$old" "$@" &
    local first=$!
    run new "$new" "$@" &
    wait $first $!
    sed -i 's/"latency_us":[^,]*,//' "$work/old/stdout" "$work/new/stdout"
    local codes
    codes="$(cat "$work/old/code") $(cat "$work/new/code")"
    if [ "$codes" != "0 0" ]; then
        tell DIFFERENT "$name (exit codes $codes: $(head -n 1 -q "$work/old/stderr" "$work/new/stderr" | tr '\n' ';'))"
    elif cmp -s "$work/old/$output" "$work/new/$output"; then
        tell same "$name"
    else
        tell DIFFERENT "$name ($output)"
    fi
    cp -f "$work/old/$output" "$work/new/$output" 2>/dev/null || true
}

unpack() {    # ARCHIVE FOLDER
    [ -d "$work/data/$2" ] || { mkdir -p "$work/data/$2.part" && tar -xzf "$assets/$1" -C "$work/data/$2.part" &&
        mv "$work/data/$2.part" "$work/data/$2"; }
}

lists() {    # FOLDER: all.csv of every image (or every STEPth), some.csv of a fifth of those, some.files0 of the same
    local every
    for every in all:$step some:$((step * 5)); do
        { echo path,label
          if [ -f "$1/list.csv" ]; then
              sed 1d "$1/list.csv"
          else
              (cd "$1" && find . -name '*.png' | LC_ALL=C sort) |
                  awk -F/ '!($3 in label) { label[$3] = n++ } { print substr($0, 3) "," label[$3] }'
          fi | awk -v step="${every#*:}" 'NR % step == 1 % step'; } >"$1/${every%:*}.csv"
    done
    sed -n "2,\$s:,[0-9]*\$::p" "$1/some.csv" | while read -r name; do printf '%s\0' "$1/$name"; done >"$1/some.files0"
}

settings() {    # COMMAND ARGUMENTS...: COMMAND SUFFIX PRECISION PLAN ARGUMENTS... in each precision and plan
    local command=$1 precision plan
    shift
    for precision in $precisions; do
        for plan in latency throughput; do "$command" "$precision-$plan" $precision $plan "$@"; done
    done
}

answer() {    # SUFFIX PRECISION PLAN MODEL DATA
    both "eval $4 $1" "$4-$1.csv" eval "$4.safetensors" --data "$5/all.csv" --precision "$2" --plan "$3" --threads 1 \
        --per-image "$4-$1.csv"
}

search_and_serve() {    # SUFFIX PRECISION PLAN MODEL DATA: with exits
    local n=$4-$1 live=(--precision "$2" --plan "$3" --threads 1)
    both "record $4 $1" "$n.npz" record "$4.safetensors" --data "$5/some.csv" "${live[@]}" --scores margin,entropy \
        --topk 2 -o "$n.npz"
    both "search $4 $1" "$n.configs.json" search "$n.npz" --lambda 0.5:1.05:0.02 --threads 1 -o "$n.configs.json"
    both "eval $4 $1 balanced" "$n-live.csv" eval "$4.safetensors" --data "$5/some.csv" "${live[@]}" --batch 8 \
        --config "$n.configs.json" --per-image "$n-live.csv"
    both "eval $4 $1 fastest" "$n-live.csv" eval "$4.safetensors" --data "$5/some.csv" "${live[@]}" \
        --config "$n.configs.json:fastest" --per-image "$n-live.csv"
    both "simulate $4 $1" "$n-simulated.csv" eval --records "$n.npz" --config "$n.configs.json" \
        --per-image "$n-simulated.csv"
}

search_variants() {    # MODEL DATA: what needs no setting of its own
    local n=$1-f32-latency method shard
    for method in best one-pass circular same-threshold; do
        both "search $1 --method $method" "$n.csv" search "$n.npz" --method $method --objective plain --threads 1 \
            --lambda 0.5:1.05:0.05 --csv "$n.csv" -o "$n-$method.configs.json"
    done
    both "search $1 --conservative --score entropy" "$n-c.configs.json" search "$n.npz" --conservative --score entropy \
        --threads 1 --lambda 0.5:1.05:0.05 -o "$n-c.configs.json"
    rm -f "$work/new/$1-set.safetensors" && cp "$work/old/$1.safetensors" "$work/old/$1-set.safetensors"
    cp "$work/old/$1.safetensors" "$work/new/$1-set.safetensors"
    embed "$1" "$n"
    for shard in 0 1; do
        both "record $1 --shard $shard/2" "$n-$shard.npz" record "$1.safetensors" --data "$2/some.csv" --threads 1 \
            --shard $shard/2 -o "$n-$shard.npz"
    done
    both "merge $1" "$n-merged.npz" merge "$n-0.npz" "$n-1.npz" -o "$n-merged.npz"
}

embed() {    # MODEL RECORD: the set inside a copy of the model
    both "search $1 --embed" "$2-e.configs.json" search "$2.npz" --threads 1 --lambda 0.5:1.05:0.05 \
        --embed "$1-set.safetensors" -o "$2-e.configs.json"
    if cmp -s "$work/old/$1-set.safetensors" "$work/new/$1-set.safetensors"; then
        tell same "model of search $1 --embed"
    else
        tell DIFFERENT "model of search $1 --embed ($1-set.safetensors)"
    fi
}

network() {    # NAME FILE DATA RECIPE...
    local name=$1 file=$2 data=$work/data/$3
    shift 3
    [[ " $networks " == *" $name "* ]] || return 0
    both "convert $name" "$name-f32.safetensors" convert "$assets/$file" "$@" -o "$name-f32.safetensors"
    both "quantize $name" "$name.safetensors" quantize "$name-f32.safetensors" --data "$data/some.csv" --images 100 \
        --threads 1 -o "$name.safetensors"
    [ -f "$work/old/$name.safetensors" ] || return 0
    settings answer "$name" "$data"
    both "classify $name" stdout classify "$name.safetensors" --files0-from "$data/some.files0" --jsonl --batch 4 --threads 1 --topk 3
    both "eval $name on two threads" "$name-2.csv" eval "$name.safetensors" --data "$data/some.csv" --threads 2 \
        --per-image "$name-2.csv"
}

with_exits() {    # MODEL DATA
    [ -f "$work/old/$1.safetensors" ] || return 0
    settings search_and_serve "$1" "$work/data/$2"
    search_variants "$1" "$work/data/$2"
}

trained_heads() {
    [ -f "$work/old/resnet20.safetensors" ] || return 0
    both "train heads of resnet20" heads20.safetensors train resnet20.safetensors --data "$work/data/cifar10/some.csv" \
        --heads linear,grid4-mlp2x64 --epochs 1 --passes 2 --threads 1 --seed 7 -o heads20.safetensors
    [ ! -f "$work/old/resnet8_2ee.safetensors" ] ||
        both "cascade" cascade.safetensors cascade resnet8_2ee.safetensors heads20.safetensors -o cascade.safetensors
}

unpack cifar10/test.tar.gz cifar10
unpack cifar100/test.tar.gz cifar100
unpack imagenet/val300.tar.gz imagenet
for folder in cifar10 cifar100 imagenet; do lists "$work/data/$folder"; done
rm -rf "$work/old" "$work/new"
mkdir "$work/old" "$work/new"

imagenet=(--mean 0.485,0.456,0.406 --std 0.229,0.224,0.225)
network resnet20 cifar10/cifar10_resnet20.onnx cifar10 "${imagenet[@]}"
network resnet56 cifar10/cifar10_resnet56.safetensors cifar10 --arch cifar_resnet56 "${imagenet[@]}" --resize none --crop none
network resnet8_2ee cifar10/resnet8_2ee.onnx cifar10 --mean 0,0,0 --std 1,1,1
network micronet_ee cifar100/micronet_ee.onnx cifar100 --mean 0.5071,0.4867,0.4408 --std 0.2675,0.2565,0.2761
network squeezenet1_1 imagenet/squeezenet1_1.onnx imagenet "${imagenet[@]}" --crop 224
network mobilenet_v2 imagenet/mobilenet_v2.onnx imagenet --mean 0.5,0.5,0.5 --std 0.5,0.5,0.5 --crop 224 --drop-class 0
trained_heads
with_exits resnet8_2ee cifar10
with_exits micronet_ee cifar100
with_exits heads20 cifar10
with_exits cascade cifar10
echo "compare_releases: $compared comparisons, $different different"
[ $different -eq 0 ]
