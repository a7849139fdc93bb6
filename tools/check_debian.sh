#!/usr/bin/env bash
# Runs tools/demo.sh and tools/test.sh inside a bare Debian of another release, as root.
#   tools/check_debian.sh SUITE [FOLDER [PRESET...]]
# SUITE: bookworm (oneDNN 2.6, g++ 12) or trixie (oneDNN 3.7, g++ 14). FOLDER: its root file system, made by
# debootstrap when missing. The sources are copied in; of this machine only /proc can be seen from inside.
set -euo pipefail
root=$(cd "$(dirname "$0")/.." && pwd)
suite=$1
tree=${2:-$root/build/$suite}
presets=("${@:3}")

if [ ! -e "$tree/etc/debian_version" ]; then
    command -v debootstrap >/dev/null || apt-get install -q -y --no-install-recommends debootstrap
    debootstrap --variant=minbase "$suite" "$tree"
fi
grep -qx "VERSION_CODENAME=$suite" "$tree/etc/os-release" || { echo "$tree is not $suite" >&2; exit 1; }

# The build folder inside stays, so that a second run compiles only what changed.
sources=$tree/root/dyce
mkdir -p "$sources"
find "$sources" -mindepth 1 -maxdepth 1 ! -name build -exec rm -rf {} +
tar -C "$root" --exclude=./build --exclude=./.git -cf - . | tar -C "$sources" -xf -

# The sanitizers read /proc; it is mounted for this run's own processes only.
unshare --mount --pid --fork chroot "$tree" /usr/bin/env -i \
    HOME=/root PATH=/usr/sbin:/usr/bin:/sbin:/bin LC_ALL=C.UTF-8 \
    sh -ec 'mount -t proc proc /proc; cd /root/dyce; tools/demo.sh; tools/test.sh "$@"' sh "${presets[@]}"
