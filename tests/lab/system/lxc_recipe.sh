#!/bin/bash
# recipes/lxc-guest.rhai: guests from a signed stage3 and from a template, started, and kept by a second run.
#
# disks: 128M 16M
# tier: make lab
# takes: 50 s
# needs: /usr/local/lib/gscript-lxc/usr/bin/lxc-start
. "${0%/*}/../lib/cases.sh"
. "$LAB/lib/target.sh"
. "$LAB/lib/lxc.sh"

root_of web
mv /var/lib/lxc/web/rootfs tree
rmdir /var/lib/lxc/web
echo 'ID=gentoo' >tree/etc/os-release
: >tree/sbin/openrc-run
chmod 755 tree/sbin/openrc-run
mkdir -p tree/etc/{conf.d,init.d,portage,runlevels/sysinit}
tar --numeric-owner -C tree -cJf a.tar.xz .
sign_archive
must mkfs.ext4 -q /dev/ubdb
mkdir -p /var/cache/distfiles
must mount /dev/ubdb /var/cache/distfiles
echo source >/var/cache/distfiles/package.tar
chown 0:250 /var/cache/distfiles/package.tar
chmod 640 /var/cache/distfiles/package.tar

# guest NAME ARGUMENTS…: runs the recipe.
guest() {
    "$G" "$PROJECT/recipes/lxc-guest.rhai" --yes --prove --journal "/run/$1" --set name=web --set stage3="$OUT/a.tar.xz" \
        --set stage3_keys="$OUT/good.asc" --set address=10.80.0.5/24 --set distfiles=shared "${@:2}" 2>"$1.err"
}

it 'a stage3 with a wrong signature makes no guest'
cp a.tar.xz whole.tar.xz
printf x >>a.tar.xz
must_not guest forged
must_not test -e /var/lib/lxc/web/rootfs/etc
mv whole.tar.xz a.tar.xz

it 'a guest from a stage3 runs with its limits'
must guest made
must test "$(inside web 'hostname; cat /etc/hostname' | tr '\n' ' ')" = 'web web '
must test "$(inside web 'cat /proc/self/uid_map' | tr -s ' ')" = ' 0 100000 65536'
must test "$(inside web 'cat /sys/fs/cgroup/memory.max')" = 2147483648
must test "$(inside web 'cat /var/cache/distfiles/package.tar')" = source
must_not inside web 'echo x >/var/cache/distfiles/package.tar' 2>shared.txt
must test "$(inside web 'ls -n /var/cache/distfiles/package.tar' | tr -s ' ' | cut -d' ' -f1,3,4)" = '-rw-r----- 0 250'
must grep -q 'inet 10.80.0.5/24' <<<"$(inside web 'ip address show eth0')"

it 'a second run keeps the guest'
pid=$(lxc-info -n web -p -H)
must guest again
must test "$(lxc-info -n web -p -H)" = "$pid"

it 'a guest is removed with its files'
approved web 'lxc::stop("web", #{ timeout: 20, kill: true }); lxc::destroy("web");'
must_not test -e /var/lib/lxc/web

it 'a directory on a filesystem without mapped identifiers is shared without them'
root_of plain
mkdir -p /run/shared /var/lib/lxc/plain/rootfs/run/shared
echo all >/run/shared/all
install -m 600 /run/shared/all /run/shared/own
do_ 'lxc::create("plain", #{ read_only: ["/run/shared"] }); lxc::start("plain");' 2>warned.txt
must grep -q 'shared without mapped identifiers (filesystem: tmpfs)' warned.txt
must test "$(inside plain 'cat /run/shared/all')" = all
must_not inside plain 'cat /run/shared/own' 2>own.txt
approved plain 'lxc::stop("plain", #{ timeout: 20, kill: true }); lxc::destroy("plain");'

it 'a template makes a guest without a network'
must "$G" "$PROJECT/recipes/lxc-guest.rhai" --yes --journal /run/small --set name=small --set files=busybox --set network=isolated \
    --set memory=64M 2>small.err
must test "$(inside small 'ls /sys/class/net')" = lo
must test "$(inside small 'cat /sys/fs/cgroup/memory.max')" = 67108864
approved small 'lxc::stop("small", #{ timeout: 20, kill: true }); lxc::destroy("small");'
