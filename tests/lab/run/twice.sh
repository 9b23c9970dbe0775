# A recipe that has been run is run again: what it does not destroy on request is already so.

trap 'code=$?; [ $code = 0 ] || { tail -n 40 ./*.err; sleep 1; }' EXIT
says() { grep -Fq -- "$2" "$1.err" || { echo "$1 does not say: $2"; exit 1; }; }

mkfs.vfat -I -n STICK /dev/ubdb >/dev/null
mkdir -p /run/look
# on_stick COMMAND…: with the stick mounted, in it.
on_stick() {
    mount -o ro /dev/ubdb /run/look
    ( cd /run/look && "$@" )
    local code=$?
    umount /run/look
    return $code
}
on_stick true || exit 1

# --- everything is left open: the second run is refused, and names what holds the disk -------------
must install --set stay=true --journal /run/first 2>first.err
echo 'mine' >/mnt/gentoo/root/witness
sync
for again in 1 2; do
    ask busy install --set stay=true --journal /run/second
    [ "$(cat busy.code)" = 3 ] || exit 1
    says busy '/dev/ubda is in use'
    says busy '/mnt/gentoo'
    says busy 'gscript release /dev/ubda'
    must_not ls /run/second/*/journal.jsonl
done
must grep -qx mine /mnt/gentoo/root/witness
must "$G" release /dev/ubda --yes 2>release.err
must "$G" release /dev/ubdb --yes 2>release2.err
nothing_left

# --- nobody agreed to lose it again: not a byte changes ----------------------------------------
before=$(sha256sum /dev/ubda /dev/ubdb)
ask unasked "$G" "$ROOT" --yes --set disk=/dev/ubda --set key_dev=/dev/ubdb --set key_file=laptop.key \
    --set goal=base --set stage3="$OUT/a.tar.xz" --set stage3_keys="$OUT/good.asc" --set boot_size=64M --set swap_size=64M
[ "$(cat unasked.code)" = 3 ] || exit 1
says unasked '--destroy /dev/ubda'
[ "$before" = "$(sha256sum /dev/ubda /dev/ubdb)" ] || { echo 'something has changed'; exit 1; }

# --- on request: the disk is new, and the key is the one that is there ---------------------------
key=$(on_stick sha256sum laptop.key)
on_stick find . -type f ! -path './gscript/*' -exec sha256sum {} + | sort >files.before
must grep -q laptop.key files.before
must install --json --prove --journal /run/third >third.json 2>third.err
nothing_left
[ "$key" = "$(on_stick sha256sum laptop.key)" ] || { echo 'another key'; exit 1; }
# Everything that was on the stick still is; a header, of the new container, is all that is new there.
on_stick find . -type f ! -path './gscript/*' -exec sha256sum {} + | sort >files.after
[ -z "$(comm -23 files.before files.after)" ] || { cat files.before files.after; exit 1; }
comm -13 files.before files.after >files.new
must test "$(wc -l <files.new)" = 1
must grep -q '\.header$' files.new
python3 - third.json <<'END' || exit 1
import json, sys
names, so, done = {}, [], []
for event in map(json.loads, open(sys.argv[1])):
    if event["event"] == "began":
        names[event["call"]] = event["name"]
    if event["event"] == "done":
        (so if event.get("already") else done).append(names[event["call"]])
# All others lie on the disk that was given up, or end with the run.
assert "key.generate" in so, so
outside = [name for name in done if name.split(".")[0] in ("key", "package", "user")]
assert not outside, outside
END
# A file in the place of the key that is none is not overwritten.
mount /dev/ubdb /run/look; echo 'a letter' >/run/look/letter.key; umount /run/look
ask letter install --set key_file=letter.key --journal /run/letter
[ "$(cat letter.code)" != 0 ] || exit 1
says letter letter.key
must grep -q '= next: ' letter.err
[ "$(on_stick cat letter.key)" = 'a letter' ] || exit 1
nothing_left
must install --journal /run/fourth 2>fourth.err

# --- the rescue, which changes nothing that lasts: twice ---------------------------------------
rescue() { "$G" "$RESCUE" --yes --set key_dev=/dev/ubdb --set key_file=laptop.key --journal /run/rescues "$@" 2>rescue.err; }
# Read-only, both disks stay the same byte by byte.
before=$(sha256sum /dev/ubda /dev/ubdb)
for again in 1 2; do
    must rescue --set read_only=true
    nothing_left
    [ "$before" = "$(sha256sum /dev/ubda /dev/ubdb)" ] || { echo 'the rescue has written'; exit 1; }
done
# Otherwise what mounting notes in the superblock and swap: every file, with owner, mode and times, is the same.
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
[ "$(wc -l <before.tree)" -gt 20 ] || { cat before.tree; exit 1; }
diff before.tree after.tree || { echo 'the rescue has changed something'; exit 1; }
[ "$stick" = "$(sha256sum /dev/ubdb)" ] || { echo 'the rescue has written to the stick'; exit 1; }
nothing_left
