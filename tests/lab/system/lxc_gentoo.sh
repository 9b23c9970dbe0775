#!/bin/bash
# recipes/lxc-guest.rhai: a guest with sysvinit, OpenRC and Portage, limits of its services, emerge inside, an orderly stop.
#
# disks: 128M
# tier: make lab
# takes: 90 s
# needs: /usr/local/lib/gscript-sysvinit/usr/sbin/init
# needs: /usr/local/lib/gscript-lxc/usr/bin/lxc-start
. "${0%/*}/../lib/cases.sh"
. "$LAB/lib/target.sh"
. "$LAB/lib/lxc.sh"
. "$LAB/lib/repository.sh"
. "$LAB/lib/guest_root.sh"

TREE=/var/lib/lxc/tree D=/var/cache/distfiles
gentoo_root $TREE
R=$TREE/var/db/repos/gentoo
repository default/linux/test
use_repository $TREE
ln -s ../../var/db/repos/gentoo/profiles/default/linux/test $TREE/etc/portage/make.profile
printf '%s\nACCEPT_LICENSE="GPL-2"\n' "$WITHOUT" >$TREE/etc/portage/make.conf
guest_service $TREE limited default <<'END'
rc_cgroup_settings="pids.max 7"
start() { start-stop-daemon --start --background --exec /usr/bin/sleep -- 100000; }
stop() { : >/var/stopped; }
END

# The source exists only on this system.
mkdir -p $D && must mount -t tmpfs tmpfs $D
mkdir hello && echo 'hello, guest' >hello/hello && tar -C . -cf $D/hello-1.tar hello
package app-misc/hello 1 amd64 <<'END'
SRC_URI="https://mirror.invalid/hello-1.tar"
src_install() { insinto /opt; doins hello/hello; }
END
printf 'DIST hello-1.tar %s BLAKE2B %s SHA512 %s\n' "$(stat -c %s $D/hello-1.tar)" "$(b2sum <$D/hello-1.tar | cut -d' ' -f1)" \
    "$(sha512sum <$D/hello-1.tar | cut -d' ' -f1)" >$R/app-misc/hello/Manifest
tar --numeric-owner -C $TREE -cf a.tar.xz .
rm -r $TREE
sign_archive

# of_host: prints what the guest must not change: accounts, programs, Portage's files and downloads of this system.
of_host() { find /etc/passwd /etc/group /etc/portage /usr/bin /usr/lib/python3 /usr/local /var/db /opt $D -xdev -printf '%p %T@ %s\n' 2>/dev/null | sort; }

# default_reached: whether init has started the last runlevel.
default_reached() { inside web 'rc-status --runlevel' 2>/dev/null | grep -qx default; }

it 'init and OpenRC start in a guest from a stage3'
of_host >before.txt
must "$G" "$PROJECT/recipes/lxc-guest.rhai" --yes --prove --journal /run/proved --set name=web --set stage3="$OUT/a.tar.xz" \
    --set stage3_keys="$OUT/good.asc" --set network=isolated --set distfiles=shared 2>made.err
proved
until default_reached; do sleep 0.2; done
must test "$(inside web 'cat /proc/1/comm; openrc --sys' | tr '\n' ' ')" = 'init LXC '
must test "$(inside web 'stat -c %u /proc/1; hostname' | tr '\n' ' ')" = '0 web '
must test "$(stat -c %u "/proc/$(lxc-info -n web -p -H)")" = 100000
inside web 'rc-status --all' >services.txt
must grep -Eq 'limited +\[ +started' services.txt

it 'limits of a service act inside the limits of the guest'
must test "$(inside web 'cat /proc/1/cgroup')" = 0::/init.scope
must test "$(inside web 'cd /sys/fs/cgroup; cat limited/pids.max memory.max' | tr '\n' ' ')" = '7 2147483648 '
must test "$(inside web 'wc -l </sys/fs/cgroup/limited/cgroup.procs')" = 1
must test "$(cat $C/lxc.payload.web/limited/pids.max)" = 7
do_ 'lxc::limits("web", #{ pids_max: 200 });'
must test "$(inside web 'cat /sys/fs/cgroup/pids.max')" = 200

it 'emerge inside merges a package from the downloads of this system'
do_ 'lxc::attach("web", ["emerge", "--oneshot", "--quiet", "app-misc/hello"]);'
must test "$(inside web 'cat /opt/hello; stat -c %u /opt/hello' | tr '\n' ' ')" = 'hello, guest 0 '
must inside web 'test -d /var/db/pkg/app-misc/hello-1'
must_not inside web 'test -w /var/cache/distfiles'
of_host >after.txt
must cmp before.txt after.txt

it 'the guest stops in an orderly way'
do_ 'lxc::stop("web", #{ timeout: 60 });'
must test -e /var/lib/lxc/web/rootfs/var/stopped
must_not compgen -G "$C/lxc.payload.web"
