#!/bin/sh
# measure_one_branch.sh DYCE MODEL TRAIN TEST FOLDER: exit heads of their own against one branch for all sites, the table of
# docs/exits.md.
#
# MODEL is cifar_resnet56 without heads, TRAIN and TEST are images in class folders. Every type is trained at several rates with
# three seeds, on one cache of features; FOLDER keeps what is done, so that the same command goes on. Needs python3-numpy.
set -eu
dyce=$1 model=$2 train=$3 test=$4 folder=$5
types="grid4-mlp2x128:0.002,0.004,0.008,0.016 grid4-mlp2x8:0.008,0.016,0.032 stage-grid4-80:0.02,0.04
    stage-grid4-64:0.01,0.02,0.04,0.08 stage-grid4-32:0.02,0.04 shared-grid4-32:0.006,0.012,0.024"
mkdir -p "$folder/cache"
for seed in 0 1 2; do
    for row in $types; do
        type=${row%%:*}
        for rate in $(echo "${row#*:}" | tr , ' '); do
            name=$folder/$type.$rate.$seed
            [ -e "$name.1.npz" ] && continue
            "$dyce" train "$model" --data "$train" --heads "$type" --passes 1 --epochs 5 --lr "$rate" --seed "$seed" \
                --cache "$folder/cache" --threads 1 --quiet -o "$name.safetensors"
            for half in 0 1; do
                "$dyce" record "$name.safetensors" --data "$test" --shard $half/2 --threads 1 --quiet -o "$name.$half.npz"
            done
        done
    done
done
"$(dirname "$0")/compare_branches.py" "$dyce" "$folder"
