#!/usr/bin/env bash
# Makes models/default.safetensors: trains it on CIFAR-10, finds its configurations on images that training did
# not see, and stores them in it.
#   tools/train_default.sh DYCE TRAIN FOLDER
# DYCE is the program, TRAIN a folder of class folders with CIFAR-10's training images, FOLDER takes what comes
# up on the way. Goes on where it was interrupted. The same images give the same bytes on one kind of machine.
set -euo pipefail
dyce=$1 train=$(cd "$2" && pwd) folder=$3
mkdir -p "$folder"

# Every 18th image, the first one included, is held out.
if [ ! -d "$folder/split" ]; then
    rm -rf "$folder/split.part"
    (cd "$train" && find . -type f -name '*.png' | LC_ALL=C sort) |
        awk -v train="$train" -v to="$folder/split.part" '{
            name = substr($0, 2); class = name; sub("/[^/]*$", "", class)
            part = to (NR % 18 == 1 ? "/held" : "/train")
            print part class; print train name > "/dev/stderr"; print part name > "/dev/stderr"
        }' 2>"$folder/links" | sort -u | xargs -d '\n' mkdir -p
    xargs -d '\n' -n 2 ln -s <"$folder/links"
    rm "$folder/links"
    mv "$folder/split.part" "$folder/split"
fi

model=$folder/default.safetensors
# Twenty-four epochs, then sixteen more from a warm restart.
for epochs in 24 40; do
    "$dyce" train --from-scratch --arch cifar_resnet11 --resize 32 --crop 32 --data "$folder/split/train" \
        --heads grid2-mlp2x64 --sites 0,1,2,3 --exit-weight 0.3 --epochs $epochs --batch 128 --lr 0.1 \
        --precision bf16 --weight-decay 0.0005 --smoothing 0.1 --cutout 8 --ema 0.999 --store bf16 --holdout 0 \
        --threads 1 --seed 1 --checkpoint "$folder/checkpoint" --resume --log "$folder/log.csv" -o "$model"
done
"$dyce" record "$model" --data "$folder/split/held" -o "$folder/held.npz"
"$dyce" search "$folder/held.npz" -o "$folder/default.configs.json" --embed "$model"
echo "$model"
