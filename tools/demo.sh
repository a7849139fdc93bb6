#!/usr/bin/env bash
# Sets dyce up on a bare Debian machine, builds it and classifies pictures.
#   tools/demo.sh                     with the CIFAR-10 network in ../shared, when it is there
#   tools/demo.sh MODEL PICTURE...    with a model made by `dyce convert`
set -euo pipefail
root=$(cd "$(dirname "$0")/.." && pwd)
dyce=$root/build/release/tools/dyce

"$root/tools/setup.sh"
(cd "$root" && cmake --preset release -DDYCE_TESTS=OFF &&
    cmake --build --preset release --parallel "$(nproc)" --target dyce_program) >&2

if [ $# -ge 2 ]; then
    exec "$dyce" classify "$@"
fi

assets=${DYCE_SHARED:-$root/../shared}/assets/cifar10
if [ ! -f "$assets/cifar10_resnet56.onnx" ]; then
    echo "dyce is built: $dyce"
    echo "It needs a model to classify with. Convert one and pass it with pictures:"
    echo "  $dyce convert resnet50.onnx --preset imagenet -o resnet50.safetensors"
    echo "  tools/demo.sh resnet50.safetensors cat.jpg"
    exit 0
fi

work=$root/build/demo
mkdir -p "$work"
tar -xzf "$assets/test.tar.gz" -C "$work"
ls "$work/test" >"$work/labels.txt"
mapfile -t pictures < <(for class in "$work"/test/*; do find "$class" -name '*.png' | sort | head -n 1; done)
"$dyce" convert "$assets/cifar10_resnet56.onnx" --preset cifar10 --labels "$work/labels.txt" \
    -o "$work/cifar10_resnet56.safetensors"
"$dyce" classify "$work/cifar10_resnet56.safetensors" --topk 3 "${pictures[@]}"
