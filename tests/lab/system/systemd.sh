#!/bin/bash
# Services of systemd: in a system that is not running, and in one that systemd has started, with a root and process
# IDs of its own and real units.
#
# disks: 16M
# needs: /lib/systemd/systemd
# tier: make lab
# takes: 25 s
. "${0%/*}/../lib/cases.sh"
. "$LAB/lib/target.sh"

target /mnt/t
T=/mnt/t

it 'units of a system that does not run'
rm -f $T/etc/systemd/system/multi-user.target.wants/systemd-networkd.service
do_ 'service::enable("/mnt/t", "systemd-networkd"); service::enable("/mnt/t", "systemd-networkd");'
must test -L $T/etc/systemd/system/multi-user.target.wants/systemd-networkd.service
says 'print(service::status("/mnt/t", "systemd-networkd").enabled);' true
do_ 'service::disable("/mnt/t", "systemd-networkd");'
must_not test -L $T/etc/systemd/system/multi-user.target.wants/systemd-networkd.service
says 'print(service::status("/mnt/t", "systemd-networkd").enabled);' false

it 'units of a running system are enabled, started and stopped'
U=$T/etc/systemd/system
rm -rf $U; mkdir -p $U
printf '[Unit]\nDefaultDependencies=no\n' >$U/lab.target
printf '[Unit]\nDefaultDependencies=no\n[Service]\nExecStart=/bin/sleep 4716\n[Install]\nWantedBy=multi-user.target\n' >$U/one.service
printf '[Unit]\nDefaultDependencies=no\n[Service]\nType=oneshot\nExecStart=/bin/sh -c "echo it is made so; exit 3"\n' >$U/broken.service
# shellcheck disable=SC2016
unshare --fork --pid --mount --cgroup bash -c '
    mount -t proc proc $0/proc; mount -t sysfs sysfs $0/sys; mount -t cgroup2 cgroup2 $0/sys/fs/cgroup; mount -t tmpfs tmpfs $0/run
    mount -t tmpfs -o mode=755 tmpfs $0/dev; for n in null zero urandom random kmsg console; do cp -a /dev/$n $0/dev/; done; mkdir $0/dev/pts $0/dev/shm
    exec chroot $0 env container=lab /lib/systemd/systemd --system --unit=lab.target --log-target=console' $T >systemd.txt 2>&1 &
for _ in $(seq 3000); do
    INIT=$(pgrep -x systemd) && [ -S /proc/"$INIT"/root/run/systemd/private ] && break
    sleep 0.2
done
inside() { nsenter --target "$INIT" --mount --pid --root --wd=/ "$@"; }
must test "$(inside systemctl is-system-running --wait)" = running

# lives RHAI: runs a script inside that system, with `--prove`.
lives() {
    printf '%s\n' "$1" >$T/root/lives.rhai
    inside "$G" /root/lives.rhai --yes --prove --journal /run/proved >lives.txt 2>&1 || fail
    grep -hoP '"record":"begin",.*?"name":"\K[^"]*' /proc/"$INIT"/root/run/proved/*/journal.jsonl | sed 's/.*://' >>"$OUT/proved"
    must inside rm -r /run/proved
}
active() { inside systemctl show --property=ActiveState --value "$1"; }
lives 'service::enable("/", "one"); service::start("one"); print(service::status("/", "one").started);'
grep -q '^  | true' lives.txt || fail
must test "$(active one) $(pgrep -cx sleep)" = 'active 1'
must test -L $U/multi-user.target.wants/one.service
# In reverse order, each done twice.
lives 'service::start("one"); service::stop("one"); service::stop("one"); service::disable("/", "one"); print(service::status("/", "one"));'
must test "$(active one) $(pgrep -cx sleep)" = 'inactive 0'
must_not test -e $U/multi-user.target.wants/one.service

it 'a unit that does not start'
echo 'service::start("broken");' >$T/root/broken.rhai
must_not inside "$G" /root/broken.rhai --yes --journal /run/broken >broken.txt 2>&1
must grep -q 'Job for broken.service failed' broken.txt; must test "$(active broken)" = failed

it 'a session undoes the start of a unit'
printf '%s\n' ':allow' 'service::start("one")' ':undo' ':quit' >$T/root/typed
must inside sh -c "cd /; GSCRIPT_STATE=/run/session \"$G\" shell </root/typed" >session.txt 2>&1
must grep -q '+ service.start one' session.txt; must grep -q 'systemctl stop one' session.txt
must test "$(active one)" = inactive
kill -s RTMIN+4 "$INIT" || kill -KILL "$INIT"; wait
umount $T
nothing_left
