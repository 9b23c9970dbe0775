#!/bin/bash
# bridge.at_boot: a bridge in the files of netifrc, NetworkManager and systemd-networkd, which sets it up.
#
# disks: none
# tier: make lab
# takes: 15 s
# needs: /lib/systemd/systemd-networkd
. "${0%/*}/../lib/cases.sh"
. "$LAB/lib/target.sh"

target /mnt/t
T=/mnt/t
mkdir -p $T/etc/init.d $T/etc/conf.d $T/etc/systemd
: >$T/etc/init.d/net.lo

# bridge OPTIONS: gives the system the bridge.
bridge() { same_again "bridge::at_boot(\"/mnt/t\", \"br-0\", #{ $1 });"; }
address='address: "192.0.2.10/24", gateway: "192.0.2.1", dns: ["192.0.2.1", "2001:db8::1"]'

it 'netifrc gets variables of the bridge and its ports'
printf '# mine\nconfig_lo="127.0.0.1/8"\nconfig_e0="dhcp"\n' >$T/etc/conf.d/net
bridge "$address, ports: [\"e0\", \"e1\"], manager: \"netifrc\""
must test "$(. $T/etc/conf.d/net; echo "$config_lo|$config_br_0|$bridge_br_0|$config_e0|$config_e1|$routes_br_0|$rc_net_br_0_need")" = \
    '127.0.0.1/8|192.0.2.10/24|e0 e1|null|null|default via 192.0.2.1|net.e0 net.e1'
for link in br-0 e0 e1; do must test "$(readlink $T/etc/init.d/net.$link)" = net.lo; done

it 'NetworkManager gets files that only root can read'
connections=$T/etc/NetworkManager/system-connections
mkdir -p $connections
bridge "$address, ports: [\"e0\"], manager: \"networkmanager\""
printf '%s\n' '[connection]' id=br-0 type=bridge interface-name=br-0 '' '[ipv4]' method=manual address1=192.0.2.10/24,192.0.2.1 \
    'dns=192.0.2.1;' '' '[ipv6]' method=auto 'dns=2001:db8::1;' | must cmp - $connections/br-0.nmconnection
must test "$(stat -c %a:%u $connections/br-0.nmconnection)" = 600:0
must grep -qx master=br-0 $connections/br-0-e0.nmconnection

it 'systemd-networkd sets up the bridge with its port'
bridge 'address: "192.0.2.10/24", gateway: "192.0.2.1", ports: ["e0"], manager: "networkd"'
cat >boot.sh <<END
mount -t tmpfs tmpfs /run
# Without udev, as in a container.
mount -t sysfs -o ro sysfs /sys
mkdir -p /run/systemd/network
cp $T/etc/systemd/network/* /run/systemd/network/
ip link add e0 type veth peer name far
ip link set far up
/lib/systemd/systemd-networkd &
for _ in \$(seq 100); do ip route show default dev br-0 | grep -q 192.0.2.1 && break; sleep 0.1; done
ip -brief address show dev br-0
ip -brief link show master br-0
kill \$!
wait
END
must unshare --net --mount --fork --kill-child bash boot.sh >networkd.txt 2>networkd.err
must grep -q '^br-0 .* 192.0.2.10/24' networkd.txt
must grep -q '^e0@far' networkd.txt

it 'settings that contradict each other are refused'
refused 'there is no address' 'bridge::at_boot("/mnt/t", "br0", #{ gateway: "192.0.2.1" });'
refused 'not in the network of' 'bridge::at_boot("/mnt/t", "br0", #{ gateway: "192.0.3.1", address: "192.0.2.10/24" });'
