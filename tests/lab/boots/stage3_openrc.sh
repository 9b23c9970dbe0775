# Sourced by stage3.sh: sysvinit and OpenRC as the first process, as in a stage3 of Gentoo. Debian's OpenRC has no init
# scripts of its own; those here have the names of Gentoo's. When all services are started, one more reports the device types
# below the root and other states, and powers the machine off.

cache=$(dirname "$FROM")
if ! ls "$cache"/sysvinit-core_*.deb >/dev/null 2>&1; then
    (cd "$cache" && apt-get -qq download sysvinit-core >&2 2>&1) || { echo "the package sysvinit-core can't be downloaded (apt-get update)" >&2; exit 1; }
fi
dpkg-deb -x "$cache"/sysvinit-core_*.deb "$ROOT/deb"
mkdir -p "$ROOT/usr/sbin"
install -m 755 "$ROOT/deb/sbin/init" "$ROOT/usr/sbin/init"
put /sbin/openrc /sbin/rc-service /bin/rc-status /etc/rc.conf
{ ldd "$ROOT/usr/sbin/init" /sbin/openrc /bin/rc-status || true; } | grep -oE '/[^ ]+ \(0x' | sed 's/ (0x$//' | sort -u >"$ROOT/libraries"
while read -r file; do put "$file"; done <"$ROOT/libraries"
rm -r "$ROOT/libraries" "$ROOT/deb"

printf 'id:3:initdefault:\nsi::sysinit:/sbin/openrc sysinit\nrc::bootwait:/sbin/openrc boot\nl3:3:wait:/sbin/openrc default\n' >"$ROOT/etc/inittab"
printf '# SERIAL CONSOLES\n#s0:12345:respawn:/sbin/agetty -L 9600 ttyS0 vt100\n' >>"$ROOT/etc/inittab"

# script NAME RUNLEVEL <<END: makes an init script with this content, in this runlevel.
script() {
    { echo '#!/sbin/openrc-run'; cat; } >"$ROOT/etc/init.d/$1"
    chmod 755 "$ROOT/etc/init.d/$1"
    ln -s "/etc/init.d/$1" "$ROOT/etc/runlevels/$2/$1"
}
script root boot <<'END'
start() { mount -o remount,rw /; }
END
script localmount boot <<'END'
depend() { need root; after lvm; }
start() { mount -a; }
END
script swap boot <<'END'
depend() { before localmount; }
start() { swapon -a; }
END
script hostname boot <<'END'
start() { busybox hostname "$hostname"; }
END
script says default <<'END'
depend() { need localmount; after '*'; }
start() {
    local root=$(findmnt -nvro SOURCE /) started=
    for one in lvm cronie dhcpcd sshd sysklogd; do ! rc-service "$one" status >/dev/null || started="$started $one"; done
    {
        echo
        echo "home: $(findmnt -nro SOURCE,FSTYPE /home), swap: $(swapon --noheadings --show=NAME | wc -l)"
        echo "name: $(cat /proc/sys/kernel/hostname), started:$started."
        echo "gscript: init runs on $root ($(echo $(lsblk -nslo TYPE "$root")))"
    } >/dev/console
    sync
    echo o >/proc/sysrq-trigger
}
END
