#!/usr/bin/env bash
# Every check of the project, on a machine that may lack everything: all tests, built by g++ in release and by clang
# with address and undefined-behaviour sanitizers; a warning is an error. What switches while it runs is watched by
# the thread sanitizer, too; damaged files of every kind are read for half a minute each. Files that are built together
# must also compile alone, and clang-tidy looks at those that changed.
#   tools/test.sh [PRESET...]     only these presets
set -euo pipefail
cd "$(dirname "$0")/.."

tools/setup.sh test
CMAKE_BUILD_PARALLEL_LEVEL=$(nproc)
export CMAKE_BUILD_PARALLEL_LEVEL

# The ThreadSanitizer of g++ 12 cannot start where the kernel shuffles addresses more than it was made for.
tsan_starts() {
    mkdir -p build
    echo 'int main() {}' | g++ -fsanitize=thread -x c++ - -o build/tsan_starts && build/tsan_starts
}

if [ $# -eq 0 ]; then
    tools/check_units.sh
    tools/tidy.sh --changed
fi

presets=("$@")
if [ $# -eq 0 ]; then
    presets=(release asan)
    if tsan_starts; then presets+=(tsan); else echo "test: no ThreadSanitizer here" >&2; fi
fi
folders=()
for preset in "${presets[@]}"; do
    targets=()
    folder=$PWD/build/$preset
    if [ "$preset" = tsan ]; then  # only where threads meet: sessions, their scheduler and what steers them
        targets=(--target session_test control_test)
        folders+=("$folder/tests/runtime/session" "$folder/tests/runtime/control")
    else
        folders+=("$folder")
    fi
    cmake --preset "$preset" -DDYCE_TESTS=ON -DDYCE_WERROR=ON
    cmake --build --preset "$preset" "${targets[@]}"
done

case " ${presets[*]} " in *" asan "*) tools/fuzz.sh --lanes "$CMAKE_BUILD_PARALLEL_LEVEL" ;; esac

# One ctest over all builds, so that its closing lines speak for all of them.
mkdir -p build/all
printf 'subdirs("%s")\n' "${folders[@]}" >build/all/CTestTestfile.cmake
ctest --test-dir build/all --output-on-failure --parallel "$CMAKE_BUILD_PARALLEL_LEVEL"
