#!/bin/bash
# recipes/lxc-guest.rhai: guests that OpenRC and systemd start and stop with the system.
#
# disks: 128M
# tier: make lab
# takes: 90 s
# needs: /usr/local/lib/gscript-lxc/usr/bin/lxc-start
# needs: /lib/systemd/systemd
. "${0%/*}/../lib/cases.sh"
. "$LAB/lib/target.sh"
. "$LAB/lib/lxc.sh"

# guest NAME ARGUMENTS…: makes a guest by the recipe, and stops it.
guest() {
    must "$G" "$PROJECT/recipes/lxc-guest.rhai" --yes --prove --journal /run/proved --set name="$1" --set files=busybox \
        --set network=isolated --set memory=64M "${@:2}" 2>"$1.err"
    proved
    must lxc-stop -n "$1" -t 20
    must test "$(state "$1")" = STOPPED
}
state() { lxc-info -n "$1" -s -H; }

# What app-containers/lxc of Gentoo installs: a script that takes the name of the guest from its own.
cat >/etc/init.d/lxc <<'END'
#!/sbin/openrc-run
guest=${RC_SVCNAME#*.}
start() {
    ebegin "Starting $guest"
    lxc-start -n "$guest"
    eend $?
}
stop() {
    ebegin "Stopping $guest"
    lxc-stop -n "$guest" -t 20
    eend $?
}
END
chmod 755 /etc/init.d/lxc
rm -f /etc/runlevels/*/*

it 'OpenRC starts and stops a guest'
guest one --set autostart=openrc
must test "$(readlink /etc/init.d/lxc.one)" = lxc
must test "$(readlink /etc/runlevels/default/lxc.one)" = /etc/init.d/lxc.one
touch /etc/insserv.conf
mkdir -p /etc/insserv.conf.d
for runlevel in sysinit boot default; do must openrc $runlevel >>openrc.txt 2>&1; done
must test "$(state one)" = RUNNING
must rc-service lxc.one status >>openrc.txt 2>&1
must openrc shutdown >>openrc.txt 2>&1
must test "$(state one)" = STOPPED

it 'the unit of a guest is valid'
guest two --set autostart=systemd
UNIT=/etc/systemd/system/multi-user.target.wants/lxc@two.service
must test -L $UNIT
# Only the units that are wanted without being required are missing here.
systemd-analyze verify lxc@two.service >verify.txt 2>&1
must_not grep -v 'lxc.*service\|lxc-net' verify.txt

it 'systemd starts and stops a guest'
target /mnt/t
T=/mnt/t
U=$T/etc/systemd/system
WANTED=$(readlink $UNIT)
rm -rf $U; mkdir -p $U/lab.target.wants
printf '[Unit]\nDefaultDependencies=no\n' >$U/lab.target
# Without the units of the network and the profiles, which a system without them does not need.
for one in lxc lxc-net; do ln -s /dev/null $U/$one.service; done
ln -s "$WANTED" $U/lab.target.wants/lxc@two.service
mkdir -p $T/var/lib/lxc && must mount --bind /var/lib/lxc $T/var/lib/lxc
# shellcheck disable=SC2016
unshare --fork --pid --mount --cgroup bash -c '
    mount -t proc proc $0/proc; mount -t sysfs sysfs $0/sys; mount -t cgroup2 cgroup2 $0/sys/fs/cgroup; mount -t tmpfs tmpfs $0/run
    mount -t tmpfs -o mode=755 tmpfs $0/dev; for n in null zero full tty urandom random kmsg console; do cp -a /dev/$n $0/dev/; done; mkdir $0/dev/pts $0/dev/shm
    mount -t devpts devpts $0/dev/pts; ln -s pts/ptmx $0/dev/ptmx
    mkdir $0/run/old; cd $0; pivot_root . run/old; umount -l /run/old
    exec env container=lab /lib/systemd/systemd --system --unit=lab.target --log-target=console' $T >systemd.txt 2>&1 &
for _ in $(seq 3000); do
    INIT=$(pgrep -x systemd) && [ -S /proc/"$INIT"/root/run/systemd/private ] && break
    sleep 0.2
done
within() { nsenter --target "$INIT" --mount --pid --cgroup --root --wd=/ "$@"; }
for _ in $(seq 300); do
    [ "$(within lxc-info -n two -s -H 2>/dev/null)" != RUNNING ] || break
    sleep 0.2
done
within systemctl status --no-pager lxc@two.service >status.txt 2>&1
must test "$(within lxc-info -n two -s -H)" = RUNNING
must test "$(within systemctl show --property=ActiveState --value lxc@two)" = active
must within systemctl stop lxc@two
must test "$(within lxc-info -n two -s -H)" = STOPPED
kill -s RTMIN+4 "$INIT" || kill -KILL "$INIT"; wait
umount $T/var/lib/lxc $T
