# A compile farm: nodes in network namespaces of their own, with a root and an sshd each. Uses target.sh.
#
# This machine, at 10.79.0.1, is the front end. Node N is at 10.79.0.1N, with its root at /mnt/nN. sshd and distcc come from
# packages that are unpacked but not installed.

FARM=/usr/local/lib/gscript-farm

# front_end: gives this machine a network of its own, distcc, and the accounts of distcc and Portage; nothing of it is left
# after the script.
front_end() {
    # On a shared host, changes must be visible only in this namespace.
    if [ "${NAMESPACE-}" = own ]; then
        mkdir -p /run/own/upper /run/own/work
        must mount -t overlay overlay -o lowerdir=/etc,upperdir=/run/own/upper,workdir=/run/own/work /etc
        must mount -t tmpfs tmpfs /var/tmp
    fi
    # A layer must not be inside of another one.
    cp -a $FARM/usr /run/farm
    # A compiler that no node permits.
    ln -s gcc /run/farm/bin/gcc-other
    must mount -t overlay overlay -o lowerdir=/run/farm:/usr /usr
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
    chroot "$root" useradd --system --no-create-home --home-dir /dev/null --shell /bin/false distcc || fail
    must ip netns add "$name"
    must ip link add "v$name" type veth peer name eth0 netns "$name"
    must ip link set "v$name" master br0 up
    must ip -n "$name" address add "10.79.0.1$1/24" dev eth0
    must ip -n "$name" link set eth0 up
    must ip -n "$name" link set lo up
}

# sshd_start N: starts the sshd of a node, and waits until it listens.
sshd_start() {
    must ip netns exec "n$1" chroot "/mnt/n$1" /usr/sbin/sshd -E "/run/sshd.log" -o PidFile=/run/sshd.pid
    until ip netns exec "n$1" ss -Hltn 'sport = :22' | grep -q .; do sleep 0.05; done
}

# sshd_stop N: stops the sshd of a node with all of its connections.
sshd_stop() { ip netns pids "n$1" | xargs -r kill 2>/dev/null; }

# fingerprint N: prints the fingerprint of the host key of a node.
fingerprint() { ssh-keygen -l -f "/mnt/n$1/etc/ssh/ssh_host_ed25519_key.pub" | cut -d' ' -f2; }

# compiled N: prints how many files a node has compiled.
compiled() { grep -c COMPILE_OK "/mnt/n$1/var/log/distcc/distccd.log" 2>/dev/null || true; }
