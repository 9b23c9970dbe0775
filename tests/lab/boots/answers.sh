#!/bin/bash
# Installs the latest stage3 of a mirror, with nothing but an answers file, which is planned first.
. "${0%/*}/../lib/cases.sh"
. "$LAB/lib/boots.sh"
. "$LAB/lib/mirror.sh"

must modprobe loop max_part=8
must ip link set lo up
DISK=$(losetup --find --show --partscan /dev/ubda)
release_keys
publish openrc 20260614T164557Z stage3.tar.xz
start_mirror

"$G" answers gentoo --set layout=simple-efi --set disk="$DISK" --set mirror="$URL" --set stage3_keys="$OUT/good.asc" \
    --set repository=there --set hostname=box --set jobs=2 --set serial=ttyS0 >machine.toml || fail
sed -i "s|^#root_password = .*|root_password = { file = \"$OUT/root_password\" }|" machine.toml

"$G" plan gentoo --answers machine.toml >plan.out 2>plan.err || fail
must grep -qF "uses the network ($URL)" plan.out
must grep -qF 'stage3-amd64-openrc-<date>.tar.xz' plan.out
must grep -qF "GENTOO_MIRRORS=\"$URL\"" plan.out
must_not blkid -p "$DISK"

"$G" gentoo --answers machine.toml --yes --destroy "$DISK" --journal "$RUNS" >install.out 2>install.err || fail
must grep -q '^Done: ' install.err
must test "$(asked 'GET.*Z.tar.xz ')" = 1
must_not grep -rq 'an otter' "$RUNS" install.out install.err plan.out
stop_mirror
must losetup -d "$DISK"
nothing_left
