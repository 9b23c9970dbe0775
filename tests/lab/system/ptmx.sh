#!/bin/bash
# recipes/ptmx-fix.lua: the service for /dev/ptmx in a container that keeps its /dev, run by OpenRC.
#
# disks: 16M
# tier: make lab
# takes: 10 s
. "${0%/*}/../lib/cases.sh"
. "$LAB/lib/target.sh"

it 'a kernel with instances needs no service'
target /mnt/t
T=/mnt/t
must mount -t tmpfs -o mode=755 dev $T/dev
for node in null zero urandom console; do cp -a /dev/$node $T/dev/; done
must mknod -m 666 $T/dev/ptmx c 5 2
mkdir $T/dev/pts
must mount -t devpts -o gid=5,mode=620,ptmxmode=000 devpts $T/dev/pts
must mount -t proc proc $T/proc
rm -f $T/etc/init.d/ptmx-fix
must "$G" ptmx-fix --set root=$T --yes >needed.txt 2>&1
must grep -q 'Nothing has to be installed' needed.txt
must grep -q '/dev/ptmx is not a link; the mode of /dev/pts/ptmx is 000' needed.txt
must_not test -e $T/etc/init.d/ptmx-fix

it 'the service is installed'
cp $T/etc/fstab fstab.before
must "$G" ptmx-fix --set root=$T --set install=always --yes --prove --journal /run/proved >install.txt 2>&1
proved
must test "$(stat -c %a $T/etc/init.d/ptmx-fix)" = 755
must test "$(readlink $T/etc/runlevels/sysinit/ptmx-fix)" = /etc/init.d/ptmx-fix
grep -v devpts $T/etc/fstab | must cmp - fstab.before

# opens: opens a new terminal in the container as an ordinary user, and prints its name.
opens() { chroot --userspec=12345:12345 $T python3 -c 'import os; print(os.ttyname(os.openpty()[1]))'; }

it 'OpenRC runs it, and users can open terminals'
mkdir -p $T/run/openrc/{daemons,exclusive,failed,hotplugged,inactive,options,scheduled,started,starting,stopping,tmp,wasinactive}
: >$T/run/openrc/softlevel
must chroot $T rc-service ptmx-fix start
must test "$(readlink $T/dev/ptmx)" = pts/ptmx
must test "$(stat -c %a $T/dev/pts/ptmx)" = 666
must test "$(opens)" = /dev/pts/0
must "$G" ptmx-fix --set root=$T --yes >again.txt 2>&1
must grep -q '/dev/ptmx is a link to pts/ptmx; the mode of /dev/pts/ptmx is 666' again.txt

it 'a container without devpts is told'
umount $T/dev/pts
must chroot $T rc-service ptmx-fix zap
must_not chroot $T rc-service ptmx-fix start >without.txt 2>&1
must grep -q 'devpts is not mounted' without.txt
must "$G" ptmx-fix --set root=$T --yes >unmounted.txt 2>&1
must grep -q "devpts is not mounted at $T/dev/pts" unmounted.txt

umount $T/proc $T/dev
umount $T
nothing_left
