#!/bin/bash
# lxc.*: guests with identifiers of their own on two bridges, limits inside and outside, freezing.
#
# disks: 128M
# tier: make test
# takes: 35 s
# needs: /usr/local/lib/gscript-lxc/usr/bin/lxc-start
. "${0%/*}/../lib/cases.sh"
. "$LAB/lib/target.sh"
. "$LAB/lib/lxc.sh"

it 'guests on a bridge reach each other, and not another bridge'
root_of one; root_of two; root_of far
do_ 'bridge::create("near0"); net::up("near0"); bridge::create("far0"); net::up("far0");
lxc::create("one", #{ bridge: "near0", address: "10.80.0.1/24" });
lxc::create("two", #{ bridge: "near0", address: "10.80.0.2/24" });
lxc::create("far", #{ bridge: "far0", address: "10.80.0.3/24", privileged: true });
for name in ["one", "two", "far"] { lxc::start(name); }'
must inside one 'ping -c 1 -w 5 10.80.0.2' >ping.txt
must_not inside one 'ping -c 1 -w 1 10.80.0.3' >ping.txt
must grep -q '00:16:3e' <<<"$(inside one 'ip link show eth0')"

it 'root of a guest is not root of this system'
pid=$(lxc-info -n one -p -H)
must test "$(stat -c %u "/proc/$pid")" = 100000
must test "$(inside one 'id -u; cat /proc/self/uid_map' | tr -s ' \n' ' ')" = '0 0 100000 65536 '
must test "$(stat -c %u /var/lib/lxc/one/rootfs/etc)" = 0
must inside one 'touch /etc/made'
must test "$(stat -c %u /var/lib/lxc/one/rootfs/etc/made)" = 0
must_not inside one 'echo h >/proc/sysrq-trigger' 2>sysrq.txt

it 'limits act on a guest that runs, and are read inside'
do_ 'lxc::limits("one", #{ memory_max: "32M", pids_max: 20, cpu_quota: 50 });'
must test "$(inside one 'cd /sys/fs/cgroup; cat memory.max pids.max cpu.max' | tr '\n' ' ')" = '33554432 20 50000 100000 '
must test "$(cat $C/lxc.payload.one/memory.max)" = 33554432
must grep -qx 'lxc.cgroup2.memory.max = 33554432' /var/lib/lxc/one/config

it 'a process that uses more memory is killed, and a fork bomb stops'
ask hog inside one 'dd if=/dev/zero of=/dev/null bs=200M count=1'
exits hog 137
must grep -q 'oom_kill [1-9]' $C/lxc.payload.one/memory.events
ask bomb inside one 'for i in $(seq 60); do sleep 100 & done; sleep 1'
must grep -q 'max [1-9]' $C/lxc.payload.one/pids.events
must test "$(cat $C/lxc.payload.one/pids.current)" -le 20

it 'a guest is frozen and thawed'
do_ 'lxc::freeze("two");'
must grep -qx 'frozen 1' $C/lxc.payload.two/cgroup.events
fails 'guest two is frozen' 'lxc::stop("two");'
do_ 'lxc::thaw("two");'
says 'print(lxc::attach("two", ["sh", "-c", "echo here; exit 7"], #{ check: false }).code);' 7

it 'root of a privileged guest cannot open a disk'
mknod /var/lib/lxc/far/rootfs/root/disk b 98 0
must_not inside far 'dd if=/root/disk of=/dev/null count=1' 2>device.txt
must grep -q 'not permitted' device.txt
must inside far 'dd if=/dev/zero of=/dev/null count=1' 2>device.txt

it 'guests stop, and the limits are those of the next start'
do_ 'for name in ["one", "two", "far"] { lxc::stop(name, #{ timeout: 30 }); }'
do_ 'lxc::start("one");'
must test "$(inside one 'cat /sys/fs/cgroup/pids.max')" = 20
approved one 'lxc::stop("one", #{ timeout: 1, kill: true });'
