#!/bin/bash
# lvm.*, fs.*, mount.*: groups and volumes, every filesystem, bind mounts and swap.
#
# disks: 2G 600M
# tier: make test
# takes: 45 s
. "${0%/*}/../lib/cases.sh"

it 'volume groups and volumes of every size'
do_ 'disk::partition("/dev/ubda", [#{ size: "1200M", kind: "lvm" }, #{ size: "rest", kind: "lvm" }]);
lvm::vg_create("my-vg", [lvm::pv_create("/dev/ubda1"), lvm::pv_create("/dev/ubda2")]);
let info = lvm::vg_info("my-vg");
if info.free != info.extents || info.extents != 299 + 211 { throw info; }
lvm::lv_create("my-vg", "a-swap", "100M", #{ contiguous: true });
lvm::lv_create("my-vg", "quarter", "25%VG");
lvm::lv_create("my-vg", "ten", 10);
lvm::lv_create("my-vg", "rest", "100%FREE");
if lvm::vg_info("my-vg").free != 0 { throw lvm::vg_info("my-vg"); }
lvm::lv_remove("my-vg", "ten");
lvm::vg_deactivate("my-vg");
if lvm::vg_info("my-vg").active { throw "it is inactive"; }
lvm::vg_activate("my-vg");'
must test -b /dev/my-vg/a-swap
must lvs --noheadings -o seg_count my-vg/a-swap

it 'swap on a volume'
do_ 'fs::swap("/dev/my-vg/a-swap", #{ label: "swap" });
mount::swap_on("/dev/my-vg/a-swap", #{ priority: 7 });'
must grep -q '[[:space:]]7$' /proc/swaps
do_ 'mount::swap_off("/dev/my-vg/a-swap");'

it 'every filesystem'
for kind in ext4 ext2 xfs btrfs vfat f2fs; do
do_ 'let uuid = fs::make("/dev/ubdb", #{ kind: "'$kind'", label: "A Label" });
if fs::uuid("/dev/ubdb") != uuid || fs::label("/dev/ubdb") != "A Label" { throw uuid; }
if disk::info("/dev/ubdb").content != "'$kind'" { throw disk::info("/dev/ubdb"); }
let found = fs::check("/dev/ubdb"); if !found.clean { throw found.report; }
mount::mount("/dev/ubdb", "/mnt/'$kind'", #{ options: "noatime,nodev" });
file::write("/mnt/'$kind'/file", "text\n");
mount::unmount("/mnt/'$kind'");'
done

it 'binds, propagation and images'
do_ 'fs::make("/dev/my-vg/rest");
mount::mount("/dev/my-vg/rest", "/mnt/r");
file::make_dir("/mnt/r/in/side");
file::write("/mnt/r/in/side/f", "x");
mount::bind("/mnt/r/in", "/mnt/b", #{ read_only: true });
mount::bind("/dev", "/mnt/r/dev", #{ recursive: true, propagation: "slave" });
fs::image("/mnt/r/disk.img", "20M", #{ label: "image" });'
must test "$(cat /mnt/b/side/f)" = x
must_not touch /mnt/b/side/g 2>/dev/null
must test -c /mnt/r/dev/pts/ptmx
must test "$(stat -c %s /mnt/r/disk.img)" = $((20 * 1024 * 1024))
must test "$(stat -c %b /mnt/r/disk.img)" -lt 20000
must fsck.ext4 -n -f /mnt/r/disk.img
do_ 'mount::unmount("/mnt/b"); mount::unmount("/mnt/r", #{ recursive: true });
lvm::lv_remove("my-vg", "rest"); lvm::lv_remove("my-vg", "quarter"); lvm::lv_remove("my-vg", "a-swap");
lvm::vg_remove("my-vg");'
must test -c /dev/pts/ptmx
must_not vgs my-vg 2>/dev/null

it 'a second time nothing changes'
do_ 'fs::make("/dev/ubdb"); mount::mount("/dev/ubdb", "/mnt/x");'
do_ 'mount::mount("/dev/ubdb", "/mnt/x"); file::make_dir("/mnt/x"); mount::unmount("/mnt/x"); mount::unmount("/mnt/x");'
nothing_left
