# Sourced by stage3.sh: systemd as the first process, with the units and rules of udev and LVM. When filesystems and
# services are active, one more service prints the device types below the root and other states, and powers the
# machine off.

. "$(dirname "$(readlink -f "${BASH_SOURCE[0]}")")/../lib/repository.sh"
[ -x /lib/systemd/systemd ] || { echo "there is no systemd (apt install systemd)" >&2; exit 1; }
USED=(systemd udev lvm2 dmsetup)
# Files and links are copied unmodified, to below /usr.
dpkg -L "${USED[@]}" | sort -u | grep -vE '^/usr/share/(doc|man|locale|lintian|bug|bash-completion|zsh)/|/hwdb' |
    while read -r file; do if [ -f "$file" ] || [ -L "$file" ]; then echo "${file#/}"; fi; done >"$ROOT/list"
tar -C / --no-recursion --transform 's,^\(lib\|bin\|sbin\)/,usr/\1/,S' -T "$ROOT/list" -cf - | tar -C "$ROOT" -xf -
sed 's,^,/,' "$ROOT/list" | xargs ldd 2>/dev/null | grep -oE '/[^ ]+ \(0x' | sed 's/ (0x$//' | sort -u >"$ROOT/libraries" || true
while read -r file; do put "$file"; done <"$ROOT/libraries"
rm "$ROOT/list" "$ROOT/libraries"
# As in a stage3, systemd has no cryptsetup until emerge rebuilds it with USE cryptsetup.
for file in usr/lib/systemd/{systemd-cryptsetup,system-generators/systemd-cryptsetup-generator}; do
    mkdir -p "$ROOT/var/standin/systemd/cryptsetup/${file%/*}"
    mv "$ROOT/$file" "$ROOT/var/standin/systemd/cryptsetup/$file"
done
# The modules of dracut that put systemd into the initramfs; the bootable root has none of them.
for file in /usr/lib/dracut/modules.d/*systemd*; do
    mkdir -p "$ROOT$file" && cp -a "$file/." "$ROOT$file/"
done
rm -r "$ROOT/etc/init.d" "$ROOT/etc/runlevels"
mkdir -p "$ROOT/usr/sbin" && ln -s ../lib/systemd/systemd "$ROOT/usr/sbin/init"
# Services that are useless without a login must not delay the boot.
for one in systemd-logind systemd-firstboot systemd-timesyncd networkd-dispatcher; do
    mkdir -p "$ROOT/etc/systemd/system" && ln -s /dev/null "$ROOT/etc/systemd/system/$one.service"
done
# Devices appear late where the emulated PC is slow: after 90 s systemd would give up.
mkdir -p "$ROOT/etc/systemd/system.conf.d"
printf '[Manager]\nDefaultTimeoutStartSec=1h\nDefaultDeviceTimeoutSec=1h\n' >"$ROOT/etc/systemd/system.conf.d/slow.conf"
cat >"$ROOT/usr/local/bin/says" <<'END'
#!/bin/sh
# Messages of the kernel would appear within the lines.
echo 1 >/proc/sys/kernel/printk
root=$(findmnt -nvro SOURCE /)
echo
echo "home: $(findmnt -nro SOURCE,FSTYPE /home), swap: $(swapon --noheadings --show=NAME | wc -l)"
echo "discards: $(dmsetup table --target crypt | grep -c allow_discards)"
echo "failed: $(systemctl --failed --no-legend --plain | cut -d' ' -f1 | tr '\n' ' ')."
echo "enabled:$(systemctl is-enabled cronie dhcpcd sshd | sort | uniq -c | tr -s ' \n' ' ')."
echo "active:$(systemctl is-active cronie dhcpcd sshd | sort | uniq -c | tr -s ' \n' ' ')."
echo "name: $(cat /proc/sys/kernel/hostname), zone: $(readlink /etc/localtime), id: $(wc -c </etc/machine-id)"
echo "gscript: init runs on $root ($(echo $(lsblk -nslo TYPE "$root")))"
sync
echo o >/proc/sysrq-trigger
END
chmod 755 "$ROOT/usr/local/bin/says"
cat >"$ROOT/etc/systemd/system/says.service" <<'END'
[Unit]
After=local-fs.target swap.target cronie.service dhcpcd.service sshd.service
Before=serial-getty@ttyS0.service
[Service]
Type=oneshot
ExecStart=/usr/local/bin/says
StandardOutput=tty
TTYPath=/dev/console
END
mkdir -p "$ROOT/etc/systemd/system/multi-user.target.wants"
ln -s ../says.service "$ROOT/etc/systemd/system/multi-user.target.wants/says.service"
