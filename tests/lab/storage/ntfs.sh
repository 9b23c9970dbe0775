#!/bin/bash
# NTFS of Windows: it is recognized, kept, and not overwritten while a program mounts it (FUSE).
#
# disks: 64M 64M
# tier: make lab
# takes: 20 s
# needs: /usr/local/lib/gscript-ntfs/usr/bin/ntfs-3g
. "${0%/*}/../lib/cases.sh"

NTFS=/usr/local/lib/gscript-ntfs/usr
export LD_LIBRARY_PATH
LD_LIBRARY_PATH=$(dirname $NTFS/lib/*/libntfs-3g.so.*.0.0)
must modprobe fuse
mkdir -p /mnt/x
ntfs_3g() { must $NTFS/bin/ntfs-3g "$@"; }

it 'a filesystem that a program mounts is not overwritten'
must $NTFS/sbin/mkntfs --quiet --quick --force --label windows /dev/ubda
ntfs_3g /dev/ubda /mnt/x
echo precious >/mnt/x/f
recipe wipe.rhai <<<'disk::wipe("/dev/ubda");'
ask planned "$G" plan wipe.rhai
exits planned 3
tells planned '/dev/ubda is mounted at /mnt/x'
ask wiped "$G" wipe.rhai --yes --destroy /dev/ubda
exits wiped 3
must test "$(cat /mnt/x/f)" = precious

it 'it is released with all its data'
must "$G" release /dev/ubda --yes >released.txt 2>&1
nothing_left
ntfs_3g -o ro /dev/ubda /mnt/x
must test "$(cat /mnt/x/f)" = precious
must umount /mnt/x

it 'a filesystem without a driver in the kernel is an error about the driver'
recipe mount.rhai <<<'mount::mount("/dev/ubda", "/mnt/x");'
if grep -qw ntfs3 /proc/filesystems || modprobe ntfs3 2>/dev/null; then
    must "$G" mount.rhai --yes >mounted.txt 2>&1
else
    ask mounted "$G" mount.rhai --yes
    exits mounted 1
    tells mounted 'the kernel has no driver for the filesystem ntfs3'
    ntfs_3g /dev/ubda /mnt/x
fi
must test "$(cat /mnt/x/f)" = precious

it 'it is recognized, and its partition kept'
must umount /mnt/x
"$G" -e 'let it = disk::info("/dev/ubda"); print(`${it.content} ${it.label}`)' >info.out 2>&1 || fail
must grep -qx 'ntfs windows' info.out
recipe table.rhai <<'END'
let parts = disk::partition("/dev/ubdb", [
    #{ name: "windows", size: "30M", kind: "data" },
    #{ name: "root", size: "rest" },
], #{ keep: true });
fs::make(parts.root, #{ keep: true });
END
keep() { must "$G" table.rhai --yes --prove --journal /run/proved --destroy /dev/ubdb >kept.txt 2>&1 && proved; }
keep
must $NTFS/sbin/mkntfs --quiet --quick --force --label windows /dev/ubdb1
before=$(sha256sum /dev/ubdb1)
keep
must test "$before" = "$(sha256sum /dev/ubdb1)"

it 'it is destroyed only if its loss is approved'
head -c 64 /dev/urandom >/run/k && chmod 400 /run/k
for action in 'disk::wipe("/dev/ubda");' 'fs::make("/dev/ubda", #{ keep: true });' 'luks::format("/dev/ubda", #{ key: "/run/k" });'; do
    recipe lose.rhai <<<"$action"
    ask lose "$G" lose.rhai --yes
    exits lose 3
    tells lose '--destroy /dev/ubda'
done
do_ 'disk::wipe("/dev/ubda");'
must_not blkid -p /dev/ubda
nothing_left
