#!/bin/bash
# lvm.* with thin pools and RAID, btrfs.* on several devices, swap files, swap with a random key.
#
# disks: 400M 400M 400M
# tier: make test
# takes: 95 s
. "${0%/*}/../lib/cases.sh"

it 'thin pools and volumes with RAID'
must modprobe -a dm-thin-pool dm-raid raid1 raid456

do_ 'lvm::vg_create("vg", [lvm::pv_create("/dev/ubda"), lvm::pv_create("/dev/ubdb"), lvm::pv_create("/dev/ubdc")]);
lvm::lv_create("vg", "copied", "100M", #{ raid: "raid1" });
lvm::lv_create("vg", "parity", "70M", #{ raid: "raid5" });
lvm::lv_create("vg", "striped", "25M", #{ raid: "raid0" });
lvm::lv_create("vg", "three", 5, #{ raid: "raid1", images: 3 });
lvm::lv_remove("vg", "three");
lvm::thin_pool_create("vg", "pool", "100M");
lvm::thin_create("vg", "pool", "root", "300M");
lvm::thin_create("vg", "pool", "home", "50M");
fs::make("/dev/vg/root"); fs::make("/dev/vg/copied");
mount::mount("/dev/vg/root", "/mnt/r"); file::write("/mnt/r/f", "first"); mount::unmount("/mnt/r");
lvm::vg_deactivate("vg"); lvm::vg_activate("vg");
lvm::lv_remove("vg", "home");'
must lvs --noheadings -o lv_name vg
do_ 'mount::mount("/dev/vg/root", "/mnt/r");'
must grep -q first /mnt/r/f
umount /mnt/r

it 'a pool with volumes is not removed'
printf 'lvm::thin_pool_remove("vg", "pool");\n' >full.rhai
ask full "$G" full.rhai --yes
exits full 3
must grep -q "still has the volumes root" full.err

it 'a pool keeps its disks busy'
# A pool keeps its disks busy even if it has no visible volume.
do_ 'lvm::lv_remove("vg", "root"); lvm::lv_remove("vg", "copied"); lvm::lv_remove("vg", "parity"); lvm::lv_remove("vg", "striped");'
printf 'disk::wipe("/dev/ubda");\n' >held.rhai
ask held "$G" held.rhai --yes --destroy /dev/ubda
exits held 3
must grep -q "vgchange -a n vg" held.err

it 'a volume or pool takes all free extents'
do_ 'lvm::thin_pool_remove("vg", "pool");
if lvm::vg_info("vg").free != lvm::vg_info("vg").extents { throw lvm::vg_info("vg"); }
lvm::lv_create("vg", "all", "100%FREE", #{ raid: "raid5" });
lvm::lv_remove("vg", "all");
lvm::thin_pool_create("vg", "pool", "100%FREE");
if lvm::vg_info("vg").free != 0 { throw lvm::vg_info("vg"); }
lvm::thin_pool_remove("vg", "pool"); lvm::vg_remove("vg");'

it 'one btrfs on two disks is mounted by either and held by both'
do_ 'btrfs::make(["/dev/ubda", "/dev/ubdb"], #{ label: "both" });
mount::mount("/dev/ubdb", "/mnt/top");
btrfs::subvolume_create("/mnt/top/@");
btrfs::subvolume_create("/mnt/top/@home");
btrfs::subvolume_create("/mnt/top/@home");
mount::mount("/dev/ubda", "/mnt/home", #{ options: "subvol=@home,noatime" });
file::write("/mnt/home/f", "first");'
says 'print(btrfs::subvolumes("/mnt/top"));' '["@", "@home"]'
must grep -q first /mnt/top/@home/f
for d in ubda ubdb; do
printf 'disk::wipe("/dev/'$d'");\n' >held.rhai
ask held "$G" held.rhai --yes --destroy /dev/$d
exits held 3
must grep -q "umount /mnt/home" held.err
done
do_ 'mount::unmount("/mnt/home"); mount::unmount("/mnt/top");
btrfs::make(["/dev/ubda", "/dev/ubdb"], #{ label: "both", keep: true });
mount::mount("/dev/ubda", "/mnt/home", #{ options: "subvol=/@home" });'
must grep -q first /mnt/home/f
umount /mnt/home

it 'without a name the default subvolume is mounted'
mount /dev/ubda /mnt/top -o subvolid=5
must command btrfs subvolume set-default /mnt/top/@home
id=$(command btrfs inspect-internal rootid /mnt/top/@)
umount /mnt/top
do_ 'mount::mount("/dev/ubda", "/mnt/home"); print(file::read("/mnt/home/f")); mount::unmount("/mnt/home");'
do_ "mount::mount(\"/dev/ubda\", \"/mnt/top\", #{ options: \"subvolid=$id\" }); file::write(\"/mnt/top/in\", \"\");"
umount /mnt/top
mount /dev/ubda /mnt/top -o subvol=@
must test -e /mnt/top/in
umount /mnt/top

it 'a swap file keeps its filesystem mounted'
for kind in btrfs ext4 xfs; do
do_ 'fs::make("/dev/ubdc", #{ kind: "'$kind'" });
mount::mount("/dev/ubdc", "/mnt/s");
let swap = fs::swap_file("/mnt/s/swapfile", "20M");
mount::swap_on(swap);
fs::swap_file("/mnt/s/swapfile", "20M");
mount::swap_on(swap, #{ priority: 3 });'
must grep -q /mnt/s/swapfile /proc/swaps
must test "$(stat -c %a /mnt/s/swapfile)" = 600
printf 'disk::wipe("/dev/ubdc");\n' >held.rhai
ask held "$G" held.rhai --yes --destroy /dev/ubdc
exits held 3
must grep -q "swapoff /mnt/s/swapfile" held.err
do_ 'mount::swap_off("/mnt/s/swapfile"); mount::unmount("/mnt/s");'
done

it 'swap with a random key, and a root in memory'
do_ 'crypt::swap_on("/dev/ubdc", "swap");
crypt::swap_on("/dev/ubdc", "swap");
mount::tmpfs("/mnt/t", #{ size: "10M", mode: "0700" });
mount::swap_off("/dev/mapper/swap"); luks::close("swap");'
must test "$(stat -c %a /mnt/t)" = 700
must test $(df --output=size -B1 /mnt/t | tail -1) = 10485760
umount /mnt/t

it 'a volume of an inactive group is lost only by its name'
old_volume() {
    lvm vgremove -qq -y old >/dev/null 2>&1
    must lvm pvcreate -qq -y -ff /dev/ubdb >/dev/null
    must lvm vgcreate -qq -y old /dev/ubdb >/dev/null
    must lvm lvcreate -qq -y -Wn -Zn -an -L 40M -n data old >/dev/null
}
has_volume() { lvm lvs --noheadings -o lv_name old 2>/dev/null | grep -q data; }
printf 'lvm::lv_remove("old", "data");\n' >plain.rhai
printf 'lvm::vg_activate("old");\nlvm::lv_remove("old", "data");\nlvm::vg_remove("old");\n' >active.rhai

old_volume
for recipe in plain active; do
    ask unnamed "$G" $recipe.rhai --yes
    exits unnamed 3
    must grep -q 'Everything on /dev/mapper/old-data, 40 MiB' unnamed.err
    must has_volume
    printf 'see Type its name (mapper/old-data)\ntype old-data\n' >acts
    typed acts "$G" $recipe.rhai >typed.txt
    must test $? = 3
    must has_volume
done
for name in /dev/old/data /dev/mapper/old-data /dev/ubdb; do
    for recipe in plain active; do
        old_volume
        must "$G" $recipe.rhai --yes --destroy $name
        must_not has_volume
    done
done
old_volume
printf 'see Type its name (mapper/old-data)\ntype mapper/old-data\n' >acts
must typed acts "$G" plain.rhai
must_not has_volume

it 'an empty group is lost by its own name'
printf 'lvm::vg_remove("old");\n' >group.rhai
ask group "$G" group.rhai --yes
exits group 3
must "$G" group.rhai --yes --destroy old
nothing_left
