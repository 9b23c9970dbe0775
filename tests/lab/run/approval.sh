#!/bin/bash
# A run has no effects other than the approved ones.
#
# disks: 400M 400M
# tier: make lab
# takes: 50 s
. "${0%/*}/../lib/cases.sh"

sums() { sync; sha256sum "$@"; }

it 'a disk is approved by its name, and by no other'
recipe wipe.rhai <<'END'
step("Wipe it");
fs::make("/dev/ubdb", #{ kind: "ext2" });
END
before=$(sums /dev/ubdb)
printf 'see Type its name (ubdb)\ntype ubda\n' >acts
typed acts "$G" wipe.rhai; must [ $? = 3 ]
must [ "$before" = "$(sums /dev/ubdb)" ]
printf 'see Type its name (ubdb)\ntype ubdb\n' >acts
must typed acts "$G" wipe.rhai
must [ "$(blkid -po value -s TYPE /dev/ubdb)" = ext2 ]

it 'a passphrase is entered twice'
recipe secret.rhai <<'END'
//! ```toml
//! [params.passphrase]
//! type = "secret"
//! ask = "Passphrase"
//! ```
luks::format("/dev/ubdb", #{ passphrase: passphrase, kdf: #{ kind: "pbkdf2", iterations: 1000 } });
END
printf '%s\n' 'see Passphrase:' 'type otter one' 'see Passphrase (again):' 'type otter two' 'see the two entries differ' \
    'see Passphrase:' 'type otter six' 'see Passphrase (again):' 'type otter six' 'see Type its name (ubdb)' 'type ubdb' >acts
typed acts "$G" secret.rhai >secret.txt || fail
must_not grep -q otter secret.txt
printf 'otter six' | must cryptsetup open --test-passphrase --key-file - /dev/ubdb
printf 'otter one' | must_not cryptsetup open --test-passphrase --key-file - /dev/ubdb 2>/dev/null
wipefs -qa /dev/ubdb

it 'an effect that is not in the plan is confirmed or refused'
mkdir -p /run/root/{bin,proc,sys,dev,run}; cp /bin/busybox /run/root/bin/; ln -s busybox /run/root/bin/sh
mount --bind /run/root /run/root
recipe beyond.rhai <<'END'
step("Look");
let ended = chroot::run("/run/root", ["sh", "-c", "exit 7"], #{ check: false });
let long = chroot::run("/run/root", ["busybox", "printf", "%5000000s", "x"]).stdout.len();
if long != 0 && long != 1024 * 1024 { throw `it has ${long}`; }
step("Then");
if ended.code == 7 { fs::make("/dev/ubdb", #{ kind: "xfs" }); file::write("/run/beyond", "x"); }
END
before=$(sums /dev/ubdb)
ask beyond-alone "$G" beyond.rhai --yes
exits beyond-alone 3
must grep -q "is not in the approved plan" beyond-alone.err
must [ "$before" = "$(sums /dev/ubdb)" ]
printf 'see Type the directory (/run/root)\ntype /run/root\nsee not in the approved plan\nsee Type its name (ubdb)\ntype no\n' >acts
typed acts "$G" beyond.rhai >beyond.txt; must [ $? = 3 ]
must [ "$before" = "$(sums /dev/ubdb)" ]
printf 'see Type the directory (/run/root)\ntype /run/root\nsee Type its name (ubdb)\ntype ubdb\nsee not in the approved plan\nsee write /run/beyond\nsee (yes/no)\ntype yes\n' >acts
must typed acts "$G" beyond.rhai
must [ "$(blkid -po value -s TYPE /dev/ubdb)$(cat /run/beyond)" = xfsx ]
umount /run/root

it 'another disk under the same name is refused'
modprobe loop max_part=8
truncate -s 64M /run/first.img /run/other.img
mkfs.ext2 -q /run/other.img
losetup /dev/loop1 /run/first.img
recipe loop.rhai <<'END'
fs::make("/dev/loop1", #{ kind: "ext4" });
END
other=$(sums /run/other.img)
printf 'see Type its name (loop1)\nrun losetup -d /dev/loop1; losetup /dev/loop1 /run/other.img\ntype loop1\n' >acts
typed acts "$G" loop.rhai >swapped.txt; must [ $? = 3 ]
must grep -q 'has been replaced' swapped.txt
[ "$other" = "$(sums /run/other.img)" ] || fail "the other disk was written to"

it 'a disk that is exchanged is refused'
# The new disk; its data must be written back to the host before it is attached.
truncate -s 400M other.img; must mkswap -q other.img; sync other.img
# The same with a disk that is removed and replaced by another one.
recipe pulled.rhai <<'END'
fs::make("/dev/ubdb", #{ kind: "ext4" });
END
other=$(sha256sum <"$OUT/other.img")
printf 'see Type its name (ubdb)\nrun touch %s/exchange-ubdb; while [ -e %s/exchange-ubdb ]; do sleep 0.1; done\ntype ubdb\n' "$OUT" "$OUT" >acts
typed acts "$G" pulled.rhai >pulled.txt; must [ $? = 3 ]
must [ ! -s exchanged ]
must grep -q 'has been replaced' pulled.txt
must test "$(blkid -po value -s TYPE /dev/ubdb)" = swap
sync
[ "$other" = "$(sha256sum <"$OUT/other.img")" ] || fail "the other disk was written to"

it 'a saved plan is applied to what was planned, and to nothing else'
recipe saved.rhai <<'END'
//! # Saved
//! ```toml
//! [params.disk]
//! type = "disk"
//! [params.label]
//! type = "text"
//! default = "one"
//! ```
fs::make(disk, #{ kind: "ext4", label: label });
END
plan() { must "$G" plan saved.rhai --set disk=/dev/loop1 --out plan.json >/dev/null; }
refused() { # NAME TEXT ARGS…
    local name=$1 text=$2; shift 2
    ask "$name" "$G" apply plan.json --yes --destroy /dev/loop1 "$@"
    exits $name 3
    must grep -q "$text" "$name.err"
}
plan
cp saved.rhai same.rhai; echo '// more' >>saved.rhai
refused recipe-changed 'saved.rhai has changed since the plan'
cp same.rhai saved.rhai
refused param-changed 'parameter "label" was "one" and is "two"' --set label=two
mkfs.ext4 -q -F /dev/loop1
refused contents-changed '/dev/loop1 was .*ext2'
plan
losetup -d /dev/loop1; truncate -s 80M /run/third.img; losetup /dev/loop1 /run/third.img
refused identity-changed '/dev/loop1 was /dev/loop1, 64 MiB and is /dev/loop1, 80 MiB'
losetup -d /dev/loop1
refused disk-gone '/dev/loop1, 64 MiB is not connected'
losetup /dev/loop1 /run/other.img
plan
# Approval in the file is not trusted if it exceeds what the plan needs.
cp plan.json kept.json
python3 -c 'import json; p = json.load(open("plan.json")); p["effects"].append({"effect": "writes", "path": "/"}); json.dump(p, open("plan.json", "w"))'
refused more-agreed '^ *.*-this run writes /'
mv kept.json plan.json
ask not-named "$G" apply plan.json --yes
exits not-named 3
must "$G" apply plan.json --yes --destroy /dev/loop1
# The identifier in the plan is the one on the device.
uuid=$(blkid -po value -s UUID /dev/loop1)
must grep -q "mkfs.ext4 .*-U $uuid" plan.json
refused used-up '/dev/loop1 was .*ext4'
losetup -d /dev/loop1; must rmmod loop

it 'a device is released in the right order'
do_ 'disk::partition("/dev/ubda", [#{ name: "luks", size: "200M", kind: "luks" }, #{ name: "swap", size: "20M", kind: "swap" }]);
key::generate("/run/good.key");
luks::format("/dev/ubda1", #{ key: "/run/good.key", '"$KDF"' }); luks::open("/dev/ubda1", "crypt", #{ key: "/run/good.key" });
lvm::vg_create("vg", [lvm::pv_create("/dev/mapper/crypt")]);
lvm::lv_create("vg", "one", "20M"); fs::make("/dev/vg/one"); mount::mount("/dev/vg/one", "/mnt/one");
lvm::lv_create("vg", "two", "20M"); fs::make("/dev/vg/two"); mount::mount("/dev/vg/two", "/mnt/one/two");
fs::swap("/dev/ubda2"); mount::swap_on("/dev/ubda2");'
ask nobody-agrees "$G" release /dev/ubda
exits nobody-agrees 3
must mountpoint -q /mnt/one/two
# The device is busy: that is reported, and releases that succeeded are not undone.
sleep 1000 </mnt/one/two &
sleeper=$!
( cd /mnt/one/two && exec sleep 1000 ) &
ask busy "$G" release /dev/ubda --yes
exits busy 1
must grep -q 'sleep (pid .*working directory' busy.err
kill %1 %2; wait
printf 'see To free /dev/ubda\nsee umount /mnt/one/two\nsee Continue?\ntype yes\nsee /dev/ubda is free\n' >acts
must typed acts "$G" release /dev/ubda
nothing_left
must "$G" release /dev/ubda
