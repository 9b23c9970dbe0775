#!/bin/bash
# The bootable root (root.sh), with everything else that the complete recipe requires of a stage3: services,
# languages, a time zone, passwords, and a way to install packages. It contains no settings of GRUB: those are
# set by the recipe.
#
#   stage3.sh FROM TO            FROM: the tarball of the bootable root; TO: the tarball to write. emerge,
#                                portageq and getuto are stand-ins, and the kernel is there
#   stage3.sh FROM TO SCRIPT…    also with what these scripts add to $ROOT, using the functions and variables of this file
set -euo pipefail

HERE=$(dirname "$(readlink -f "$0")") FROM=$1 TO=$2
shift 2
FILES=(/sbin/rc-update /sbin/openrc-run /usr/sbin/locale-gen /usr/share/i18n/SUPPORTED /usr/share/i18n/charmaps/UTF-8.gz
    /usr/share/i18n/locales/{en_US,en_GB,i18n,i18n_ctype,iso14651_t1,iso14651_t1_common,translit_combining}
    /etc/locale.alias /usr/share/zoneinfo/Etc/UTC /etc/pam.d/common-{account,auth,password,session})
for file in "${FILES[@]}"; do
    [ -e "$file" ] || { echo "there is no $file (apt install openrc locales tzdata libpam-runtime)" >&2; exit 1; }
done

ROOT=$(mktemp -d)
trap 'rm -rf "$ROOT"' EXIT
# put FILE…: copies files to the same paths, in directories that are not symlinks.
put() {
    local file place
    for file; do
        place=$ROOT$(readlink -f "$(dirname "$file")")/$(basename "$file")
        [ -e "$place" ] || install -D -m "$(stat -Lc %a "$file")" "$(readlink -f "$file")" "$place"
    done
}
put "${FILES[@]}"
mkdir -p "$ROOT/usr/lib" "$ROOT/etc"/{conf.d,env.d,init.d,portage} "$ROOT/etc/runlevels"/{boot,default,sysinit,shutdown}
cp -a "$(readlink -f /lib/rc)" "$ROOT/usr/lib/"
find "$ROOT" -type f -perm -u+x -exec ldd {} + 2>/dev/null | grep -oE '/[^ ]+ \(0x' | sed 's/ (0x$//' | sort -u >"$ROOT/list" || true
modules=$(dirname "$(find /lib/*/security -name pam_unix.so | head -n 1)")
ldd "$modules"/pam_{unix,deny,permit}.so | grep -oE '/[^ ]+ \(0x' | sed 's/ (0x$//' | sort -u >>"$ROOT/list"
while read -r file; do put "$file"; done <"$ROOT/list"
rm "$ROOT/list"
put "$modules"/pam_{unix,deny,permit}.so

mkdir -p "$ROOT/etc/default" "$ROOT/usr/local/bin"
cp "$FROM" "$TO"
for one in emerge portageq getuto; do install -m 755 "$HERE/$one.sh" "$ROOT/usr/local/bin/$one"; done
printf 'id:3:initdefault:\n# SERIAL CONSOLES\n#s0:12345:respawn:/sbin/agetty -L 9600 ttyS0 vt100\n' >"$ROOT/etc/inittab"
for script; do . "$script"; done
echo 'GRUB_DISTRIBUTOR="Gentoo"' >"$ROOT/etc/default/grub"

# Files only: directories and symlinks are those of the root below. In a tarball, the last entry of a path is
# used.
cd "$ROOT"
find . \( -type f -o -type l -o -type d -empty \) -print0 |
    tar --numeric-owner --owner=0 --group=0 --null --no-recursion -T - -rf "$TO"
