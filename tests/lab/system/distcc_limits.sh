#!/bin/bash
# recipes/distcc-ssh.lua: a compile node with OpenRC, whose compilers have the limits of a control group.
#
# disks: 16M
# tier: make lab
# takes: 60 s
# needs: /usr/local/lib/gscript-farm/usr/sbin/sshd
# needs: /usr/local/lib/gscript-farm/usr/bin/distcc
. "${0%/*}/../lib/cases.sh"
C=/sys/fs/cgroup
mountpoint -q $C || must mount -t cgroup2 cgroup2 $C
. "$LAB/lib/farm.sh"
. "$LAB/lib/target.sh"

G1=$C/distcc-node
TARGET=$(gcc -dumpmachine)
front() { "$G" "$PROJECT/recipes/distcc-ssh.lua" --yes --set role=front-end --set nodes=10.79.0.11 "$@"; }
event() { sed -n "s/^$2 //p" "$G1/$1.events"; }

it 'a node does not compile without its service'
front_end
node 1
must mount --rbind /sys /mnt/n1/sys
sshd_start 1
must front >show.txt 2>&1
must "$G" "$PROJECT/recipes/distcc-ssh.lua" --yes --prove --journal /run/proved --set role=node --set root=/mnt/n1 \
    --set front_end_key=/etc/distcc/.ssh/id_ed25519.pub --set compilers="gcc $TARGET-gcc" --set node_memory=15 --set node_processes=60 >node.txt 2>&1
proved
must test "$(readlink /mnt/n1/etc/runlevels/default/distcc-node)" = /etc/init.d/distcc-node
sshd_stop 1; sshd_start 1
ssh-keyscan -t ed25519 10.79.0.11 2>/dev/null >/etc/distcc/.ssh/known_hosts
must_not by_key 1 node-info
must grep -q 'this node does not compile without its service distcc-node' by_key.out

it 'the limits are read back from the group'
# OpenRC is not the init of this node.
mkdir -p /mnt/n1/run/openrc/{daemons,exclusive,failed,hotplugged,inactive,options,scheduled,started,starting,stopping,tmp,wasinactive}
: >/mnt/n1/run/openrc/softlevel
must in_node 1 rc-service distcc-node start >start.txt 2>&1
must test "$(cat $G1/pids.max)" = 60
memory=$(awk '/^MemTotal:/ { print int($2 * 15 / 100) }' /proc/meminfo)
must test "$(cat $G1/memory.max)" = $((memory * 1024 / 4096 * 4096))
[ ! -e $G1/memory.swap.max ] || must test "$(cat $G1/memory.swap.max)" = 0
must test "$(stat -c '%U %a' /mnt/n1/run/distcc-node)" = 'distcc 700'
SERVICE=$(cat /mnt/n1/run/distcc-node.pid)
must grep -qx "$SERVICE" $G1/cgroup.procs
must front --set host_keys=approved --set fingerprints="$(fingerprint 1)" --set connections=manual >front.txt 2>&1
must_not grep -q 'no limit of memory' front.txt
must grep -q '10.79.0.11: .*COMPILE_OK.*check-' front.txt
must /etc/distcc/distcc-masters start
must by_key 1 node-info
must grep -qx 'limited yes' by_key.out
must_not by_key 1 id
must grep -q 'this key is only for distccd' by_key.out

greedy_compilers 1
# idle: waits until only the service is left in the group.
idle() { until [ "$(cat $G1/cgroup.procs)" = "$SERVICE" ]; do sleep 0.1; done; }
# lives NAME: requires that the service runs as before, and that the node compiles.
lives() {
    idle
    must in_node 1 rc-service distcc-node status >status.txt 2>&1
    must compile 1 "$1" gcc
    must grep -q "COMPILE_OK.*$1.c" /mnt/n1/var/log/distcc/distccd.log
}

it 'a compiler that needs too much memory is killed, and the node compiles'
must test "$(event memory oom_kill)" = 0
compile 1 hungry gcc && fail 'compiled'
must test "$(event memory oom_kill)" -ge 1
must_not test -e /var/tmp/portage/hungry.o
lives after_hungry

it 'a compiler that starts processes without end is stopped, and the node compiles'
must test "$(event pids max)" = 0
compile 1 forks gcc && fail 'compiled'
must test "$(event pids max)" -ge 1
must grep -q 'no more processes: Resource temporarily unavailable' forks.out
lives after_forks

it 'a compiler ends with its session'
compile 1 waits gcc &
until pgrep -x sleep -a | grep -q 100000; do kill -0 $! || fail; sleep 0.1; done
must kill "$(pgrep -f 'distcc-jobs request')"
wait $!
idle
must_not test -e /var/tmp/portage/waits.o
lives after_waits

it 'a service that is stopped leaves no group'
must /etc/distcc/distcc-masters stop
must in_node 1 rc-service distcc-node stop >stop.txt 2>&1
must_not test -e $G1
must_not by_key 1 node-info
sshd_stop 1
