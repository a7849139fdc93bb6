#!/usr/bin/env bash
# Installs from Debian whatever dyce still lacks on this machine, as root or through sudo. Never asks.
#   tools/setup.sh         what it takes to build and run
#   tools/setup.sh test    also what tools/test.sh needs
set -euo pipefail

packages=(g++ cmake ninja-build pkgconf
    libdnnl-dev libxtensor-dev libstb-dev nlohmann-json3-dev libxxhash-dev libwebp-dev
    libcxxopts-dev libzip-dev libonnx-dev libprotobuf-dev protobuf-compiler)
if [ "${1:-}" = test ]; then
    packages+=(doctest-dev clang libclang-rt-dev clang-format clang-tidy python3-numpy python3-pil)
fi

installed() { dpkg-query -W -f='${db:Status-Status}\n' "$1" 2>/dev/null | grep -qx installed; }

missing=()
for package in "${packages[@]}"; do
    installed "$package" || missing+=("$package")
done
[ ${#missing[@]} -gt 0 ] || exit 0

as_root=(env DEBIAN_FRONTEND=noninteractive)
if [ "$(id -u)" -ne 0 ]; then
    sudo -n true || { echo "setup: run as root: apt-get install ${missing[*]}" >&2; exit 1; }
    as_root=(sudo -n "${as_root[@]}")
fi
echo "setup: installing ${missing[*]}" >&2
# An unreachable source of someone else's must not stop us; the install itself tells what is lacking.
"${as_root[@]}" apt-get update -q >&2 || true
"${as_root[@]}" apt-get install -q -y --no-install-recommends "${missing[@]}" >&2
