# LXC as packaged by Debian, in this virtual machine only: its package would set up a bridge and services on the host.
# Guests are on a disk of their own, because an overlay cannot be mounted with mapped identifiers.

LXC=/usr/local/lib/gscript-lxc C=/sys/fs/cgroup
mountpoint -q $C || must mount -t cgroup2 cgroup2 $C
tar -C $LXC --exclude='./usr/share/doc' --exclude='./usr/share/man' -cf - usr etc | tar -xf - -C /
must mkfs.ext4 -q /dev/ubda
mkdir -p /var/lib/lxc
must mount /dev/ubda /var/lib/lxc
for file in /etc/subuid /etc/subgid; do echo root:100000:65536 >$file; done

# root_of NAME: makes the root of a guest: busybox, with an init that ends at the signal of lxc-stop.
root_of() {
    local root=/var/lib/lxc/$1/rootfs applet
    mkdir -p "$root"/{bin,dev,etc,proc,root,run,sbin,sys,tmp,var/cache/distfiles}
    cp "$(command -v busybox)" "$root/bin/busybox"
    for applet in cat chmod dd echo grep halt hostname id init ip ls mknod mkdir ping poweroff reboot seq sh sleep tail test touch true; do
        ln -s busybox "$root/bin/$applet"
    done
    ln -s ../bin/busybox "$root/sbin/init"
    printf '%s\n' ::respawn:/bin/sleep\ 100000 ::ctrlaltdel:/bin/poweroff >"$root/etc/inittab"
}

# inside NAME COMMAND: runs a command in a guest, past gscript. lxc-attach makes a terminal if any stream is one, and the program
# may then end with it.
inside() {
    local code=0
    lxc-attach -n "$1" --clear-env -v PATH=/bin:/sbin -- sh -c "$2" </dev/null >inside.out 2>inside.err || code=$?
    cat inside.out
    cat inside.err >&2
    return $code
}

# approved NAME RHAI: like do_, with the loss of the guest approved.
approved() {
    printf '%s\n' "$2" >"$OUT/do.rhai"
    must "$G" "$OUT/do.rhai" --yes --prove --journal /run/proved --destroy "$1"
    proved
}
