#!/bin/bash
# luks.backup_header and luks.restore_header: what is in a container stays, and no copy looks like a container.
#
# disks: 256M 64M
# tier: make lab
# takes: 90 s
. "${0%/*}/../lib/cases.sh"

mkdir -p /run/key
do_ 'disk::partition("/dev/ubda", [#{ size: "100M" }, #{ size: "rest" }]);
fs::make("/dev/ubdb", #{ kind: "vfat", label: "STICK" });
mount::mount("/dev/ubdb", "/mnt/key", #{ options: "umask=0077" });
key::generate("/mnt/key/one.bin");
key::generate("/run/key/short.bin", #{ bytes: 64 });'

it 'another key leaves the contents alone'
# Adding a key does not change the contents, and the plan knows that.
do_ 'let kdf = #{ kind: "pbkdf2", iterations: 1000 }; let key = #{ key: "/mnt/key/one.bin" };
luks::format("/dev/ubda1", key + #{ kdf: kdf });
luks::format("/dev/ubda2", key + #{ version: "luks1", kdf: kdf });
for n in 1..3 {
    let inside = luks::open(`/dev/ubda${n}`, "kept", key);
    fs::make(inside, #{ label: `inside${n}` });
    luks::close("kept");
    luks::add_key(`/dev/ubda${n}`, key + #{ new_key: "/run/key/short.bin", kdf: kdf });
    luks::open(`/dev/ubda${n}`, "kept", #{ key: "/run/key/short.bin" });
    if fs::label(inside) != `inside${n}` { throw "the label"; }
    luks::close("kept");
    luks::backup_header(`/dev/ubda${n}`, `/mnt/key/${n}.header`);
}'

it 'a lost header is restored from its copy'
# A lost header is restored, and the contents with it: the plan reads the copy if it can (1, 2); if the stick is not
# mounted yet, the plan leaves the result unknown (3, 4).
zero() {
    must dd if=/dev/zero of="/dev/ubda$1" bs=1M count=2 conv=fsync 2>/dev/null
    must_not cryptsetup isLuks "/dev/ubda$1"
}
for n in 1 2 3 4; do
    part=$(((n - 1) % 2 + 1)) before=
    [ $n -gt 2 ] && before='mount::mount("/dev/ubdb", "/mnt/key", #{ options: "umask=0077" });'
    [ $n = 3 ] && do_ 'mount::unmount("/mnt/key");'
    must dd if=/dev/ubda$part of=/run/header bs=1M count=1 2>/dev/null
    zero $part
    do_ "$before"'luks::restore_header("/dev/ubda'$part'", "/mnt/key/'$part'.header");
        if luks::info("/dev/ubda'$part'").slots != [0, 1] { print("another one"); }'
    must cmp -n 1048576 /run/header /dev/ubda$part
    says 'print(fs::label(luks::open("/dev/ubda'$part'", "back", #{ key: "/mnt/key/one.bin" })));
        luks::close("back");' inside$part
    [ $n = 3 ] && do_ 'mount::unmount("/mnt/key");'
done
# All of it in one run.
do_ 'mount::unmount("/mnt/key");'
zero 1
says 'mount::mount("/dev/ubdb", "/mnt/key", #{ options: "umask=0077" });
luks::restore_header("/dev/ubda1", "/mnt/key/1.header");
print(fs::label(luks::open("/dev/ubda1", "back", #{ key: "/mnt/key/one.bin" })));
luks::close("back");' inside1
do_ 'mount::unmount("/mnt/key");'

it 'a header copy never looks like a container'
# The second header of a copy can lie where blkid searches for one: first a copy made by cryptsetup, then one made by
# gscript.
# stick DEVICE AT: makes a FAT stick that is so full that the second header of a copy falls on byte AT of the device.
stick() {
    must mkfs.vfat --mbr=n -s 8 -n STICK "$1" >/dev/null
    must mount -o umask=0077 "$1" /mnt/key; echo 'the first file' >/mnt/key/first; umount /mnt/key
    local first; first=$(grep -abom1 'the first file' "$1" | cut -d: -f1)
    must mount -o umask=0077 "$1" /mnt/key
    must head -c $(($2 - 0x4000 - first)) /dev/zero >/mnt/key/first
}
# lies STICK AT WHAT: with the second header at byte AT, blkid must not take WHAT for a container.
lies() {
    local kind; kind=$(blkid -po value -s TYPE "$3")
    [ "$1" = "$3" ] && must test "$kind" = vfat
    stick "$1" "$2"
    must cryptsetup luksHeaderBackup /dev/ubda1 --header-backup-file /mnt/key/copy; umount /mnt/key
    must test "$(blkid -po value -s TYPE "$3")" = crypto_LUKS
    # The header of the first copy is still in the free space.
    must dd if=/dev/zero of="$1" bs=1M count=40 conv=fsync 2>/dev/null
    stick "$1" "$2"
    do_ 'luks::backup_header("/dev/ubda1", "/mnt/key/copy");'; umount /mnt/key
    must test "$(blkid -po value -s TYPE "$3")" = "$kind"
    must mount -o umask=0077 "$1" /mnt/key
    must cryptsetup luksHeaderBackup /dev/ubda1 --header-backup-file /run/copy; must cmp /run/copy /mnt/key/copy
    must test "$(stat -c '%a %s' /run/copy)" = "400 $(stat -c %s /mnt/key/copy)"; rm -f /run/copy
    must test "$(ls -A /mnt/key)" = "copy
first"
    umount /mnt/key; must_not ls -d /run/gscript-header-*
}
must mkfs.vfat --mbr=n /dev/ubdb >/dev/null
for at in 0x40000 0x100000 0x400000; do lies /dev/ubdb $at /dev/ubdb; done
printf 'label: dos\n1MiB,60MiB,c\n' | must sfdisk -q /dev/ubdb
lies /dev/ubdb1 0x300000 /dev/ubdb

it 'without space for a header copy nothing is left'
# If there is no other position, no partial copy is left.
stick /dev/ubdb1 0x100000
head -c 17M /dev/zero >/mnt/key/copy; head -c 30M /dev/zero >/mnt/key/second; rm /mnt/key/copy
umount /mnt/key; must mount -o umask=0077 /dev/ubdb1 /mnt/key
echo 'luks::backup_header("/dev/ubda1", "/mnt/key/copy");' >do.rhai
must_not "$G" do.rhai --yes 2>"$OUT/nowhere.err"; must_not test -e /mnt/key/copy
must grep -q '/dev/ubdb1 has no position for the copy .*No space left' "$OUT/nowhere.err"
umount /mnt/key
nothing_left
