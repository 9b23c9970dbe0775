# The layouts, for real: made, used, given back, made again (nothing changes), given back. Each one
# finds the disks as the one before has left them. The last disk is never chosen.

head -c 1M /dev/urandom >/dev/ubdd
sentinel=$(sha256sum /dev/ubdd)
two='disks=/dev/ubda,/dev/ubdb' three='disks=/dev/ubda,/dev/ubdb,/dev/ubdc'
one='disk=/dev/ubda' key='key=/run/root.key'

# apply FILE WHAT SET…: runs it; `only_opens` and `all_so` then look at what it did.
run_layout() {
    local events=$1 name=$2 sets=()
    shift 2
    for s in "$@"; do sets+=(--set "$s"); done
    rm -rf /run/journals
    must "$G" "$PROJECT/recipes/layouts/$name" --yes --json --journal /run/journals --destroy /dev/ubda --destroy /dev/ubdb \
        --destroy /dev/ubdc "${sets[@]}" >"$OUT/$events.json"
}

# changed EVENTS ALLOWED: what was done that was not so already must match the pattern.
changed() {
    python3 - "$OUT/$1.json" "$2" <<'END' || { cat "$OUT/$1.json"; exit 1; }
import json, re, sys
names, bad, so = {}, [], 0
for event in map(json.loads, open(sys.argv[1])):
    if event["event"] == "began":
        names[event["call"]] = event["name"] + " " + event["about"]
    if event["event"] == "done":
        name = names[event["call"]]
        if event.get("already"):
            so += 1
        elif not re.fullmatch(sys.argv[2], name):
            bad.append(name)
if bad or not so:
    sys.exit(f"not so already: {bad}, {so} were")
print(f"  {so} already so")
END
}

# give_back: everything that a layout leaves mounted and open; a root in memory lies on no disk.
give_back() {
    for d in /dev/ubda /dev/ubdb /dev/ubdc; do
        "$G" release $d --yes >release.txt 2>&1 || { cat release.txt; exit 1; }
    done
    if mountpoint -q /mnt/gentoo; then umount /mnt/gentoo; fi
    nothing_left
}

# What has to be done again after everything was given back; and what even where nothing was.
OPENS='(luks\.open|lvm\.vg_activate|md\.assemble|mount\.[a-z_]+|crypt\.swap_on) .*'
TOP='mount\.(un)?mount (/dev/[^ ]* )?/mnt/top'

# layout NAME WHERE CHECK SET…: WHERE is a folder that lasts; CHECK is run while it is mounted.
layout() {
    local name=$1 where=$2 check=$3
    shift 3
    echo "== $name"
    run_layout first "$name" "$@"
    must eval "$check"
    echo "of the first run" >"$where/witness"
    cp /run/journals/*/journal.jsonl first.jsonl
    run_layout second "$name" "$@"
    changed second "$TOP"
    give_back
    # What a reboot would have ended comes back from the journal, and all that should last has.
    "$G" reopen first.jsonl >reopened.json 2>&1 || { cat reopened.json; exit 1; }
    nothing_left
    run_layout third "$name" "$@"
    changed third "$OPENS"
    must grep -q "of the first run" "$where/witness"
    must eval "$check"
    give_back
    [ "$sentinel" = "$(sha256sum /dev/ubdd)" ] || { echo "the disk that nobody chose has changed"; exit 1; }
}

partitions() {
    must modprobe f2fs
    layout simple-efi.rhai /mnt/gentoo 'grep -q "/mnt/gentoo/boot vfat" /proc/mounts' $one
    layout bios-and-efi.rhai /mnt/gentoo 'test -b /dev/ubda3' $one
    layout space-at-the-end.rhai /mnt/gentoo 'grep -q "^/dev/ubda3" /proc/swaps' $one swap_size=100M
    layout odd-names.rhai /mnt/gentoo 'sfdisk --part-label /dev/ubda 1 | grep -qxF "Größe: 50% & \$HOME; #1 *"' $one
    layout swap-random-key.rhai /mnt/gentoo 'grep -Eq "^/dev/(dm-0|mapper/swap)" /proc/swaps' $one swap_size=100M
    layout tmpfs-root.rhai /mnt/gentoo/var 'grep -q "^tmpfs /mnt/gentoo tmpfs .*size=102400k" /proc/mounts' $one root_size=100M usr_size=200M
    layout xfs-quota.rhai /mnt/gentoo 'grep -q "/mnt/gentoo xfs .*usrquota,prjquota" /proc/mounts' $one
    layout f2fs.lua /mnt/gentoo 'grep -q "/mnt/gentoo f2fs" /proc/mounts' card=/dev/ubda
    layout disk-list.lua /mnt/data/data3 'grep -q "/dev/ubdc1 /mnt/data/data3" /proc/mounts' $three
}

btrfs() {
    layout btrfs-subvolumes.rhai /mnt/gentoo/home 'grep -q /mnt/gentoo/swap/swapfile /proc/swaps && test "$(command btrfs subvolume list /mnt/gentoo | wc -l)" = 3' $one swap_size=100M
    layout luks-btrfs.rhai /mnt/gentoo/home 'grep -q subvol=/@home /proc/mounts' $one $key
    layout two-luks-btrfs-raid1.rhai /mnt/gentoo 'command btrfs filesystem df /mnt/gentoo | grep -q "Data, RAID1:"' $two $key
}

arrays() {
    must modprobe -a raid0 raid1 raid456
    layout md-raid0.lua /mnt/gentoo 'grep -q "active raid0" /proc/mdstat' $three
    layout md-raid1.rhai /mnt/gentoo 'grep -q "active raid1" /proc/mdstat' $two
    layout md-raid5.rhai /mnt/gentoo 'grep -q "active raid5" /proc/mdstat' $three
    layout luks-on-raid1.rhai /mnt/gentoo 'test "$(grep -c "active raid1" /proc/mdstat)" = 2' $two $key
}

volumes() {
    must modprobe -a dm-thin-pool dm-raid raid1
    layout luks-lvm.rhai /mnt/gentoo 'test -b /dev/mapper/vg-root' $one $key swap_size=100M
    layout lvm-raid.rhai /mnt/gentoo 'lvs --noheadings -o lv_layout vg/root | grep -q raid1' $two root_size=400M
    # One of its disks would go, and the other one still has the old group's name on it.
    ask taken "$G" "$PROJECT/recipes/layouts/lvm-thin.rhai" --yes --set $one --destroy /dev/ubda
    must test "$(cat taken.code)" = 3
    must grep -q "the name vg is taken" taken.err
    do_ 'disk::wipe("/dev/ubdb");'
    layout lvm-thin.rhai /mnt/gentoo/home 'lvs --noheadings -o pool_lv vg/home | grep -q pool' $one root_size=600M home_size=800M
    # The partitions and the group are as wanted and stay; volumes that are not are not touched.
    ask other "$G" "$PROJECT/recipes/layouts/lvm-rest.rhai" --yes --set $one --set swap_size=100M --set root_size=400M --destroy /dev/ubda
    must test "$(cat other.code)" = 3
    must grep -q "the name vg/root is taken" other.err
    do_ 'disk::wipe("/dev/ubda");'
    layout lvm-rest.rhai /mnt/gentoo/home 'vgs --noheadings -o vg_free_count vg | grep -qw 0' $one root_size=400M swap_size=100M
}

LAYOUTS
