#!/bin/bash
# Disks that are full or read-only: under the journal, under its copy, in the target.
#
# disks: 100M 16M
# tier: make lab
# takes: 80 s
. "${0%/*}/../lib/cases.sh"

it 'a full disk under the journal'
# A run without a fault shows how much space a journal takes.
recipe small.rhai <<'END'
//! ```toml
//! [params.rounds]
//! type = "number"
//! default = 4
//! ```
fs::make("/dev/ubda", #{ label: "target" });
mount::mount("/dev/ubda", "/mnt/target");
mount::mount("/dev/ubdb", "/mnt/stick");
journal::keep_on("/mnt/stick");
for round in 0..rounds { file::write(`/mnt/target/file${round}`, `text ${round}\n`); }
mount::unmount("/mnt/stick");
mount::unmount("/mnt/target");
END
mkfs.ext4 -q -L STICK /dev/ubdb
small() { "$G" small.rhai --yes --destroy /dev/ubda "$@"; }
must small --journal /run/reference 2>reference.err
nothing_left
whole=$(cat /run/reference/*/journal.jsonl /run/reference/*/log.txt | wc -c)
first=$(head -n1 /run/reference/*/journal.jsonl | wc -c)
mkdir -p /run/tight
failed=0
for part in 0 1 2 3 4 5 6 7; do
    # The filesystem allocates whole pages; the filler leaves exactly this much free space.
    mount -t tmpfs -o size=$(( (whole / 4096 + 8) * 4096 )) tmpfs /run/tight
    room=$((first + 4096 + (whole - first) * part / 8))
    mkdir /run/tight/runs
    head -c 100M /dev/zero >/run/tight/filler 2>/dev/null
    truncate -s -$((room / 4096 * 4096)) /run/tight/filler
    ask "tight$part" small --journal /run/tight/runs
    nothing_left
    code=$(cat "tight$part.code")
    if [ "$code" != 0 ]; then
        failed=$((failed + 1))
        [ "$code" = 1 ] || fail "exit code $code"
        tells "tight$part" 'No space left on device'
        grep -Eq 'journal' "tight$part.err" || fail
        must grep -q '= help: ' "tight$part.err"
        # Every line in the journal is complete, and with free space the run can be resumed.
        rm /run/tight/filler
        for journal in /run/tight/runs/*/journal.jsonl; do
            [ -f "$journal" ] || continue
            must python3 -c 'import json, sys
text = open(sys.argv[1], "rb").read()
assert text.endswith(b"\n"), text[-200:]
for line in text.splitlines(): json.loads(line)' "$journal"
            must "$G" resume "$journal" --yes --destroy /dev/ubda 2>"resumed$part.err"
            nothing_left
            must grep -q '"record":"ended","ok":true' "$journal"
        done
    fi
    umount /run/tight
done
echo "the journal's disk was full in $failed of 8 runs"
must [ $failed -ge 3 ]

it 'a full disk under the copy of the journal'
mount /dev/ubdb /mnt/stick; rm -rf /mnt/stick/*
head -c 100M /dev/zero >/mnt/stick/filler 2>/dev/null; truncate -s -24K /mnt/stick/filler; umount /mnt/stick
ask copy small --set rounds=60 --journal /run/copied
exits copy 0
tells copy 'failed to write the copy of the journal /mnt/stick/gscript/'
tells copy 'No space left on device (os error 28)); the copy was removed'
nothing_left
must grep -q '"record":"ended","ok":true' /run/copied/*/journal.jsonl
mount /dev/ubdb /mnt/stick; must_not ls /mnt/stick/gscript/*/journal.jsonl
# No free space at all: the run fails before anything depends on the copy.
head -c 100M /dev/zero >>/mnt/stick/filler 2>/dev/null; rm -r /mnt/stick/gscript; head -c 100M /dev/zero >/mnt/stick/more 2>/dev/null; umount /mnt/stick
ask nocopy small --journal /run/nocopy
exits nocopy 1
tells nocopy 'No space left on device'
must grep -Eq '= (help|resume): ' nocopy.err
nothing_left
mount /dev/ubdb /mnt/stick; rm -r /mnt/stick/filler /mnt/stick/more; umount /mnt/stick
must "$G" resume --journal /run/nocopy --yes --destroy /dev/ubda 2>nocopy2.err
nothing_left

it 'a full target'
recipe replace.rhai <<'END'
mount::mount("/dev/ubda", "/mnt/target");
let text = "";
for i in 0..8000 { text += "a line of the new text\n"; }
file::write("/mnt/target/old", text);
END
mkfs.ext4 -q -F /dev/ubda
mount /dev/ubda /mnt/target; echo 'the old text' >/mnt/target/old
head -c 400M /dev/zero >/mnt/target/filler 2>/dev/null; umount /mnt/target
ask replace "$G" replace.rhai --yes --journal /run/r
exits replace 1
tells replace 'No space left on device'
tells replace '/mnt/target/old'
must grep -q '= help: ' replace.err
nothing_left
mount /dev/ubda /mnt/target
must [ "$(cat /mnt/target/old)" = 'the old text' ]
must [ "$(ls -A /mnt/target)" = "$(printf 'filler\nlost+found\nold')" ]
rm /mnt/target/filler; umount /mnt/target
mkdir -p /run/large; head -c 120M /dev/urandom >/run/large/data
tar -C /run/large -cf "$OUT/large.tar" .; rm -r /run/large
recipe large.rhai <<END
mount::mount("/dev/ubda", "/mnt/target");
stage3::unpack("$OUT/large.tar", "/mnt/target");
END
ask large "$G" large.rhai --yes --journal /run/l
exits large 1
tells large 'tar failed'
tells large 'No space left on device'
must grep -q '= help: ' large.err
nothing_left

it 'a target that is read-only'
recipe readonly.rhai <<'END'
mount::mount("/dev/ubda", "/mnt/target", #{ options: "ro" });
file::write("/mnt/target/new", "text");
END
ask readonly "$G" readonly.rhai --yes --journal /run/ro
exits readonly 1
tells readonly 'Read-only file system'
tells readonly '/mnt/target/new'
must grep -q '= help: ' readonly.err
nothing_left
blockdev --setro /dev/ubda
ask rodisk small --journal /run/rodisk
blockdev --setrw /dev/ubda
must [ "$(cat rodisk.code)" != 0 ]
tells rodisk /dev/ubda
must grep -q '= help: ' rodisk.err
nothing_left
