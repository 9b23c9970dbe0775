#!/bin/bash
# Devices and volumes on which something lies that no primitive made: it is seen, and kept.
#
# disks: 100M 320M
# tier: make lab
# takes: 145 s
. "${0%/*}/../lib/cases.sh"

it 'a loop device keeps the disk below it in use'
must modprobe loop max_part=8
loop=$(losetup --find --show --offset 1048576 --sizelimit 41943040 /dev/ubda)
must mkfs.ext4 -q "$loop"
mkdir -p /mnt/x && must mount "$loop" /mnt/x
echo precious >/mnt/x/f
recipe held.rhai <<'END'
print(disk::holders("/dev/ubda"));
END
must "$G" held.rhai --yes >held.out 2>&1
must grep -q "$loop" held.out
recipe format.rhai <<'END'
fs::make("/dev/ubda");
END
ask planned "$G" plan format.rhai
exits planned 3
ask formatted "$G" format.rhai --yes --destroy /dev/ubda
exits formatted 3
tells formatted "/dev/ubda is open as $loop (loop device)"
must mountpoint -q /mnt/x

it 'a disk that a process writes to is in use'
must umount /mnt/x
must losetup --detach "$loop"
printf 'label: gpt\nsize=50M\n' | must sfdisk --quiet --wipe always /dev/ubdb
sleep 1000 1<>/dev/ubdb &
writer=$!
for device in /dev/ubdb /dev/ubdb1; do
    recipe wipe.rhai <<<"disk::wipe(\"$device\");"
    ask wipe "$G" wipe.rhai --yes --destroy /dev/ubdb
    exits wipe 3
    tells wipe "sleep (pid $writer) has it open for writing"
done
kill $writer
wait $writer
# Reading does no harm.
sleep 1000 </dev/ubdb &
reader=$!
recipe wipe.rhai <<<'disk::wipe("/dev/ubdb");'
must "$G" wipe.rhai --yes --prove --journal /run/proved --destroy /dev/ubdb
proved
kill $reader
loop=$(losetup --find --show --offset 1048576 --sizelimit 41943040 /dev/ubda)
must mount "$loop" /mnt/x

it 'a loop device is named where its disk is released'
ask released "$G" release /dev/ubda --yes
exits released 1
tells released "losetup --detach $loop"
must_not mountpoint -q /mnt/x
must losetup --detach "$loop"
must "$G" release /dev/ubda --yes
must mkdir -p /mnt/x
must mount -o loop,offset=1048576,sizelimit=41943040 /dev/ubda /mnt/x
must grep -q precious /mnt/x/f
must umount /mnt/x
must rmmod loop

it 'a volume with snapshots is not removed'
must modprobe dm-snapshot
do_ 'lvm::vg_create("vg", [lvm::pv_create("/dev/ubdb")]); lvm::lv_create("vg", "root", "40M");'
must lvcreate -q -y --snapshot --size 12M --name before vg/root
recipe remove.rhai <<'END'
lvm::lv_remove("vg", "root");
END
ask removed "$G" remove.rhai --yes --destroy /dev/vg/root
exits removed 3
tells removed 'depend on it and would be lost with it: before'
must lvs vg/before
do_ 'lvm::lv_remove("vg", "before"); lvm::lv_remove("vg", "root"); lvm::vg_remove("vg");'
nothing_left

it 'an inactive volume is removed by either of its names'
do_ 'lvm::vg_create("vg", [lvm::pv_create("/dev/ubdb")]); lvm::lv_create("vg", "old", "40M");'
recipe old.rhai <<'END'
lvm::lv_remove("vg", "old");
END
for name in /dev/vg/old /dev/mapper/vg-old; do
    must vgchange -q -a n vg
    recipe mount.rhai <<<"mount::mount(\"$name\", \"/mnt/x\");"
    ask mounted "$G" plan mount.rhai
    exits mounted 2
    tells mounted "the logical volume $name is not active"
    tells mounted 'lvm::vg_activate("vg")'
    must "$G" old.rhai --yes --prove --journal /run/proved --destroy $name
    proved
    do_ 'lvm::lv_create("vg", "old", "40M");'
done
do_ 'lvm::lv_remove("vg", "old"); lvm::vg_remove("vg");'
nothing_left

it 'a container without key slots is not kept'
head -c 512 /dev/urandom >/run/slot.key && chmod 400 /run/slot.key
recipe keep.rhai <<'END'
luks::format("/dev/ubda", #{ key: "/run/slot.key", kdf: #{ kind: "pbkdf2", iterations: 1000 }, keep: true });
luks::open("/dev/ubda", "kept", #{ key: "/run/slot.key" });
END
must "$G" keep.rhai --yes --prove --journal /run/proved --destroy /dev/ubda
proved
do_ 'luks::close("kept");'
# As a power cut during luksFormat leaves it.
must cryptsetup luksErase -q /dev/ubda
ask unfinished "$G" keep.rhai --yes --prove --journal /run/proved --destroy /dev/ubda
exits unfinished 0
tells unfinished 'is a LUKS container without key slots'
proved
# A finished one is kept.
uuid=$(cryptsetup luksUUID /dev/ubda)
must "$G" keep.rhai --yes --prove --journal /run/proved --destroy /dev/ubda
proved
must test "$uuid" = "$(cryptsetup luksUUID /dev/ubda)"
do_ 'luks::close("kept");'
nothing_left

it 'a container is opened with a header that is in a file'
head -c 512 /dev/urandom >/run/detached.key && chmod 400 /run/detached.key
truncate -s 20M /run/detached.header
must wipefs -aqf /dev/ubda
must cryptsetup luksFormat -q --pbkdf pbkdf2 --pbkdf-force-iterations 1000 --header /run/detached.header \
    --key-file /run/detached.key /dev/ubda
recipe bare.rhai <<'END'
luks::open("/dev/ubda", "bare", #{ key: "/run/detached.key" });
END
ask bare "$G" plan bare.rhai
exits bare 2
tells bare '#{ header: "/path/of/the/header" }'
do_ 'let open = #{ key: "/run/detached.key", header: "/run/detached.header" };
    fs::make(luks::open("/dev/ubda", "detached", open)); mount::mount("/dev/mapper/detached", "/mnt/x");'
do_ 'mount::unmount("/mnt/x"); luks::close("detached");'
# No signature is on the device itself.
must_not blkid -p /dev/ubda
nothing_left

it 'a container is opened with a header that is on another device'
must wipefs -aqf /dev/ubda /dev/ubdb
must cryptsetup luksFormat -q --pbkdf pbkdf2 --pbkdf-force-iterations 1000 --header /dev/ubdb --key-file /run/detached.key /dev/ubda
do_ 'fs::make(luks::open("/dev/ubda", "detached", #{ key: "/run/detached.key", header: "/dev/ubdb" }));'
recipe header.rhai <<<'disk::wipe("/dev/ubdb");'
ask header "$G" header.rhai --yes --destroy /dev/ubdb
exits header 3
tells header '/dev/ubdb is open as /dev/mapper/detached (detached header)'
tells header 'cryptsetup close detached'
recipe both.rhai <<<'luks::close("detached");
luks::open("/dev/ubda", "again", #{ key: "/run/detached.key", header: "/dev/ubdb" });
fs::make("/dev/ubdb");'
ask both "$G" both.rhai --yes --destroy /dev/ubdb
exits both 3
tells both '/dev/ubdb is open as /dev/mapper/again (detached header)'
must "$G" release /dev/ubdb --yes >released.txt 2>&1
must_not test -e /dev/mapper/detached
must_not blkid -p /dev/ubda
must test "$(blkid -p -s TYPE -o value /dev/ubdb)" = crypto_LUKS
nothing_left

it 'what a container holds is named in fstab although only the run can read it'
must cryptsetup luksFormat -q --pbkdf pbkdf2 --pbkdf-force-iterations 1000 --key-file /run/slot.key /dev/ubda
do_ 'fs::make(luks::open("/dev/ubda", "home", #{ key: "/run/slot.key" }), #{ label: "home" }); luks::close("home");'
recipe unread.rhai <<'END'
let home = luks::open("/dev/ubda", "home", #{ key: "/run/slot.key" });
print(disk::info(home).content);
print(fs::check(home).clean);
mount::mount(home, "/mnt/x");
file::make_dir("/mnt/x/etc");
fstab::set("/mnt/x", #{ at: "/home", device: home });
fstab::set("/mnt/x", #{ at: "/tmp", source: "tmpfs", kind: "tmpfs" });
print(fstab::entries("/mnt/x"));
print(boot::cmdline(home));
file::append_line("/mnt/x/etc/note", "UUID=" + fs::uuid(home));
END
must "$G" plan unread.rhai >unread.out
must grep -q 'unknown' unread.out
must grep -q '+UUID=<uuid> .* /home' unread.out
must grep -q 'root=UUID=<uuid> ' unread.out
must "$G" unread.rhai --yes --prove --journal /run/proved >unread.out 2>&1
proved
uuid=$(blkid -p -s UUID -o value /dev/mapper/home)
must grep -q "^UUID=$uuid .* ext4 " /mnt/x/etc/fstab
must grep -qx "UUID=$uuid" /mnt/x/etc/note
must grep -q "root=UUID=$uuid .* rootfstype=ext4 " unread.out
do_ 'mount::unmount("/mnt/x"); luks::close("home");'
nothing_left

it 'a plan warns about the filesystems of a hibernated system'
must mkswap -q /dev/ubda
must mkfs.ext4 -q -F /dev/ubdb
recipe mount.rhai <<<'mount::mount("/dev/ubdb", "/mnt/x");'
must "$G" plan mount.rhai >mount.out
must_not grep -q hibernated mount.out
# As the kernel marks it.
printf 'S1SUSPEND\0' | must dd of=/dev/ubda bs=1 seek=4086 conv=notrunc 2>/dev/null
must "$G" plan mount.rhai >mount.out
must grep -q 'a hibernated system is on /dev/ubda: if it uses /dev/ubdb, writing there damages' mount.out
recipe read.rhai <<<'mount::mount("/dev/ubdb", "/mnt/x", #{ options: "ro" });'
must "$G" plan read.rhai >mount.out
must_not grep -q hibernated mount.out
recipe swap.rhai <<<'fs::swap("/dev/ubda");'
must "$G" plan swap.rhai >swap.out
must grep -q '/dev/ubda belongs to a hibernated system' swap.out
must wipefs -aqf /dev/ubda

it 'a loop device on a file keeps the filesystem below it busy, and is named'
must modprobe loop
must wipefs -aqf /dev/ubda
must mkfs.ext4 -q /dev/ubda
must mount /dev/ubda /mnt/x
truncate -s 20M /mnt/x/image
loop=$(losetup --find --show /mnt/x/image)
must mkfs.ext4 -q "$loop"
must mkdir -p /mnt/y && must mount "$loop" /mnt/y
ask released "$G" release /dev/ubda --yes
exits released 1
tells released "$loop shows /mnt/x/image"
for action in 'file::remove("/mnt/x/image");' 'file::write("/mnt/x/image", "x");'; do
    recipe lose.rhai <<<"$action"
    ask lose "$G" plan lose.rhai
    exits lose 3
    tells lose "/mnt/x/image is open as $loop (loop device)"
    tells lose 'release it first: umount /mnt/y'
done
must umount /mnt/y
must losetup --detach "$loop"
must rmmod loop
do_ 'file::remove("/mnt/x/image");'

it 'an active swap file is neither overwritten nor removed'
do_ 'mount::swap_on(fs::swap_file("/mnt/x/swap", "4M"));'
for action in 'file::remove("/mnt/x/swap");' 'file::write("/mnt/x/swap", "x");'; do
    recipe lose.rhai <<<"$action"
    ask lose "$G" plan lose.rhai
    exits lose 3
    tells lose '/mnt/x/swap is active swap space'
    tells lose 'release it first: swapoff /mnt/x/swap'
done
do_ 'mount::swap_off("/mnt/x/swap"); file::remove("/mnt/x/swap");'
must "$G" release /dev/ubda --yes

it 'a group that machines share is seen, and not changed'
must wipefs -aqf /dev/ubda
do_ 'lvm::vg_create("cluster", [lvm::pv_create("/dev/ubda")]); lvm::lv_create("cluster", "data", "20M"); lvm::vg_deactivate("cluster");'
# As vgcreate --shared writes it, which needs lvmlockd.
must vgcfgbackup -q -f /run/cluster.backup cluster
sed -i '0,/^\tstatus = .*/s//\tstatus = ["RESIZEABLE", "READ"]/; 0,/^\tflags = .*/s//\tflags = ["WRITE_LOCKED"]\n\tlock_type = "sanlock"\n\tlock_args = "1.0.0:lvmlock"/' /run/cluster.backup
must vgcfgrestore -q -f /run/cluster.backup --force --yes cluster
must test -z "$(vgs --noheadings -o vg_name)"
recipe shared.rhai <<<'lvm::vg_activate("cluster");'
ask shared "$G" plan shared.rhai
exits shared 3
tells shared 'volume group cluster is shared by several machines (lock type sanlock)'
recipe shared.rhai <<<'disk::wipe("/dev/ubda");'
must "$G" plan shared.rhai >shared.out
must grep -q 'volume group cluster on /dev/ubda is shared by several machines' shared.out
must grep -q 'cluster/data' shared.out
do_ 'disk::wipe("/dev/ubda");'

it 'a filesystem whose creation was interrupted is not kept'
for kind in xfs vfat; do
    must wipefs -aqf /dev/ubdb
    printf 'fs::make("/dev/ubdb", #{ kind: "%s", keep: true });\n' $kind >finish.rhai
    must mkfs.$kind /dev/ubdb >/dev/null 2>&1
    # As a power cut leaves it: the flag of xfs is still set, the tables of vfat are still empty.
    case $kind in
    xfs) printf '\1' | dd of=/dev/ubdb bs=1 seek=126 conv=notrunc 2>/dev/null ;;
    vfat)
        reserved=$(od -An -tu2 -j14 -N2 /dev/ubdb | tr -d ' ')
        dd if=/dev/zero of=/dev/ubdb bs=512 seek="$reserved" count=8 conv=notrunc 2>/dev/null
        ;;
    esac
    before=$(blkid -p -s UUID -o value /dev/ubdb)
    must "$G" finish.rhai --yes --prove --journal /run/proved --destroy /dev/ubdb
    proved
    after=$(blkid -p -s UUID -o value /dev/ubdb)
    must test "$before" != "$after"
    must "$G" finish.rhai --yes --prove --journal /run/proved --destroy /dev/ubdb
    proved
    must test "$after" = "$(blkid -p -s UUID -o value /dev/ubdb)"
done
nothing_left

it 'a new container has the sectors of its disk'
# As on most disks of today: logical sectors of 512 bytes, physical ones of 4096, for which cryptsetup chooses 4096.
must modprobe brd rd_nr=1 rd_size=65536
printf '0 2048 linear /dev/ubda 0\n2048 100000 linear /dev/ram0 0\n' | must dmsetup create --noudevsync e512
must test "$(blockdev --getss --getpbsz /dev/mapper/e512 | xargs)" = '512 4096'
recipe sectors.rhai <<'END'
luks::format("/dev/mapper/e512", #{ key: "/run/slot.key", kdf: #{ kind: "pbkdf2", iterations: 1000 } });
let inside = luks::open("/dev/mapper/e512", "c", #{ key: "/run/slot.key" });
if disk::info(inside).sector != 512 { throw "sectors"; }
lvm::vg_create("vg", [lvm::pv_create(inside), lvm::pv_create("/dev/ubdb")]);
END
must "$G" sectors.rhai --yes --prove --journal /run/proved --destroy /dev/mapper/e512 --destroy /dev/ubdb
proved
do_ 'lvm::vg_remove("vg"); luks::close("c");'

it 'a volume group with sectors of two sizes is refused before anything is wiped'
must mkfs.ext4 -q -F /dev/ubdb
recipe mixed.rhai <<'END'
luks::format("/dev/mapper/e512", #{ key: "/run/slot.key", kdf: #{ kind: "pbkdf2", iterations: 1000 }, sector: 4096 });
let inside = luks::open("/dev/mapper/e512", "c", #{ key: "/run/slot.key" });
lvm::vg_create("vg", [lvm::pv_create(inside), lvm::pv_create("/dev/ubdb")]);
END
uuid=$(cryptsetup luksUUID /dev/mapper/e512)
ask mixed "$G" mixed.rhai --yes --destroy /dev/mapper/e512 --destroy /dev/ubdb
exits mixed 2
tells mixed 'have different sector sizes: /dev/mapper/c has 4096 bytes, /dev/ubdb has 512 bytes'
must test "$uuid" = "$(cryptsetup luksUUID /dev/mapper/e512)"
must test "$(blkid -p -s TYPE -o value /dev/ubdb)" = ext4
# A container that cryptsetup made has the sectors that its header says.
must cryptsetup luksFormat -q --key-file /run/slot.key --pbkdf pbkdf2 --pbkdf-force-iterations 1000 --sector-size 4096 /dev/mapper/e512
do_ 'let inside = luks::open("/dev/mapper/e512", "c", #{ key: "/run/slot.key" });
if disk::info(inside).sector != 4096 { throw "sectors"; }
luks::close("c");'
must dmsetup remove --noudevsync e512
must rmmod brd
nothing_left
