#!/bin/bash
# Actions that were killed where a tool had written only a part: md.create, fs.swap_file. The run is resumed by its journal.
#
# disks: 100M 100M
# with: cut.so
# tier: make lab
# takes: 25 s
. "${0%/*}/../lib/cases.sh"

must modprobe raid1
recipe mirror.rhai <<'END'
let array = md::create("data", "raid1", ["/dev/ubda", "/dev/ubdb"]);
fs::make(array);
mount::mount(array, "/mnt/a");
file::write("/mnt/a/f", "whole\n");
END
approved=(--yes --destroy /dev/ubda --destroy /dev/ubdb)

# killed_run: starts the run and kills it when mdadm is to create the array; prints the UUID of the array.
killed_run() {
    wipefs -aqf /dev/ubda /dev/ubdb
    rm -rf /run/cut
    (CUT_CALL=1 CUT_STEP=0 CUT_AFTER=0 LD_PRELOAD=$OUT/cut.so "$G" mirror.rhai "${approved[@]}" --journal /run/cut) >cut.out 2>cut.err
    orphans_end
    mdadm --stop --scan -q 2>/dev/null
    wipefs -aqf /dev/ubda /dev/ubdb
    grep -oP -m 1 '"is":"raid_member","uuid":"\K[^"]*' /run/cut/*/journal.jsonl | head -n 1
}

# resumed: resumes the run, and checks what it made.
resumed() {
    ask resumed "$G" resume "${approved[@]}" /run/cut/*/journal.jsonl
    exits resumed 0
    must grep -q whole /mnt/a/f
    must umount /mnt/a
    must mdadm --stop --scan -q
    nothing_left
}

it 'the first device is written, and the second is not'
uuid=$(killed_run)
must mdadm --create /dev/md127 --run --level=1 --raid-devices=2 --uuid="$uuid" --homehost=any --name=data /dev/ubda missing -q
must mdadm --stop /dev/md127 -q
resumed

it 'both devices are written, and the array does not run'
uuid=$(killed_run)
must mdadm --create /dev/md127 --run --level=1 --raid-devices=2 --uuid="$uuid" --homehost=any --name=data --assume-clean /dev/ubda /dev/ubdb -q
echo inactive >/sys/block/md127/md/array_state
must grep -q '^md127 : inactive' /proc/mdstat
resumed

it 'the array runs, and the run has not recorded it'
uuid=$(killed_run)
must mdadm --create /dev/md127 --run --level=1 --raid-devices=2 --uuid="$uuid" --homehost=any --name=data --assume-clean /dev/ubda /dev/ubdb -q
resumed

it 'a swap file has its length, and no signature'
must mkfs.ext4 -q -F /dev/ubda
must mkdir -p /mnt/a && must mount /dev/ubda /mnt/a
recipe swap.rhai <<<'mount::swap_on(fs::swap_file("/mnt/a/swapfile", "20M"));'
rm -rf /run/cut
(CUT_CALL=1 CUT_STEP=1 CUT_AFTER=0 LD_PRELOAD=$OUT/cut.so "$G" swap.rhai --yes --journal /run/cut) >cut.out 2>cut.err
orphans_end
must test "$(stat -c %s /mnt/a/swapfile)" = 20971520
# mkswap may have been started: as if it had not.
must dd if=/dev/zero of=/mnt/a/swapfile bs=4096 count=1 conv=notrunc status=none
# A run that does not know of the interruption does not take it for a swap file, and does not overwrite it.
ask another "$G" swap.rhai --yes --journal /run/another
exits another 2
tells another '/mnt/a/swapfile exists and has no swap signature: it is not overwritten'
recipe unsigned.rhai <<<'mount::swap_on("/mnt/a/swapfile");'
ask unsigned "$G" plan unsigned.rhai
exits unsigned 2
tells unsigned '/mnt/a/swapfile is not a swap area'
ask resumed "$G" resume --yes /run/cut/*/journal.jsonl
exits resumed 0
must grep -q /mnt/a/swapfile /proc/swaps
# A second run keeps it.
do_ 'fs::swap_file("/mnt/a/swapfile", "20M");'
must swapoff /mnt/a/swapfile
must umount /mnt/a
nothing_left
