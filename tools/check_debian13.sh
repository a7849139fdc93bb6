#!/usr/bin/env bash
# Builds and tests this source tree inside a Debian 13 (oneDNN 3.7, g++ 14), as root.
#   tools/check_debian13.sh [FOLDER]     a root file system of Debian 13; made by debootstrap when missing
# The sources are copied in; nothing of this machine is mounted there.
set -euo pipefail
root=$(cd "$(dirname "$0")/.." && pwd)
tree=${1:-$root/build/debian13}

if [ ! -e "$tree/etc/debian_version" ]; then
    command -v debootstrap >/dev/null || apt-get install -q -y --no-install-recommends debootstrap
    debootstrap --variant=minbase trixie "$tree"
fi
version=$(cat "$tree/etc/debian_version")
[[ $version = 13* ]] || { echo "$tree is Debian $version, not 13" >&2; exit 1; }

# The build folder inside stays, so that a second run compiles only what changed.
sources=$tree/root/dyce
mkdir -p "$sources"
find "$sources" -mindepth 1 -maxdepth 1 ! -name build -exec rm -rf {} +
tar -C "$root" --exclude=./build --exclude=./.git -cf - . | tar -C "$sources" -xf -
chroot "$tree" /usr/bin/env -i HOME=/root PATH=/usr/sbin:/usr/bin:/sbin:/bin LC_ALL=C.UTF-8 \
    /root/dyce/tools/test.sh release
