#!/bin/bash
# A recipe is run again: everything that it does not destroy on request is unchanged.
#
# disks: 300M 64M
# tier: make lab
# takes: 80 s
. "${0%/*}/../lib/cases.sh"
. "$LAB/lib/signed.sh"

mkfs.vfat -I -n STICK /dev/ubdb >/dev/null
mkdir -p /run/look
# on_stick COMMAND…: runs a command in the mounted stick.
on_stick() {
    mount -o ro /dev/ubdb /run/look
    ( cd /run/look && "$@" )
    local code=$?
    umount /run/look
    return $code
}
on_stick true || fail

it 'what is left open holds the disk'
must install --set stay=true --journal /run/first 2>first.err
echo 'mine' >/mnt/gentoo/root/witness
sync
for again in 1 2; do
    ask busy install --set stay=true --journal /run/second
    exits busy 3
    tells busy '/dev/ubda is in use'
    tells busy '/mnt/gentoo'
    tells busy 'gscript release /dev/ubda'
    must_not ls /run/second/*/journal.jsonl
done
must grep -qx mine /mnt/gentoo/root/witness
must "$G" release /dev/ubda --yes 2>release.err
must "$G" release /dev/ubdb --yes 2>release2.err
nothing_left

it 'without approval not a byte changes'
before=$(sha256sum /dev/ubda /dev/ubdb)
ask unasked "$G" "$ROOT" --yes --set disk=/dev/ubda --set key_dev=/dev/ubdb --set key_file=laptop.key \
    --set goal=base --set stage3="$OUT/a.tar.xz" --set stage3_keys="$OUT/good.asc" --set boot_size=64M --set swap_size=64M
exits unasked 3
tells unasked '--destroy /dev/ubda'
[ "$before" = "$(sha256sum /dev/ubda /dev/ubdb)" ] || fail 'something has changed'

it 'a second installation keeps the key'
key=$(on_stick sha256sum laptop.key)
on_stick find . -type f ! -path './gscript/*' -exec sha256sum {} + | sort >files.before
must grep -q laptop.key files.before
must install --json --prove --journal /run/third >third.json 2>third.err
nothing_left
[ "$key" = "$(on_stick sha256sum laptop.key)" ] || fail 'another key'
# All files of the stick are still there; the header of the new container is the only new one.
on_stick find . -type f ! -path './gscript/*' -exec sha256sum {} + | sort >files.after
must [ -z "$(comm -23 files.before files.after)" ]
comm -13 files.before files.after >files.new
must test "$(wc -l <files.new)" = 1
must grep -q '\.header$' files.new
python3 - third.json <<'END' || fail
import json, sys
names, so, done = {}, [], []
for event in map(json.loads, open(sys.argv[1])):
    if event["event"] == "began":
        names[event["call"]] = event["name"]
    if event["event"] == "done":
        (so if event.get("already") else done).append(names[event["call"]])
# All others are on the disk that was overwritten, or end with the run.
assert "key.generate" in so, so
outside = [name for name in done if name.split(".")[0] in ("key", "package", "user")]
assert not outside, outside
END

it 'a file that is no key is not overwritten'
mount /dev/ubdb /run/look; echo 'a letter' >/run/look/letter.key; umount /run/look
ask letter install --set key_file=letter.key --journal /run/letter
must [ "$(cat letter.code)" != 0 ]
tells letter letter.key
must grep -q '= help: ' letter.err
must [ "$(on_stick cat letter.key)" = 'a letter' ]
nothing_left
must install --journal /run/fourth 2>fourth.err

it 'the rescue changes nothing that lasts'
rescue() { "$G" "$RESCUE" --yes --set key_dev=/dev/ubdb --set key_file=laptop.key --journal /run/rescues "$@" 2>rescue.err; }
# In read-only mode both disks stay identical byte by byte.
before=$(sha256sum /dev/ubda /dev/ubdb)
for again in 1 2; do
    must rescue --set read_only=true
    nothing_left
    [ "$before" = "$(sha256sum /dev/ubda /dev/ubdb)" ] || fail 'the rescue has written'
done
# Otherwise mounting changes the superblock and swap: every file is compared with its owner, mode and times.
tree() {
    mount -o ro /dev/ubdb /run/look
    cryptsetup open --key-file /run/look/laptop.key /dev/ubda2 look && umount /run/look
    vgchange -qqay vg_hostos
    mkdir -p /run/tree; mount -o ro,noload /dev/vg_hostos/root /run/tree
    ( cd /run/tree && find . -printf '%p %y %m %U %G %s %T@ %l\n' | sort && find . -type f -exec sha256sum {} + | sort )
    umount /run/tree; vgchange -qqan vg_hostos; cryptsetup close look
}
tree >before.tree
stick=$(sha256sum /dev/ubdb)
for again in 1 2; do
    must rescue
    nothing_left
done
tree >after.tree
must [ "$(wc -l <before.tree)" -gt 20 ]
diff before.tree after.tree || fail 'the rescue has changed something'
[ "$stick" = "$(sha256sum /dev/ubdb)" ] || fail 'the rescue has written to the stick'
nothing_left
