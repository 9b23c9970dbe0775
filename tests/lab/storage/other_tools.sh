#!/bin/bash
# Devices that other tools made, in layouts that no primitive creates: they are read, named and released as they are.
#
# disks: 120M 120M
# tier: make lab
# takes: 80 s
. "${0%/*}/../lib/cases.sh"

# only DISK: prints the configuration with which LVM sees only this disk.
only() { echo "devices{filter=[\"a|/dev/$1|\",\"r|.*|\"]}"; }
group_uuid() { vgs --noheadings -o vg_uuid --config "$(only "$1")" | tr -d ' '; }
fresh() {
    for disk in ubda ubdb; do
        must wipefs -aqf /dev/$disk
    done
}

it 'bcache keeps its backing device in use, and nothing is called free'
must modprobe bcache
must python3 "$LAB/lib/bcache.py" /dev/ubda
echo /dev/ubda >/sys/fs/bcache/register
must mkfs.ext4 -q /dev/bcache0
mkdir -p /mnt/x && must mount /dev/bcache0 /mnt/x
recipe wipe.rhai <<'END'
print(disk::holders("/dev/ubda"));
disk::wipe("/dev/ubda");
END
ask wiped "$G" wipe.rhai --yes --destroy /dev/ubda
exits wiped 3
tells wiped '/dev/ubda is open as /dev/bcache0 (bcache)'
ask released "$G" release /dev/ubda --yes
exits released 1
tells released 'echo 1 > /sys/block/bcache0/bcache/stop'
must_not mountpoint -q /mnt/x
echo 1 >/sys/block/bcache0/bcache/stop
for _ in $(seq 100); do [ -e /sys/block/bcache0 ] || break; sleep 0.1; done
ask freed "$G" release /dev/ubda --yes
exits freed 0
tells freed '/dev/ubda is free.'
fresh

it 'two groups with one name are told apart by UUID'
for disk in ubda ubdb; do
    must pvcreate -q -y /dev/$disk
    must vgcreate -q --config "$(only $disk)" twin /dev/$disk
    must lvcreate -q -y -Wn -an -Zn --config "$(only $disk)" -L 60M -n root twin
done
first=$(group_uuid ubda) second=$(group_uuid ubdb)
ask named "$G" -e 'lvm::vg_info("twin")'
exits named 3
tells named "$first on /dev/ubda"
tells named "$second on /dev/ubdb"
for pair in "ubda $first $second" "ubdb $second $first"; do
    read -r disk uuid other <<<"$pair"
    do_ "lvm::vg_activate(\"$uuid\"); fs::make(\"/dev/mapper/twin-root\"); mount::mount(\"/dev/mapper/twin-root\", \"/mnt/x\");"
    says "print(lvm::vg_info(\"$uuid\").members == [\"/dev/$disk\"]);" true
    printf 'lvm::vg_activate("%s");\n' "$other" >other.rhai
    ask active "$G" plan other.rhai
    exits active 3
    tells active 'while another volume group named twin is active'
    ask wiped "$G" release "/dev/$disk"
    tells wiped "vgchange -a n --select vg_uuid=$uuid"
    must "$G" release "/dev/$disk" --yes
    must_not mountpoint -q /mnt/x
done
nothing_left
fresh

it 'of a group with a missing physical volume, the complete volumes can be activated'
must vgcreate -q vg /dev/ubda /dev/ubdb
must lvcreate -q -y -Wn -L 40M -n root vg /dev/ubda
must mkfs.ext4 -q /dev/vg/root
must lvcreate -q -y -Wn -L 140M -n big vg
must vgchange -q -a n vg
must wipefs -aqf /dev/ubdb
recipe missing.rhai <<'END'
lvm::vg_activate("vg");
END
ask missing "$G" missing.rhai --yes
exits missing 3
tells missing '1 of 2 physical volumes of vg is missing: LVM cannot activate big'
tells missing 'activate only root: #{ complete_only: true }'
do_ 'lvm::vg_activate("vg", #{ complete_only: true }); mount::mount("/dev/vg/root", "/mnt/x");'
recipe change.rhai <<'END'
lvm::lv_create("vg", "more", "4M");
END
ask changed "$G" plan change.rhai
exits changed 3
tells changed 'vg cannot be changed while 1 of its 2 physical volumes is missing'
do_ 'mount::unmount("/mnt/x"); lvm::vg_deactivate("vg");'
nothing_left
fresh

it 'a cached and a mirrored volume are released and removed with all of their parts'
must modprobe -a dm-cache dm-cache-smq dm-mirror
must vgcreate -q vg /dev/ubda /dev/ubdb
must lvcreate -q -y -L 40M -n root vg /dev/ubda
must lvcreate -q -y -L 12M -n fast vg /dev/ubdb
must lvconvert -q -y --type cache --cachevol fast --cachemode writethrough vg/root
must lvcreate -q -y --type mirror -m1 -L 12M -n mirror vg
ask released "$G" release /dev/ubda --yes
exits released 0
tells released '/dev/ubda is free.'
must_not grep -q _ "$OUT/released.err"
recipe remove.rhai <<'END'
lvm::vg_activate("vg");
lvm::lv_remove("vg", "root");
lvm::lv_remove("vg", "mirror");
let all = lvm::lv_create("vg", "all", "100%FREE");
lvm::lv_remove("vg", "all");
lvm::vg_remove("vg");
END
# shellcheck disable=SC2046
ask removed "$G" remove.rhai --yes --prove --journal /run/proved $(everything)
exits removed 0
tells removed 'its internal volumes fast_cvol, root_corig are removed with it'
proved
nothing_left
fresh

it 'exported groups and groups of other machines are left alone'
must vgcreate -q away /dev/ubda
must vgexport -q away
must vgcreate -q theirs /dev/ubdb
must vgchange -q -y --systemid theirs theirs --config 'local{system_id="x"}'
recipe exported.rhai <<'END'
lvm::vg_activate("away");
END
recipe foreign.rhai <<'END'
lvm::vg_activate("theirs");
END
ask exported "$G" plan exported.rhai
exits exported 3
tells exported 'volume group away is exported'
tells exported 'vgimport away'
ask foreign "$G" plan foreign.rhai
exits foreign 3
tells foreign 'volume group theirs belongs to the machine with system ID theirs'
recipe wipe_foreign.rhai <<'END'
disk::wipe("/dev/ubdb");
END
ask planned "$G" plan wipe_foreign.rhai
exits planned 0
must grep -q theirs planned.out
# The advice is a command that works.
must sh -c "$(grep -o 'vgimport away' exported.err)"
must sh -c "$(grep -o 'vgchange --config .*' foreign.err)" 2>/dev/null
do_ 'lvm::vg_activate("away"); lvm::vg_activate("theirs"); lvm::vg_remove("away"); lvm::vg_remove("theirs");'
fresh

it 'the container of a firmware RAID is stopped after its arrays'
must modprobe -a raid0 raid1
export IMSM_NO_PLATFORM=1 IMSM_DEVNAME_AS_SERIAL=1
must mdadm -C /dev/md/imsm0 -e imsm -n2 --run /dev/ubda /dev/ubdb -q
must mdadm -C /dev/md/Volume0 -l0 -n2 --run /dev/md/imsm0 -q
ask released "$G" release /dev/ubda --yes
exits released 0
must_not grep -q '^md' /proc/mdstat
fresh

it 'arrays with a number or without a name are found by what they have'
must mdadm -C /dev/md0 --name=rescue:0 -e 1.2 -l1 -n2 --assume-clean --run /dev/ubda /dev/ubdb -q
must mkfs.ext4 -q /dev/md0
must mdadm -S /dev/md0 -q
do_ 'mount::mount(md::assemble("0"), "/mnt/x"); mount::unmount("/mnt/x"); md::stop("0");'
must mdadm --zero-superblock /dev/ubda /dev/ubdb
must mdadm -C /dev/md0 -e 0.90 -l1 -n2 --assume-clean --run /dev/ubda /dev/ubdb -q
must mkfs.ext4 -q /dev/md0
must mdadm -S /dev/md0 -q
do_ 'let a = md::list()[0]; mount::mount(md::assemble(a), "/mnt/x"); mount::unmount("/mnt/x"); md::stop(a);'
nothing_left
fresh

it 'an interrupted md.create is finished with the device that the kernel chose'
recipe create.rhai <<'END'
let array = md::create("data", "raid1", ["/dev/ubda", "/dev/ubdb"]);
fs::make(array);
END
approved=(--yes --destroy /dev/ubda --destroy /dev/ubdb)
for moment in 0.05 0.2 0.4 0.6; do
    rm -rf /run/cut
    "$G" create.rhai "${approved[@]}" --journal /run/cut >/dev/null 2>&1 &
    while ! grep -q '"record":"begin"' /run/cut/*/journal.jsonl 2>/dev/null; do sleep 0.01; done
    sleep $moment
    kill -9 $! && wait $! 2>/dev/null
    must "$G" resume "${approved[@]}" /run/cut/*/journal.jsonl >resumed.out 2>&1
    # Not always md127: the kernel may still be removing the one of the killed mdadm.
    arrays=(/sys/class/block/ubda/holders/md*)
    array=/dev/${arrays[0]##*/}
    must blkid -p -n ext4 "$array" >/dev/null
    must mdadm -S "$array" -q
    fresh
done
nothing_left
