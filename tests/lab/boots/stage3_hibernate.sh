# Sourced by stage3.sh: a first process that hibernates. What it has in memory tells whether the next boot resumes it.

mkdir -p "$ROOT/usr/sbin"
cat >"$ROOT/usr/sbin/init" <<'INIT'
#!/bin/sh
PATH=/usr/sbin:/usr/bin:/sbin:/bin
mountpoint -q /proc || mount -t proc proc /proc
mountpoint -q /sys || mount -t sysfs sysfs /sys
mountpoint -q /dev || mount -t devtmpfs dev /dev
boot=$(cat /proc/sys/kernel/random/boot_id)
swapon -a
# The messages of the kernel would hide the identifier: only the last lines of a machine that ends are kept.
echo 1 >/proc/sys/kernel/printk
echo
echo "hibernates as $boot, in the mode $(cat /sys/power/disk)"
echo disk >/sys/power/state || echo "failed to hibernate: $(free -m)"
root=$(findmnt -nvro SOURCE /)
echo
echo "awake as $boot"
echo "gscript: init runs on $root ($(echo $(lsblk -nslo TYPE "$root")))"
sync
echo o >/proc/sysrq-trigger
read -r _
INIT
chmod 755 "$ROOT/usr/sbin/init"
