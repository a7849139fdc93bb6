#!/bin/sh
# measure_gates.sh DYCE NORMS20 NORMS56 TRAIN TEST FOLDER [OPTION..]: networks without some blocks, and with gates before them.
#
# NORMS20 and NORMS56 are cifar_resnet20 and cifar_resnet56 as `dyce convert --keep-norms` writes them, TRAIN and TEST images
# in class folders. Each row trains for a while and can be interrupted: the same command goes on. OPTIONs go to `dyce train`
# (--epochs 6 --precision bf16); ROWS="resnet20-drop resnet56-gates" and SHARES="0.9 0.8" name the tables to make. Prints
# multiply-adds of the network and the accuracy of TEST, which judges nothing on the way; for gates what TEST ran of them, what
# the same gates are worth when each does what it mostly did, and when it opens by chance as often.
set -eu
dyce=$1 norms20=$2 norms56=$3 train=$4 test=$5 folder=$6
shift 6
mkdir -p "$folder"
rows=${ROWS:-resnet20-drop resnet20-gates resnet56-drop resnet56-gates}

figure() { sed -n "s/.*\"$1\": \([0-9.]*\).*/\1/p" | head -1; }
accuracy() { "$dyce" eval "$1" --data "$test" --quiet --json | figure base_accuracy; }

row() { # NAME MODEL OPTION..
    name=$1 model=$2
    shift 2
    [ -e "$folder/$name.safetensors" ] ||
        "$dyce" train --fine-tune "$model" --teacher "$teacher" --data "$train" -o "$folder/$name.safetensors" --holdout 0.05 \
            --lr 0.02 --weight-decay 0.0001 --clip 5 --alpha 0.3 --temperature 4 --checkpoint "$folder/$name.checkpoint" \
            --resume --log "$folder/$name.csv" "$@" 2>> "$folder/$name.log"
    case $name in
    *-gates-*)
        echo "$name:"
        "$dyce" eval "$folder/$name.safetensors" --data "$test" --quiet --gates-report --gates-random 5
        ;;
    *) echo "$name: $("$dyce" inspect "$folder/$name.safetensors" --json | figure macs) multiply-adds, $(accuracy "$folder/$name.safetensors")" ;;
    esac
}

for table in $rows; do
    case $table in
    resnet20-*) model=$norms20 ;;
    *) model=$norms56 ;;
    esac
    # The network itself, norms folded, which answers faster.
    teacher=$folder/teacher-${table%%-*}.safetensors
    [ -e "$teacher" ] || "$dyce" train --fine-tune "$model" --drop-blocks auto:1 --epochs 0 --data "$test" -o "$teacher" --quiet
    echo "$table: $("$dyce" inspect "$model" --json | figure macs) multiply-adds, $(accuracy "$model") before"
    for share in ${SHARES:-0.9 0.8 0.7 0.6}; do
        case $table in
        *-drop) row "$table-$share" "$model" --drop-blocks "auto:$share" "$@" ;;
        *-gates) row "$table-$share" "$model" --gates ff16 --target "$share" "$@" ;;
        esac
    done
done
