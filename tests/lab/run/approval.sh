# What was approved is all that happens.

typed() { python3 "$PROJECT/tests/lab/lib/typed.py" "$@"; }
sums() { sync; sha256sum "$@"; }

# --- agreed to by typing the name; another name is no agreement -------------------------------
recipe wipe.rhai <<'END'
step("Wipe it");
fs::make("/dev/ubdb", #{ kind: "ext2" });
END
before=$(sums /dev/ubdb)
printf 'see Type its name (ubdb)\ntype ubda\n' >acts
typed acts "$G" wipe.rhai; [ $? = 3 ] || exit 1
[ "$before" = "$(sums /dev/ubdb)" ] || exit 1
printf 'see Type its name (ubdb)\ntype ubdb\n' >acts
must typed acts "$G" wipe.rhai
[ "$(blkid -po value -s TYPE /dev/ubdb)" = ext2 ] || exit 1

# --- a passphrase is entered twice, and again where the two differ --------------------------------
recipe secret.rhai <<'END'
//! ```toml
//! [params.passphrase]
//! type = "secret"
//! ask = "Passphrase"
//! ```
luks::format("/dev/ubdb", #{ passphrase: passphrase, kdf: #{ kind: "pbkdf2", iterations: 1000 } });
END
printf '%s\n' 'see Passphrase:' 'type otter one' 'see Passphrase (again):' 'type otter two' 'see the two differ' \
    'see Passphrase:' 'type otter six' 'see Passphrase (again):' 'type otter six' 'see Type its name (ubdb)' 'type ubdb' >acts
typed acts "$G" secret.rhai >secret.txt || { cat secret.txt; exit 1; }
must_not grep -q otter secret.txt
printf 'otter six' | must cryptsetup open --test-passphrase --key-file - /dev/ubdb
must_not cryptsetup open --test-passphrase --key-file - /dev/ubdb <<<'otter one' 2>/dev/null
wipefs -qa /dev/ubdb

# --- an effect beyond the plan: the answer of a program is only a guess in it -------------------
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
[ "$(cat beyond-alone.code)" = 3 ] || { cat beyond-alone.err; exit 1; }
must grep -q "is not in the approved plan" beyond-alone.err
[ "$before" = "$(sums /dev/ubdb)" ] || exit 1
printf 'see Go on?\ntype yes\nsee not in the approved plan\nsee Type its name (ubdb)\ntype no\n' >acts
typed acts "$G" beyond.rhai >beyond.txt; [ $? = 3 ] || { cat beyond.txt; exit 1; }
[ "$before" = "$(sums /dev/ubdb)" ] || exit 1
printf 'see Go on?\ntype yes\nsee Type its name (ubdb)\ntype ubdb\nsee not in the approved plan\nsee write /run/beyond\nsee (yes/no)\ntype yes\n' >acts
must typed acts "$G" beyond.rhai
[ "$(blkid -po value -s TYPE /dev/ubdb)$(cat /run/beyond)" = xfsx ] || exit 1
umount /run/root

# --- another disk under the same name, between the question and the answer -----------------------
modprobe loop max_part=8
truncate -s 64M /run/first.img /run/other.img
mkfs.ext2 -q /run/other.img
losetup /dev/loop1 /run/first.img
recipe loop.rhai <<'END'
fs::make("/dev/loop1", #{ kind: "ext4" });
END
other=$(sums /run/other.img)
printf 'see Type its name (loop1)\nrun losetup -d /dev/loop1; losetup /dev/loop1 /run/other.img\ntype loop1\n' >acts
typed acts "$G" loop.rhai >swapped.txt; [ $? = 3 ] || { cat swapped.txt; exit 1; }
must grep -q 'not the disk' swapped.txt
[ "$other" = "$(sums /run/other.img)" ] || { echo "the other disk was written to"; exit 1; }

# The same with a disk that is pulled out, and another that is put in.
recipe pulled.rhai <<'END'
fs::make("/dev/ubdb", #{ kind: "ext4" });
END
other=$(sha256sum <"$OUT/other.img")
printf 'see Type its name (ubdb)\nrun touch %s/exchange-ubdb; while [ -e %s/exchange-ubdb ]; do sleep 0.1; done\ntype ubdb\n' "$OUT" "$OUT" >acts
typed acts "$G" pulled.rhai >pulled.txt; [ $? = 3 ] || { cat pulled.txt; exit 1; }
[ ! -s exchanged ] || { cat exchanged; exit 1; }
must grep -q 'not the disk' pulled.txt
must test "$(blkid -po value -s TYPE /dev/ubdb)" = swap
sync
[ "$other" = "$(sha256sum <"$OUT/other.img")" ] || { echo "the other disk was written to"; exit 1; }

# --- a saved plan ------------------------------------------------------------------------------
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
    [ "$(cat "$name.code")" = 3 ] || { cat "$name.err"; exit 1; }
    must grep -q "$text" "$name.err"
}
plan
cp saved.rhai same.rhai; echo '// more' >>saved.rhai
refused recipe-changed 'saved.rhai is not the text that was planned'
cp same.rhai saved.rhai
refused param-changed 'parameter "label" was "one" and is "two"' --set label=two
mkfs.ext4 -q -F /dev/loop1
refused contents-changed '/dev/loop1 was .*ext2'
plan
losetup -d /dev/loop1; truncate -s 80M /run/third.img; losetup /dev/loop1 /run/third.img
refused identity-changed '/dev/loop1 was /dev/loop1, 64 MiB and is /dev/loop1, 80 MiB'
losetup -d /dev/loop1
refused disk-gone '/dev/loop1, 64 MiB is not there'
losetup /dev/loop1 /run/other.img
plan
# A file that agrees to more than the plan needs is not taken at its word.
cp plan.json kept.json
python3 -c 'import json; p = json.load(open("plan.json")); p["effects"].append({"effect": "writes", "path": "/"}); json.dump(p, open("plan.json", "w"))'
refused more-agreed '^ *.*-this run writes /'
mv kept.json plan.json
ask not-named "$G" apply plan.json --yes
[ "$(cat not-named.code)" = 3 ] || exit 1
must "$G" apply plan.json --yes --destroy /dev/loop1
# The identifier that was shown is the one that is there.
uuid=$(blkid -po value -s UUID /dev/loop1)
must grep -q "mkfs.ext4 .*-U $uuid" plan.json
refused used-up '/dev/loop1 was .*ext4'
losetup -d /dev/loop1; must rmmod loop

# --- a device is freed in the right order, after asking ---------------------------------------
do_ 'disk::partition("/dev/ubda", [#{ name: "luks", size: "200M", kind: "luks" }, #{ name: "swap", size: "20M", kind: "swap" }]);
key::generate("/run/good.key");
luks::format("/dev/ubda1", #{ key: "/run/good.key", '"$KDF"' }); luks::open("/dev/ubda1", "crypt", #{ key: "/run/good.key" });
lvm::vg_create("vg", [lvm::pv_create("/dev/mapper/crypt")]);
lvm::lv_create("vg", "one", "20M"); fs::make("/dev/vg/one"); mount::mount("/dev/vg/one", "/mnt/one");
lvm::lv_create("vg", "two", "20M"); fs::make("/dev/vg/two"); mount::mount("/dev/vg/two", "/mnt/one/two");
fs::swap("/dev/ubda2"); mount::swap_on("/dev/ubda2");'
ask nobody-agrees "$G" release /dev/ubda
must test "$(cat nobody-agrees.code)" = 3
must mountpoint -q /mnt/one/two
# Something keeps it busy: said, and what could be freed is not undone.
sleep 1000 </mnt/one/two &
sleeper=$!
( cd /mnt/one/two && exec sleep 1000 ) &
ask busy "$G" release /dev/ubda --yes
[ "$(cat busy.code)" = 1 ] || { cat busy.err; exit 1; }
must grep -q 'sleep (pid .*working directory' busy.err
kill %1 %2; wait
printf 'see To free /dev/ubda\nsee umount /mnt/one/two\nsee Go on?\ntype yes\nsee /dev/ubda is free\n' >acts
must typed acts "$G" release /dev/ubda
nothing_left
must "$G" release /dev/ubda
