#!/bin/bash
# md.*: every level and both formats, stopped, assembled and kept, and what is refused.
#
# disks: 100M 100M 110M 120M
# tier: make test
# takes: 100 s
. "${0%/*}/../lib/cases.sh"

must modprobe -a raid0 raid1 raid10 raid456

# array LEVEL DEVICES OPTIONS: creates, uses, stops and assembles an array; its data must still be there.
array() {
do_ 'let array = md::create("data", "'"$1"'", ['"$2"']'"$3"');
fs::make(array);
mount::mount(array, "/mnt/a"); file::write("/mnt/a/f", "first"); mount::unmount("/mnt/a");
let info = md::info("data");
if info.path != array || info.level != "'"$1"'" || info.bytes != disk::info(array).bytes { throw info; }
md::stop("data");
if md::info("data").path != () { throw "it still runs"; }'
do_ 'let array = md::assemble("data");
md::assemble("data");
mount::mount(array, "/mnt/a");'
must grep -q first /mnt/a/f
umount /mnt/a
# Kept: neither created again nor stopped.
do_ 'let array = md::create("data", "'"$1"'", ['"$2"'], #{ keep: true'"${3:+, format: \"1.0\"}"' });
mount::mount(array, "/mnt/a");'
must grep -q first /mnt/a/f
umount /mnt/a
printf 'disk::wipe("/dev/ubda");\n' >held.rhai
ask held "$G" held.rhai --yes --destroy /dev/ubda
exits held 3
must grep -q "mdadm --stop /dev/md127" held.err
do_ 'md::stop("data"); md::stop("data");'
}

two='"/dev/ubda", "/dev/ubdb"'

it 'RAID 1'
array raid1 "$two"

it 'RAID 0'
array raid0 "$two"

it 'RAID 1 with the format of firmware'
array raid1 "$two" ', #{ format: "1.0" }'

it 'RAID 5'
array raid5 "$two"', "/dev/ubdc"'

it 'RAID 6'
array raid6 "$two"', "/dev/ubdc", "/dev/ubdd"'

it 'RAID 10'
array raid10 "$two"', "/dev/ubdc", "/dev/ubdd"'

it 'a name belongs to one array'
printf 'md::create("data", "raid1", ['"$two"']);\n' >taken.rhai
ask taken "$G" taken.rhai --yes --destroy /dev/ubda --destroy /dev/ubdb
exits taken 3
must grep -q "belongs to an array of that name" taken.err

it 'an array that lacks a device starts on request only'
do_ 'disk::wipe("/dev/ubdc"); disk::wipe("/dev/ubdd");
md::create("data", "raid1", ['"$two"']); fs::make("/dev/md/data"); md::stop("data");'
wipefs -q -a /dev/ubdb
must mkfs.ext4 -q -F /dev/ubdb
recipe kept.rhai <<<'md::create("data", "raid1", ['"$two"'], #{ keep: true });'
before=$(md5sum /dev/ubda /dev/ubdb)
ask kept "$G" kept.rhai --yes --destroy /dev/ubda --destroy /dev/ubdb
exits kept 3
tells kept 'array data is on /dev/ubda, but not on /dev/ubdb, and "keep" is set: it is not created again'
must test "$before" = "$(md5sum /dev/ubda /dev/ubdb)"
printf 'md::assemble("data");\n' >short.rhai
ask short "$G" short.rhai --yes
exits short 3
must grep -q "only 1 are present" short.err
do_ 'mount::mount(md::assemble("data", #{ degraded: true }), "/mnt/a"); mount::unmount("/mnt/a"); md::stop("data");'

it 'after a failure no array is left running'
# The failure occurs only in the run: the array exists by then.
printf 'let a = md::create("data", "raid1", ['"$two"']);\nfs::make(a); mount::mount(a, "/mnt/a", #{ options: "ro" }); file::write("/mnt/a/f", "x");\n' >half.rhai
# shellcheck disable=SC2046
ask half "$G" half.rhai --yes $(everything)
exits half 1
must grep -Eq '(\+|✓) md.create' half.err
must_not test -e /dev/md127
nothing_left

it 'mdadm assembles what its configuration lists'
mkdir -p /run/r/etc
printf '# mine\nMAILADDR root\nARRAY /dev/md/data level=raid5\n  UUID=00000000:00000000:00000000:00000001\nDEVICE partitions' >/run/r/etc/mdadm.conf
do_ 'for disk in ["a", "b", "c", "d"] { disk::wipe("/dev/ubd" + disk); }
md::create("data", "raid1", ['"$two"']); md::stop("data");
md::create("more", "raid1", ["/dev/ubdc", "/dev/ubdd"]); md::stop("more");
md::mdadm_conf("/run/r", #{ arrays: ["data"] });
md::mdadm_conf("/run/r");
md::mdadm_conf("/run/r", #{ arrays: ["more", "data"] });'
printf '# mine\nMAILADDR root\nARRAY /dev/md/data\nDEVICE partitions\nARRAY /dev/md/more\n' | must cmp - <(sed 's/ UUID=.*//' /run/r/etc/mdadm.conf)
export MDADM_NO_UDEV=1
must mdadm --quiet --assemble --scan --config /run/r/etc/mdadm.conf
must mdadm --detail --scan >scan.txt
for name in data more; do
    uuid=$(grep -oP "^ARRAY /dev/md/$name UUID=\K.*" /run/r/etc/mdadm.conf)
    must grep -q "^ARRAY /dev/md/$name .*UUID=$uuid" scan.txt
done
do_ 'md::stop("data"); md::stop("more");'
nothing_left
