#!/bin/bash
# parallel-emerge: a build that runs out of memory where nothing measures it, and its jobs from then on.
#
# disks: 16M
# tier: make lab
# takes: 185 s
. "${0%/*}/../lib/cases.sh"
. "$LAB/lib/target.sh"
mountpoint -q /sys/fs/cgroup || must mount -t cgroup2 cgroup2 /sys/fs/cgroup
. "$LAB/lib/repository.sh"
. "$LAB/lib/portage_root.sh"

# The machine of this test: gscript, emerge and all builds have 224 MiB, a job of the package needs more than 60 MiB.
SMALL=/sys/fs/cgroup/small
echo +memory >/sys/fs/cgroup/cgroup.subtree_control
mkdir $SMALL
echo 224M >$SMALL/memory.max
[ ! -e $SMALL/memory.swap.max ] || echo 0 >$SMALL/memory.swap.max
small() { (echo 0 >$SMALL/cgroup.procs && exec "$@"); }

repository default/linux/test
hungry_package 60
printf '%s\nMAKEOPTS="-j4"\nCLEAN_DELAY=0\nEMERGE_WARNING_DELAY=0\n' "$WITHOUT" >$T/etc/portage/make.conf
do_ 'portage::profile("/mnt/t", "default/linux/test");'
cat >keep.rhai <<'END'
import "parallel" as parallel;
parallel::keep_building("/mnt/t", ["app-misc/hungry"], #{});
END

it 'a build that the kernel kills is built alone, and gets half of its jobs'
must "$G" plan keep.rhai >plan.out 2>plan.err
must grep -qF 'may call portage.package_env' plan.out
must grep -qF '/mnt/t/etc/portage' plan.out
ask kept small "$PROGRAM" keep.rhai --yes --journal /run/kept
exits kept 0
must grep -q 'oom_kill [1-9]' $SMALL/memory.events
tells kept 'app-misc/hungry-1 failed: '
tells kept ' (memory, compile phase, '
tells kept 'app-misc/hungry has run out of memory with -j4: -j2 from now on'
must test -d $T/var/db/pkg/app-misc/hungry-1
must grep -qx 'app-misc/hungry jobs-2' $T/etc/portage/package.env/gscript
must grep -qx 'MAKEOPTS="-j2"' $T/etc/portage/env/jobs-2

it 'with these jobs, it is built'
rm -r $T/var/db/pkg/app-misc/hungry-1
echo 'portage::emerge("/mnt/t", ["app-misc/hungry"], #{ oneshot: true });' >built.rhai
ask built small "$G" built.rhai --yes --journal /run/built
exits built 0
must test -d $T/var/db/pkg/app-misc/hungry-1

it 'a memory that is not measured is told with the remedy'
printf 'import "parallel" as parallel; parallel::fit_to_memory("/mnt/t", %s, 4);\n' $((128 << 20)) >fit.rhai
must "$G" plan fit.rhai >fit.out 2>fit.err
must grep -qF 'To measure it, add cgroup to FEATURES' fit.out
must_not grep -qF 'jobs-' fit.out
