#!/usr/bin/env bash
# Installs dyce beside its build tree and uses it as an outside project does.
#   check.sh install BUILD_TREE MAKE_MODEL PREFIX           installs into PREFIX, writes a model there
#   check.sh cmake|pkgconfig PREFIX WORK CXX CXXFLAGS       builds project/ against PREFIX and runs it
#   check.sh examples PREFIX WORK CXX CXXFLAGS              builds examples/ against PREFIX and runs them
#   check.sh openmp PREFIX WORK CXX CXXFLAGS                hosts that use OpenMP themselves
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)

if [ "$1" = install ]; then
    build_tree=$2 make_model=$3 prefix=$4
    rm -rf "$prefix"
    cmake --install "$build_tree" --prefix "$prefix"
    "$make_model" "$prefix/colours.safetensors"
    exit
fi

use_pkg_config() {  # sets pc, libdir, includes, options
    local static=()
    pc=$(find "$prefix" -name dyce.pc)
    libdir=$(dirname "$(dirname "$pc")")
    [ -e "$libdir/libdyce.so" ] || static=(--static)
    read -ra includes < <(PKG_CONFIG_PATH=$(dirname "$pc") pkg-config --cflags dyce)
    read -ra options < <(PKG_CONFIG_PATH=$(dirname "$pc") pkg-config --cflags --libs "${static[@]}" dyce)
    export LD_LIBRARY_PATH=$libdir
}

# A host built by one compiler, its OpenMP linked before dyce and behind it, and dyce only loaded by dlopen.
try_openmp_host() {
    local compiler=$1 openmp=$2 host=("$1" -std=c++20 -fPIC -fopenmp "$here/project/openmp_host.cpp")
    "$compiler" -std=c++20 -fPIC -c "$here/project/surest.cpp" -o "$work/surest.o" "${includes[@]}"
    "${host[@]}" "$work/surest.o" -Wl,--no-as-needed "-l$openmp" "${options[@]}" -o "$work/before"
    "${host[@]}" "$work/surest.o" -Wl,--no-as-needed "${options[@]}" "-l$openmp" -o "$work/behind"
    "${host[@]}" -ldl -o "$work/loading"
    "$compiler" -shared "$work/surest.o" "${options[@]}" -o "$work/plugin.so"
    "$work/before" "$prefix/colours.safetensors" "$here/blue.png"
    "$work/behind" "$prefix/colours.safetensors" "$here/blue.png"
    "$work/loading" "$prefix/colours.safetensors" "$here/blue.png" "$work/plugin.so"
}

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
    use_pkg_config
    version=$(pkg-config --modversion "$pc")
    for name in classify api; do
        # shellcheck disable=SC2086 # the flags are several words
        "$cxx" -std=c++17 $flags "-DFOUND_VERSION=\"$version\"" "$here/project/$name.cpp" -o "$work/$name" \
            "${options[@]}"
    done
    ;;
examples)
    cmake -S "$here/../../examples" -B "$work" -G Ninja -DCMAKE_PREFIX_PATH="$prefix" -DCMAKE_CXX_COMPILER="$cxx" \
        -DCMAKE_CXX_FLAGS="$flags"
    cmake --build "$work"
    demo=$here/../../tools/demo
    "$work/classify" "$demo/ship.png" "$demo/frog.png" | tee "$work/answers"
    grep -q 'ship.png: ship, ' "$work/answers" && grep -q 'frog.png: frog, ' "$work/answers"
    "$work/live_switching" "$demo/ship.png" 500 | tee "$work/answers"
    grep -q '^500 answers, ' "$work/answers"
    "$work/own_thread_pool" "$demo/ship.png" "$here/check.sh" "$demo/truck.png" | tee "$work/answers"
    grep -q 'ship.png: ship$' "$work/answers" && grep -q 'truck.png: truck$' "$work/answers"
    grep -q 'check.sh: not a JPEG' "$work/answers"
    exit
    ;;
openmp)
    use_pkg_config
    try_openmp_host g++ gomp
    if echo 'int main() {}' | clang++ -x c++ -fopenmp - -o "$work/probe" 2> /dev/null; then
        try_openmp_host clang++ omp
    else
        echo "without clang's OpenMP: libomp-dev is not installed"
    fi
    exit
    ;;
esac

# A program keeps to the minor release that it was built against; a static one has no choice.
needed=$(readelf --wide --dynamic "$work/classify" | sed -n 's/.*(NEEDED).*\[\(libdyce.*\)\]/\1/p')
echo "needs: $needed"
[ -z "$(find "$prefix" -name libdyce.so)" ] || [ "$needed" = libdyce.so.0.1 ]

# Means 0.2, 0 and 1, times four: e^4 / (e^0.8 + e^0 + e^4).
answer=$("$work/classify" "$prefix/colours.safetensors" "$here/blue.png")
echo "answer: $answer"
[ "$answer" = "blue 0.9442" ]

"$work/api" "$prefix/colours.safetensors" "$here/blue.png"
