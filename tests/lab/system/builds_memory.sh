#!/bin/bash
# parallel-emerge: a build that ran out of memory is built with fewer jobs, as measured by Portage.
#
# disks: 16M
# tier: make lab
# takes: 115 s
. "${0%/*}/../lib/cases.sh"
. "$LAB/lib/target.sh"
mountpoint -q /sys/fs/cgroup || must mount -t cgroup2 cgroup2 /sys/fs/cgroup
. "$LAB/lib/repository.sh"
. "$LAB/lib/portage_root.sh"

# All builds together have 128 MiB; a job of this package needs more than 40 MiB.
mkdir -p /sys/fs/cgroup/portage
must grep -qw memory /sys/fs/cgroup/cgroup.controllers
echo +memory >/sys/fs/cgroup/cgroup.subtree_control
must test -e /sys/fs/cgroup/portage/memory.max
echo 128M >/sys/fs/cgroup/portage/memory.max

repository default/linux/test
hungry_package 40
printf '%s\nMAKEOPTS="-j4"\nCLEAN_DELAY=0\nEMERGE_WARNING_DELAY=0\n' "$WITHOUT" >$T/etc/portage/make.conf
do_ 'portage::profile("/mnt/t", "default/linux/test");'
do_ 'portage::make_conf("/mnt/t", #{}, #{ add: #{ FEATURES: "observability cgroup" } });'
must test -e $T/sys/fs/cgroup/cgroup.controllers
echo 'portage::emerge("/mnt/t", ["app-misc/hungry"], #{ oneshot: true });' >"$OUT/hungry.rhai"
cat >"$OUT/fit.rhai" <<'END'
import "parallel" as parallel;
parallel::fit_to_memory("/mnt/t", 128 * 1024 * 1024, 4);
END

it 'with four jobs, the build is killed'
ask killed "$G" "$OUT/hungry.rhai" --yes --journal /run/killed
exits killed 1
ask why "$G" build-log hungry --root /mnt/t
exits why 1
tells why 'memory error'
grep 'Resource usage' $T/var/log/emerge.log

it 'its peak of memory sets the number of jobs, as a diff'
must "$G" plan "$OUT/fit.rhai" >"$OUT/plan.out"
must grep -qF '+app-misc/hungry jobs-2' "$OUT/plan.out"
must grep -qF 'MAKEOPTS="-j2"' "$OUT/plan.out"
must "$G" "$OUT/fit.rhai" --yes --journal /run/fit

it 'with two jobs, it is built'
must "$G" "$OUT/hungry.rhai" --yes --journal /run/built
must test -d $T/var/db/pkg/app-misc/hungry-1
