#!/bin/bash
# recipes/distcc-ssh.lua: a compile node with systemd as its first process, and the unit that limits its compilers.
#
# disks: 16M
# tier: make lab
# takes: 60 s
# needs: /usr/local/lib/gscript-farm/usr/sbin/sshd
# needs: /usr/local/lib/gscript-farm/usr/bin/distcc
# needs: /lib/systemd/systemd
. "${0%/*}/../lib/cases.sh"
. "$LAB/lib/farm.sh"
. "$LAB/lib/target.sh"

TARGET=$(gcc -dumpmachine)
U=/mnt/n1/etc/systemd/system
front() { "$G" "$PROJECT/recipes/distcc-ssh.lua" --yes --set role=front-end --set nodes=10.79.0.11 "$@"; }
inside() { nsenter --target "$INIT" --mount --pid --net --cgroup --root --wd=/ "$@"; }
show() { inside systemctl show --property="$1" --value distcc-node; }

it 'the unit is written, enabled and valid'
front_end
node 1
sshd_start 1
must front >show.txt 2>&1
must "$G" "$PROJECT/recipes/distcc-ssh.lua" --yes --prove --journal /run/proved --set role=node --set root=/mnt/n1 --set limits=systemd \
    --set front_end_key=/etc/distcc/.ssh/id_ed25519.pub --set compilers="gcc $TARGET-gcc" --set node_memory=15 --set node_processes=60 >node.txt 2>&1
proved
must test -L $U/multi-user.target.wants/distcc-node.service
chroot /mnt/n1 systemd-analyze verify distcc-node.service >verify.txt 2>&1
must_not grep distcc-node verify.txt
sshd_stop 1

it 'systemd starts it with its limits'
UNIT=$(<$U/distcc-node.service)
rm -rf $U; mkdir -p $U/lab.target.wants
echo "$UNIT" >$U/distcc-node.service
printf '[Unit]\nDefaultDependencies=no\n' >$U/lab.target
printf '[Unit]\nDefaultDependencies=no\n[Service]\nExecStart=/usr/sbin/sshd -D -E /run/sshd.log\nRuntimeDirectory=sshd\n' >$U/sshd.service
for unit in distcc-node sshd; do ln -s ../$unit.service $U/lab.target.wants/$unit.service; done
# shellcheck disable=SC2016
ip netns exec n1 unshare --fork --pid --mount --cgroup bash -c '
    mount -t proc proc $0/proc; mount -t sysfs sysfs $0/sys; mount -t cgroup2 cgroup2 $0/sys/fs/cgroup; mount -t tmpfs tmpfs $0/run
    mount -t tmpfs -o mode=755 tmpfs $0/dev; for n in null zero full tty urandom random kmsg console; do cp -a /dev/$n $0/dev/; done; mkdir $0/dev/pts $0/dev/shm
    mount -t devpts devpts $0/dev/pts; ln -s pts/ptmx $0/dev/ptmx
    mkdir $0/run/old; cd $0; pivot_root . run/old; umount -l /run/old
    exec env container=lab /lib/systemd/systemd --system --unit=lab.target --log-target=console' /mnt/n1 >systemd.txt 2>&1 &
for _ in $(seq 3000); do
    INIT=$(pgrep -x systemd) && [ -S /proc/"$INIT"/root/run/systemd/private ] && break
    sleep 0.2
done
inside systemctl is-system-running --wait >running.txt 2>&1
inside systemctl status --no-pager distcc-node sshd >status.txt 2>&1
must test "$(show ActiveState)" = active
must test "$(show TasksMax) $(show MemorySwapMax) $(show OOMPolicy)" = '60 0 continue'
for one in NoNewPrivileges PrivateNetwork PrivateTmp ProtectHome; do must test "$one $(show $one)" = "$one yes"; done
must test "$(show ProtectSystem) $(show User)" = 'strict distcc'
SERVICE=$(show MainPID)
G1=$(inside cat "/proc/$SERVICE/cgroup"); G1=/sys/fs/cgroup${G1#0::}
must test "$(inside cat "$G1/pids.max")" = 60
must test "$(inside cat "$G1/memory.max")" = "$(show MemoryMax)"
total=$(awk '/^MemTotal:/ { print $2 * 1024 }' /proc/meminfo)
must test "$(show MemoryMax)" -gt $((total * 14 / 100)) -a "$(show MemoryMax)" -lt $((total * 16 / 100))

it 'a compilation over SSH runs in the unit'
# The first connection after the start takes long in a virtual machine.
until ssh-keyscan -T 100 -t ed25519 10.79.0.11 2>/dev/null | grep -q ed25519; do sleep 0.2; done
must front --set host_keys=approved --set fingerprints="$(fingerprint 1)" --set connections=manual >front.txt 2>&1
must_not grep -q 'no limit of memory\|can use its network' front.txt
must grep -q '10.79.0.11: .*COMPILE_OK.*check-' front.txt
must /etc/distcc/distcc-masters start
must by_key 1 node-info
must test "$(grep -cx 'limited yes\|confined yes' by_key.out)" = 2

it 'the unit outlives compilers that need too much'
greedy_compilers 1
compile 1 hungry gcc && fail 'compiled'
must grep -q 'oom_kill [1-9]' <(inside cat "$G1/memory.events")
compile 1 forks gcc && fail 'compiled'
must grep -q 'max [1-9]' <(inside cat "$G1/pids.events")
must compile 1 after gcc
must test "$(show ActiveState) $(show MainPID) $(show NRestarts)" = "active $SERVICE 0"
must inside systemctl stop distcc-node
must_not by_key 1 node-info
must grep -q 'this node does not compile without its service distcc-node' by_key.out
must /etc/distcc/distcc-masters stop
kill -s RTMIN+4 "$INIT" || kill -KILL "$INIT"; wait
