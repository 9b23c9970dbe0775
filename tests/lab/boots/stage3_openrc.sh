# Sourced by stage3.sh: sysvinit and OpenRC as the first process, as in a stage3 of Gentoo. Debian's packages have the
# programs but not the init scripts: those here have the names and the order of OpenRC's, and only what a boot needs. After
# the last runlevel, init runs a program that prints the device types below the root and other states; then the serial
# console of the recipe gets a login.

CACHED=$(dirname "$FROM")/sysvinit
mkdir -p "$CACHED"
exec 8>"$CACHED/lock"
flock 8
if ! ls "$CACHED"/sysvinit-core_*.deb >/dev/null 2>&1; then
    (cd "$CACHED" && apt-get -qq download sysvinit-core >&2 2>&1) ||
        { echo "the package sysvinit-core can't be downloaded (apt-get update)" >&2; exit 1; }
fi
flock -u 8
# The package is unpacked only: installing it would replace the first process of this system.
dpkg-deb -x "$CACHED"/sysvinit-core_*.deb "$ROOT/deb"
mkdir -p "$ROOT/usr/sbin"
install -m 755 "$ROOT/deb/sbin/"{init,shutdown,halt} "$ROOT/usr/sbin/"
for link in poweroff reboot; do ln -sf halt "$ROOT/usr/sbin/$link"; done
ln -sf init "$ROOT/usr/sbin/telinit"
put /sbin/openrc /sbin/rc-service /bin/rc-status /etc/rc.conf /bin/hostname /bin/login /etc/login.defs /etc/pam.d/login
{ ldd "$ROOT"/usr/sbin/{init,shutdown,halt} /sbin/openrc /bin/{rc-status,hostname,login} || true; } |
    grep -oE '/[^ ]+ \(0x' | sed 's/ (0x$//' | sort -u >"$ROOT/libraries"
while read -r file; do put "$file"; done <"$ROOT/libraries"
rm -r "$ROOT/libraries" "$ROOT/deb"

cat >"$ROOT/etc/inittab" <<'END'
id:3:initdefault:
si::sysinit:/sbin/openrc sysinit
rc::bootwait:/sbin/openrc boot
l0:0:wait:/sbin/openrc shutdown
l3:3:wait:/sbin/openrc default
rp:3:wait:/usr/local/bin/says
# SERIAL CONSOLES
#s0:12345:respawn:/sbin/agetty -L 9600 ttyS0 vt100
END

# script NAME RUNLEVEL <<END: makes an init script with this content, in this runlevel.
script() {
    { echo '#!/sbin/openrc-run'; cat; } >"$ROOT/etc/init.d/$1"
    chmod 755 "$ROOT/etc/init.d/$1"
    ln -s "/etc/init.d/$1" "$ROOT/etc/runlevels/$2/$1"
}
script udev sysinit <<'END'
depend() { provide dev; before checkfs fsck; }
start() { /lib/systemd/systemd-udevd --daemon; }
stop() { udevadm control --exit; }
END
script udev-trigger sysinit <<'END'
depend() { need udev; }
start() {
    udevadm trigger --type=subsystems --action=add
    udevadm trigger --type=devices --action=add
    udevadm settle
}
END
script fsck boot <<'END'
start() { fsck -A -p; [ $? -le 1 ]; }
END
script root boot <<'END'
depend() { need fsck; }
start() { mount -n -o remount,rw /; }
END
script localmount boot <<'END'
depend() { need fsck; use lvm; after lvm root; }
start() { mount -at noproc; }
END
script swap boot <<'END'
depend() { before localmount; }
start() { swapon -a -e; return 0; }
END
script hostname boot <<'END'
start() { hostname "${hostname-localhost}"; }
END
# Debian's OpenRC reads both at every start of a service.
mkdir -p "$ROOT/etc/insserv.conf.d" && touch "$ROOT/etc/insserv.conf"
cat >"$ROOT/usr/local/bin/says" <<'END'
#!/bin/sh
PATH=/usr/sbin:/usr/bin:/sbin:/bin
# Messages of the kernel would appear within the lines.
echo 1 >/proc/sys/kernel/printk
root=$(findmnt -nvro SOURCE /)
started=
for one in lvm localmount cronie dhcpcd sshd sysklogd; do
    ! rc-service --quiet --ifexists "$one" status || started="$started $one"
done
{
    echo
    echo "home: $(findmnt -nro SOURCE,FSTYPE /home), swap: $(swapon --noheadings --show=NAME | wc -l)"
    echo "name: $(cat /proc/sys/kernel/hostname), runlevel: $(rc-status --runlevel), started:$started."
    echo "gscript: init runs on $root ($(echo $(lsblk -nslo TYPE "$root")))"
} >/dev/console
sync
END
chmod 755 "$ROOT/usr/local/bin/says"
# The service of sys-fs/lvm2 activates what the initramfs has not: the recipe must install that package and enable it.
mkdir -p "$ROOT/var/standin/lvm2/etc/init.d"
cat >"$ROOT/var/standin/lvm2/etc/init.d/lvm" <<'END'
#!/sbin/openrc-run
depend() { before checkfs fsck; after modules device-mapper; }
start() { vgchange --sysinit -q -a ay; }
END
chmod 755 "$ROOT/var/standin/lvm2/etc/init.d/lvm"
