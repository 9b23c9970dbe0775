#!/bin/bash
# luks.* and key.*: both formats, key files and passphrases, slots, headers.
#
# disks: 256M 64M
# tier: make test
# takes: 60 s
. "${0%/*}/../lib/cases.sh"

it 'containers of both formats, and key files'
mkdir -p /run/key
do_ 'disk::partition("/dev/ubda", [#{ size: "100M" }, #{ size: "rest" }]);
fs::make("/dev/ubdb", #{ kind: "vfat", label: "STICK" });
mount::mount("/dev/ubdb", "/mnt/key", #{ options: "umask=0077" });
let key = key::generate("/mnt/key/one.bin");
if key::check(key).bytes != 512 { throw "length"; }
key::generate("/run/key/short.bin", #{ bytes: 64 });
luks::format("/dev/ubda1", #{ key: key, '"$KDF"' });
luks::format("/dev/ubda2", #{ key: key, version: "luks1", '"$KDF"' });'
must cryptsetup isLuks --type luks2 /dev/ubda1
must cryptsetup isLuks --type luks1 /dev/ubda2
must test "$(stat -c %a /run/key/short.bin)" = 400
must test "$(stat -c %s /mnt/key/one.bin)" = 512
cryptsetup luksDump /dev/ubda1 | grep -q 'aes-xts-plain64' || fail

it 'a second run keeps the key that is there'
do_ 'key::generate("/run/key/short.bin", #{ bytes: 64 });'

it 'key slots, header copies and read-only opening'
for n in 1 2; do
says '
let d = "/dev/ubda'$n'"; let key = "/mnt/key/one.bin"; let short = "/run/key/short.bin";
let fits = |key| luks::test_key(d, #{ key: key });
print([fits.call(key), fits.call(short)]);
let slot = luks::add_key(d, #{ key: key, new_key: short, '"$KDF"' });
print([slot, luks::info(d).slots, fits.call(short)]);
luks::backup_header(d, "/run/key/'$n'.header");
luks::remove_key(d, 1);
print(fits.call(short));
luks::restore_header(d, "/run/key/'$n'.header");
print(fits.call(short));
let inside = luks::open(d, "test-'$n'", #{ key: key });
fs::make(inside, #{ label: "inside" });
print(luks::info(d).open == inside);
luks::close("test-'$n'");
luks::open(d, "test-'$n'", #{ key: key, read_only: true });
print(fs::label(inside));
luks::close("test-'$n'");' '[true, false]
[1, [0, 1], true]
false
true
true
inside'
done

it 'passphrases are in no argument, log or journal'
# Passphrases come from a file of answers.
recipe pass.rhai <<'END'
//! ```toml
//! [params.first]
//! type = "secret"
//! [params.second]
//! type = "secret"
//! ```
let kdf = #{ kind: "pbkdf2", iterations: 1000 };
luks::format("/dev/ubda1", #{ passphrase: first, kdf: kdf });
luks::open("/dev/ubda1", "pass", #{ passphrase: first });
luks::close("pass");
luks::add_key("/dev/ubda1", #{ passphrase: first, new_passphrase: second, kdf: kdf });
print(luks::test_key("/dev/ubda1", #{ passphrase: second }));
luks::add_key("/dev/ubda1", #{ passphrase: second, new_key: "/run/key/short.bin", kdf: kdf });
luks::add_key("/dev/ubda1", #{ key: "/run/key/short.bin", new_passphrase: first, slot: 5, kdf: kdf });
luks::remove_key("/dev/ubda1", 0);
print(luks::info("/dev/ubda1").slots);
print(`${first} ${[first]}`);
END
printf 'first = "correct horse; $(battery) '"'"'staple"\nsecond = "  zwölf Boxkämpfer"\n' >answers.toml
chmod 600 answers.toml
"$G" pass.rhai --answers answers.toml --yes --destroy /dev/ubda1 --journal "$OUT/runs" 2>pass.err || fail
printf %s 'correct horse; $(battery) '"'"'staple' | must cryptsetup open --test-passphrase /dev/ubda1
printf '  zwölf Boxkämpfer' | must cryptsetup open --test-passphrase --key-file - /dev/ubda1
must_not grep -rE 'horse|Boxk' "$OUT/runs" "$OUT/pass.err"
must grep -q '\*\*\* \[\*\*\*\]' "$OUT/pass.err"
must grep -q '\[1, 2, 5\]' "$OUT/pass.err"
must_not grep -q false "$OUT/pass.err"

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
