#!/usr/bin/env bash
# Installs dyce beside its build tree and uses it as an outside project does.
#   check.sh install BUILD_TREE MAKE_MODEL PREFIX           installs into PREFIX, writes a model there
#   check.sh cmake|pkgconfig PREFIX WORK CXX CXXFLAGS       builds project/ against PREFIX and runs it
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)

if [ "$1" = install ]; then
    build_tree=$2 make_model=$3 prefix=$4
    rm -rf "$prefix"
    cmake --install "$build_tree" --prefix "$prefix"
    "$make_model" "$prefix/colours.safetensors"
    exit
fi

how=$1 prefix=$2 work=$3 cxx=$4 flags=$5
rm -rf "$work"
mkdir -p "$work"
case $how in
cmake)
    cmake -S "$here/project" -B "$work" -G Ninja -DCMAKE_PREFIX_PATH="$prefix" -DCMAKE_CXX_COMPILER="$cxx" \
        -DCMAKE_CXX_FLAGS="$flags"
    cmake --build "$work"
    ;;
pkgconfig)
    pc=$(find "$prefix" -name dyce.pc)
    libdir=$(dirname "$(dirname "$pc")")
    static=()
    [ -e "$libdir/libdyce.so" ] || static=(--static)
    read -ra options < <(PKG_CONFIG_PATH=$(dirname "$pc") pkg-config --cflags --libs "${static[@]}" dyce)
    # shellcheck disable=SC2086 # the flags are several words
    "$cxx" -std=c++17 $flags "$here/project/classify.cpp" -o "$work/classify" "${options[@]}"
    export LD_LIBRARY_PATH=$libdir
    ;;
esac

# Means 0.2, 0 and 1, times four: e^4 / (e^0.8 + e^0 + e^4).
answer=$("$work/classify" "$prefix/colours.safetensors" "$here/blue.png")
echo "answer: $answer"
[ "$answer" = "blue 0.9442" ]
