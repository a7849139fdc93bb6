#!/bin/sh
# measure_compression.sh DYCE NORMS20 NORMS56 TRAIN TEST FOLDER [OPTION..]: the figures of docs/compress.md.
#
# NORMS20 and NORMS56 are cifar_resnet20 and cifar_resnet56 as `dyce convert --keep-norms` writes them, TRAIN and TEST images
# in class folders. Each row trains for a while and can be interrupted: the same command goes on. OPTIONs go to `dyce compress`
# (--epochs 12 --precision bf16). Prints bytes and the accuracy of TEST, which judges nothing on the way.
set -eu
dyce=$1 norms20=$2 norms56=$3 train=$4 test=$5 folder=$6
shift 6
mkdir -p "$folder"

accuracy() { "$dyce" eval "$1" --data "$test" --quiet --json | sed -n 's/.*"base_accuracy": \([0-9.]*\).*/\1/p' | head -1; }

row() { # NAME MODEL KILOBYTES OPTION..
    name=$1 model=$2 kilobytes=$3
    shift 3
    [ -e "$folder/$name.safetensors" ] ||
        "$dyce" compress "$model" --target-kb "$kilobytes" --data "$train" -o "$folder/$name.safetensors" --holdout 0.05 \
            --max-drop 100 --checkpoint "$folder/$name.checkpoint" --resume --json "$@" > "$folder/$name.json"
    echo "$name: $(wc -c < "$folder/$name.safetensors") bytes, $(accuracy "$folder/$name.safetensors")"
}

for model in "$norms20" "$norms56"; do echo "$model: $(wc -c < "$model") bytes, $(accuracy "$model")"; done
row resnet20-100 "$norms20" 100 "$@"
row resnet20-100-one-shot "$norms20" 100 --schedule one-shot "$@"
row resnet20-75 "$norms20" 75 "$@"
row resnet56-260 "$norms56" 260 "$@"
row resnet56-200 "$norms56" 200 "$@"
