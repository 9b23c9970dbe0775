# Guests of User Mode Linux with a root of busybox. Uses target.sh. Their directories are in /run, which only this script sees; their
# processes are visible everywhere, so the name of the directory is unique.

U=/run/u$$ NOBODY=$(id -u nobody)
if [ "$(stat -c %a /dev/net/tun)" != 666 ]; then
    # Only root may open it on this machine.
    mknod -m 666 "$OUT/tun" c 10 200 && mount --bind "$OUT/tun" /dev/net/tun || fail 'no /dev/net/tun for users'
fi
mkdir -p $U/{one,two} /run/tmp /run/tree/{bin,dev,etc,proc,sbin}
chmod 1777 /run/tmp
chown -R nobody $U
cp "$(command -v busybox)" /run/tree/bin/busybox
for applet in cat echo grep halt ip mount ping umount sed sh sleep sync; do ln -s busybox "/run/tree/bin/$applet"; done
ln -s ../bin/busybox /run/tree/sbin/init
printf '%s\n' ::sysinit:/bin/begin '::ctrlaltdel:/bin/echo shutting down' '::ctrlaltdel:/bin/halt' \
    '::shutdown:/bin/umount -a -r' tty1::respawn:/bin/sh >/run/tree/etc/inittab
cat >/run/tree/bin/begin <<'END'
#!/bin/sh
mount -t proc proc /proc
# Messages of the kernel would appear within the lines.
echo 1 >/proc/sys/kernel/printk
mount -t devtmpfs dev /dev
cat /proc/partitions
address=$(sed -n 's/.*address=\([^ ]*\).*/\1/p' /proc/cmdline)
peer=$(sed -n 's/.*peer=\([^ ]*\).*/\1/p' /proc/cmdline)
[ -n "$peer" ] || exit 0
ip address add "$address/24" dev vec0
ip link set vec0 up
until ping -c 1 -w 2 "$peer" >/dev/null; do sleep 0.2; done
echo peer answers
END
cat >/run/tree/bin/stubborn <<'END'
#!/bin/sh
trap '' INT
mount -t proc proc /proc
echo 1 >/proc/sys/kernel/printk
echo 0 >/proc/sys/kernel/ctrl-alt-del
echo stubborn
while :; do sleep 1; done
END
grep -v ctrl-alt-del /run/tree/bin/stubborn >/run/tree/bin/early
chmod 755 /run/tree/bin/{begin,early,stubborn}

# running NAME: whether the kernel of a guest runs.
running() { pgrep -f "umid=$1 uml_dir=$U/$1/run" >/dev/null; }

# pid NAME: prints the number of the process of its kernel.
pid() { pgrep -o -f "umid=$1 uml_dir=$U/$1/run"; }

# console NAME TEXT: waits for a text on the console of a guest.
console() {
    until grep -q "$2" "$U/$1/console.log"; do
        running "$1" || fail "guest $1 has ended: $(tail -n 3 "$U/$1/console.log")"
        sleep 0.1
    done
}

# kill_guests: ends the guests that a failed case has left.
kill_guests() {
    local pid
    for pid in $(pgrep -f "uml_dir=$U/"); do kill -9 "$pid"; done
} 2>/dev/null
