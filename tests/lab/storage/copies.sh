#!/bin/bash
# Copies of a disk, with the identifiers of the original: both are seen, none is named by an identifier,
# and btrfs, which the kernel finds by its identifiers, is not mounted.
#
# disks: 320M 320M 64M
# tier: make lab
# takes: 100 s
. "${0%/*}/../lib/cases.sh"

copy() { must dd if=/dev/ubda of=/dev/ubdb bs=1M status=none conv=fsync; }
# refused RECIPE LINE: the plan is refused with this line.
refused() {
    recipe refused.rhai <<<"$1"
    ask planned "$G" plan refused.rhai
    exits planned 3
    tells planned "$2"
}

it 'a copied btrfs is not mounted, and mounted when the copy is gone'
must modprobe btrfs
must mkfs.btrfs -q -f -L one /dev/ubda
mkdir -p /mnt/x && must mount /dev/ubda /mnt/x && echo original >/mnt/x/f && must umount /mnt/x
copy
must mount /dev/ubdb /mnt/x && echo copy >/mnt/x/f && must umount /mnt/x
for disk in ubda ubdb; do
    refused "mount::mount(\"/dev/$disk\", \"/mnt/x\");" "/dev/ubda, /dev/ubdb have the identifiers of one btrfs filesystem"
    tells planned 'disconnect the copy'
done
refused 'file::make_dir("/run/r/etc"); fstab::write("/run/r", [#{ at: "/", device: "/dev/ubdb" }]);' \
    'the identifier of /dev/ubdb is on /dev/ubda as well'
must "$G" probe >copied.json
must grep -q 'is also the identifier of /dev/ubda' copied.json
# The copy does not lie on the original.
recipe wipe.rhai <<<'disk::wipe("/dev/ubdb");'
must "$G" plan wipe.rhai >wipe.out
must_not grep -q 'also lies on' wipe.out
do_ 'fs::make("/dev/ubdb"); mount::mount("/dev/ubda", "/mnt/x");'
must grep -q original /mnt/x/f
must umount /mnt/x

it 'a btrfs on two devices is no copy of itself'
do_ 'btrfs::make(["/dev/ubda", "/dev/ubdb"], #{ profile: "raid1" }); mount::mount("/dev/ubdb", "/mnt/x"); mount::unmount("/mnt/x");'
must "$G" probe >pair.json
must_not grep -q 'is also the identifier' pair.json

it 'a link to an identifier names neither the original nor the copy'
must wipefs -qa /dev/ubda /dev/ubdb
must mkfs.ext4 -q -F -U 11111111-2222-3333-4444-555555555555 -L twin /dev/ubda
copy
uuid=/dev/disk/by-uuid/11111111-2222-3333-4444-555555555555
mkdir -p "${uuid%/*}" && must ln -s ../../ubdb "$uuid"
for name in "$uuid" /dev/disk/by-label/twin; do
    recipe named.rhai <<<"fs::make(\"$name\");"
    ask named "$G" named.rhai --yes --destroy "$name"
    exits named 2
    tells named "$name is ambiguous: it can be /dev/ubda or /dev/ubdb"
done
recipe path.rhai <<<'fs::make("/dev/ubdb");'
ask path "$G" path.rhai --yes --destroy "$uuid"
exits path 2
must cmp /dev/ubda /dev/ubdb
refused 'print(boot::cmdline("/dev/ubda"));' 'the identifier of /dev/ubda is on /dev/ubdb as well'
do_ 'mount::mount("/dev/ubda", "/mnt/x"); mount::unmount("/mnt/x"); mount::mount("/dev/ubdb", "/mnt/x"); mount::unmount("/mnt/x");'

it 'a copied container is opened by its path, and not named in crypttab'
must wipefs -qa /dev/ubda /dev/ubdb
do_ 'key::generate("/run/k"); luks::format("/dev/ubda", #{ key: "/run/k", kdf: #{ kind: "pbkdf2", iterations: 1000 } });'
copy
refused 'file::make_dir("/run/r/etc"); crypttab::set("/run/r", "root", "/dev/ubda");' 'the identifier of /dev/ubda is on /dev/ubdb as well'
refused 'dmcrypt::set("/run/r", "root", "/dev/ubdb");' 'the identifier of /dev/ubdb is on /dev/ubda as well'
do_ 'luks::open("/dev/ubdb", "c", #{ key: "/run/k" }); fs::make("/dev/mapper/c"); luks::close("c");'
# What is in the one is not in the other.
do_ 'let c = luks::open("/dev/ubda", "c", #{ key: "/run/k" }); fs::make(c, #{ kind: "xfs" }); luks::close("c");
c = luks::open("/dev/ubdb", "c", #{ key: "/run/k" }); mount::mount(c, "/mnt/x"); mount::unmount("/mnt/x"); luks::close("c");'
refused 'let c = luks::open("/dev/ubdb", "c", #{ key: "/run/k" }); fs::make(c); print(boot::cmdline(c));' \
    'the identifier of /dev/ubdb is on /dev/ubda as well'

it 'a group on a copied physical volume is neither activated nor changed'
must wipefs -qaf /dev/ubda /dev/ubdb
do_ 'lvm::vg_create("vg", [lvm::pv_create("/dev/ubda")]); let root = lvm::lv_create("vg", "root", "120M"); fs::make(root);'
must mkdir -p /mnt/x && must mount /dev/vg/root /mnt/x && echo original >/mnt/x/f && must umount /mnt/x
must vgchange -qan vg
copy
for call in 'lvm::vg_activate("vg")' 'lvm::lv_create("vg", "new", "8M")' 'lvm::lv_remove("vg", "root")' 'lvm::vg_create("two", ["/dev/ubdb"])'; do
    refused "$call;" '/dev/ubda, /dev/ubdb have the identifier of one physical volume'
done
# LVM uses the copy when the other one is gone.
do_ 'disk::wipe("/dev/ubda"); lvm::vg_activate("vg"); mount::mount("/dev/vg/root", "/mnt/x");'
must grep -q original /mnt/x/f
must test "$(pvs --noheadings -o pv_name | tr -d ' ')" = /dev/ubdb
# A copy of a volume in use is overwritten, the volume itself is not.
must dd if=/dev/ubdb of=/dev/ubda bs=1M status=none conv=fsync
refused 'disk::wipe("/dev/ubdb");' '/dev/ubdb is in use'
do_ 'disk::wipe("/dev/ubda"); mount::unmount("/mnt/x"); lvm::lv_remove("vg", "root"); lvm::vg_remove("vg");'

it 'an array with a copied member is neither assembled nor listed'
must modprobe raid1
must wipefs -qaf /dev/ubda /dev/ubdb /dev/ubdc
do_ 'let array = md::create("data", "raid1", ["/dev/ubda", "/dev/ubdc"]); fs::make(array); md::stop("data");'
copy
must "$G" probe >member.json
must grep -q 'is also the identifier of /dev/ubda' member.json
refused 'md::assemble("data");' 'cannot use array data: /dev/ubda, /dev/ubdb have the identifiers of one member'
refused 'file::make_dir("/run/r/etc"); md::mdadm_conf("/run/r");' '/dev/ubda, /dev/ubdb have the identifiers of one member'
# As many devices as the array has, and only one of its members.
must wipefs -qaf /dev/ubdc
refused 'md::assemble("data", #{ degraded: true });' '/dev/ubda, /dev/ubdb have the identifiers of one member'
refused 'md::create("data", "raid1", ["/dev/ubda", "/dev/ubdb"], #{ keep: true });' '/dev/ubda, /dev/ubdb have the identifiers of one member'
do_ 'disk::wipe("/dev/ubdb"); md::assemble("data", #{ degraded: true }); md::stop("data");'

it 'a snapshot of a volume with btrfs keeps both from being mounted'
must modprobe dm-snapshot
must wipefs -qa /dev/ubda /dev/ubdb
do_ 'lvm::vg_create("vg", [lvm::pv_create("/dev/ubda")]); lvm::lv_create("vg", "root", "120M");'
must mkfs.btrfs -q /dev/vg/root
must lvcreate -q -y --snapshot --size 60M --name before vg/root
refused 'mount::mount("/dev/vg/root", "/mnt/x");' 'have the identifiers of one btrfs filesystem'
must lvremove -q -y vg/before
do_ 'mount::mount("/dev/vg/root", "/mnt/x"); mount::unmount("/mnt/x"); lvm::lv_remove("vg", "root"); lvm::vg_remove("vg");'

it 'a copied xfs is mounted alone'
must modprobe xfs
must wipefs -qa /dev/ubda /dev/ubdb
must mkfs.xfs -q -f /dev/ubda
copy
do_ 'mount::mount("/dev/ubdb", "/mnt/x");'
refused 'mount::mount("/dev/ubda", "/mnt/y");' 'have the identifiers of one xfs filesystem'
do_ 'mount::mount("/dev/ubda", "/mnt/y", #{ options: "nouuid,ro,norecovery" }); mount::unmount("/mnt/y"); mount::unmount("/mnt/x");'
nothing_left
