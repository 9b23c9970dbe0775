#!/bin/bash
# Downloads Linux as packaged by Debian and prints the path of the archive, whose name contains the version. The
# archive is kept in CACHE.
#
#   get_sources.sh CACHE
set -euo pipefail

for program in flex bison bc gcc perl; do
    command -v $program >/dev/null || { echo "there is no $program (.ci/deps)" >&2; exit 1; }
done
[ -e /usr/include/libelf.h ] || { echo "there is no libelf.h (.ci/deps)" >&2; exit 1; }
mkdir -p "$1"
cd "$1"
exec 9>lock
flock 9
if ! ls linux-*.tar.xz >/dev/null 2>&1; then
    command -v apt-get >/dev/null || { echo "Debian's package of the kernel's sources is needed, and this is no Debian system" >&2; exit 1; }
    package=$(apt-cache depends linux-source 2>/dev/null | sed -n 's/^ *Depends: \(linux-source-.*\)/\1/p' | head -n 1)
    [ -n "$package" ] || { echo 'apt knows no package linux-source (apt-get update)' >&2; exit 1; }
    apt-get -qq download "$package" >&2 || { echo "the package $package can't be downloaded (apt-get update)" >&2; exit 1; }
    deb=$(find . -maxdepth 1 -name 'linux-source-*.deb' | head -n 1)
    version=$(dpkg-deb -f "$deb" Version)
    dpkg-deb --fsys-tarfile "$deb" | tar --wildcards -xOf - './usr/src/linux-source-*.tar.xz' >new
    mv new "linux-${version%%-*}.tar.xz"
    rm "$deb"
fi
echo "$PWD/$(ls linux-*.tar.xz | tail -n 1)"
