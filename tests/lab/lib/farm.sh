# A compile farm: nodes in network namespaces of their own, with a root and an sshd each. Uses target.sh.
#
# This machine, at 10.79.0.1, is the front end. Node N is at 10.79.0.1N, with its root at /mnt/nN. sshd and distcc come from
# packages that are unpacked but not installed.

FARM=/usr/local/lib/gscript-farm

# own_root ARGUMENTS…: continues the script in an overlay of this system, in which distcc and sshd are installed; nothing
# of it is left afterwards. The machine of a test that has been booted for it needs no such root.
own_root() {
    [ "${NAMESPACE-}" = own ] && [ -z "${OWN_ROOT-}" ] || return 0
    local at
    mount -t tmpfs tmpfs /mnt || exit 99
    mkdir /mnt/{layer,work,root,farm}
    cp -a $FARM/usr /mnt/farm
    mount -t overlay overlay -o lowerdir=/mnt/farm:/,upperdir=/mnt/layer,workdir=/mnt/work /mnt/root || exit 99
    for at in /proc /sys /dev "$PROJECT" "${G%/*}" "$OUT"; do
        mkdir -p "/mnt/root$at"
        mount --rbind "$at" "/mnt/root$at" || exit 99
    done
    # Not chroot: the kernel allows no user namespaces in it.
    cd /mnt/root && pivot_root . mnt && umount -l /mnt || exit 99
    OWN_ROOT=yes exec "$BASH" "$0" "$@"
}

# front_end: gives this machine a network of its own, distcc, and the accounts of distcc and Portage.
front_end() {
    if [ -z "${OWN_ROOT-}" ]; then
        [ "${NAMESPACE-}" != own ] || fail 'own_root must be called first: this is the root of the host'
        # The root of this machine is a layer already; those of the nodes are the last that the kernel allows on top.
        cp -a $FARM/usr/. /usr/
        own_accounts ''
    fi
    # A compiler that no node permits.
    ln -s /usr/bin/gcc /usr/local/bin/gcc-other
    must useradd --system --no-create-home --home-dir /dev/null --shell /bin/false distcc
    must groupadd -g 250 portage
    must useradd -u 250 -g portage -d /var/tmp/portage -s /bin/false portage
    must ip link set lo up
    must ip link add br0 type bridge
    must ip address add 10.79.0.1/24 dev br0
    must ip link set br0 up
}

# node N: makes a node with a new host key; its sshd is not started.
node() {
    local root=/mnt/n$1 name=n$1
    target "$root"
    mkdir -p "/run/layers$root/usr" "/run/layers$root/usr-work"
    must mount -t overlay overlay -o "lowerdir=/usr,upperdir=/run/layers$root/usr,workdir=/run/layers$root/usr-work" "$root/usr"
    must mount --rbind /dev "$root/dev"
    must mount -t proc proc "$root/proc"
    must mount -t tmpfs -o mode=755 tmpfs "$root/run"
    must mount -t tmpfs -o mode=1777 tmpfs "$root/tmp"
    mkdir -p "$root/run/sshd" "$root/etc/ssh/sshd_config.d"
    rm -f "$root"/etc/ssh/ssh_host_*
    must ssh-keygen -q -t ed25519 -N '' -f "$root/etc/ssh/ssh_host_ed25519_key"
    printf 'Include /etc/ssh/sshd_config.d/*.conf\nHostKey /etc/ssh/ssh_host_ed25519_key\nPasswordAuthentication no\n' >"$root/etc/ssh/sshd_config"
    chroot "$root" useradd --system --no-create-home --home-dir /run/sshd --shell /bin/false sshd
    # A root of its own has the accounts of the front end.
    chroot "$root" id -u distcc >/dev/null 2>&1 || must chroot "$root" useradd --system --no-create-home --home-dir /dev/null --shell /bin/false distcc
    must ip netns add "$name"
    must ip link add "v$name" type veth peer name eth0 netns "$name"
    must ip link set "v$name" master br0 up
    must ip -n "$name" address add "10.79.0.1$1/24" dev eth0
    must ip -n "$name" link set eth0 up
    must ip -n "$name" link set lo up
}

# sshd_start N: starts the sshd of a node, and waits until it listens.
sshd_start() {
    # Not chroot, as in own_root; and `ip netns` mounts a sysfs over the directory of the old root.
    must ip netns exec "n$1" sh -c 'cd "$0" && pivot_root . mnt && umount -l /mnt && exec /usr/sbin/sshd -E /run/sshd.log -o PidFile=/run/sshd.pid' "/mnt/n$1"
    until ip netns exec "n$1" ss -Hltn 'sport = :22' | grep -q .; do sleep 0.05; done
}

# in_node N COMMAND…: runs a command in the root and the network of a node whose sshd runs.
in_node() { nsenter --target "$(cat "/mnt/n$1/run/sshd.pid")" --mount --net --root --wd=/ "${@:2}"; }

# sshd_stop N: stops the sshd of a node with all of its connections.
sshd_stop() { ip netns pids "n$1" | xargs -r kill 2>/dev/null; }

# fingerprint N: prints the fingerprint of the host key of a node.
fingerprint() { ssh-keygen -l -f "/mnt/n$1/etc/ssh/ssh_host_ed25519_key.pub" | cut -d' ' -f2; }

# by_key N COMMAND…: runs a command on a node with the key of the front end.
by_key() { /etc/distcc/distcc-ssh "distcc@10.79.0.1$1" "${@:2}" </dev/null >by_key.out 2>&1; }

# compile N NAME COMPILER: compiles the file NAME.c on a node as Portage does, without the network.
compile() {
    [ -e "/var/tmp/portage/$2.c" ] || echo 'int x(void) { return 0; }' >"/var/tmp/portage/$2.c"
    rm -rf /var/tmp/portage/.distcc
    install -d -o portage -g portage /var/tmp/portage/.distcc
    unshare --net setpriv --reuid=portage --regid=portage --clear-groups env -C /var/tmp/portage PATH="$PATH" DISTCC_DIR=/var/tmp/portage/.distcc \
        DISTCC_FALLBACK=0 DISTCC_SKIP_LOCAL_RETRY=1 DISTCC_SSH=/etc/distcc/distcc-ssh DISTCC_HOSTS="distcc@10.79.0.1$1/2" \
        distcc "$3" -c "$2.c" -o "$2.o" >"$2.out" 2>&1
}

# compiled N: prints how many files a node has compiled.
compiled() { grep -c COMPILE_OK "/mnt/n$1/var/log/distcc/distccd.log" 2>/dev/null || true; }

# greedy_compilers N: replaces the compilers of a node with some that need too much where the file that they compile asks for it, and writes
# these files: hungry.c, forks.c and waits.c.
greedy_compilers() {
    local name real target
    target=$(gcc -dumpmachine)
    real=$(readlink -f /usr/bin/gcc)
    for name in gcc "$target-gcc"; do
        rm "/mnt/n$1/usr/bin/$name"
        cat >"/mnt/n$1/usr/bin/$name" <<END
#!/bin/bash
if grep -qs 'int hungry' -- "\$@"; then exec python3 -c 'bytearray(b"x") * (256 << 20)'; fi
if grep -qs 'int forks' -- "\$@"; then exec python3 /usr/bin/forks; fi
if grep -qs 'int waits' -- "\$@"; then exec sleep 100000; fi
exec $real "\$@"
END
        chmod 755 "/mnt/n$1/usr/bin/$name"
    done
    cat >"/mnt/n$1/usr/bin/forks" <<'END'
import os, sys, time
try:
    while True:
        if os.fork() == 0: time.sleep(100000)
except BlockingIOError as error: sys.exit(f"no more processes: {error.strerror}")
END
    install -d -o portage -g portage /var/tmp/portage
    for name in hungry forks waits; do echo "int $name(void) { return 0; }" >/var/tmp/portage/$name.c; done
}
