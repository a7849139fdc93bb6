#!/usr/bin/env bash
# Every check of the project, on a machine that may lack everything: all tests, built by g++ in release, by
# g++ with address and undefined-behaviour sanitizers, and by clang; a warning is an error.
#   tools/test.sh [PRESET...]     only these presets
set -euo pipefail
cd "$(dirname "$0")/.."

tools/setup.sh test
CMAKE_BUILD_PARALLEL_LEVEL=$(nproc)
export CMAKE_BUILD_PARALLEL_LEVEL

presets=("$@")
[ $# -gt 0 ] || presets=(release asan clang)
for preset in "${presets[@]}"; do
    cmake --preset "$preset" -DDYCE_TESTS=ON -DDYCE_WERROR=ON
    cmake --build --preset "$preset"
done

# One ctest over all builds, so that its closing lines speak for all of them.
mkdir -p build/all
printf 'subdirs("%s")\n' "${presets[@]/#/$PWD/build/}" >build/all/CTestTestfile.cmake
ctest --test-dir build/all --output-on-failure --parallel "$CMAKE_BUILD_PARALLEL_LEVEL"
