#!/bin/bash
# Overwrites the header of the container with zeros and restores it from its backup on the stick.
. "${0%/*}/../lib/cases.sh"
. "$LAB/lib/boots.sh"

must cryptsetup isLuks /dev/ubda3
must dd if=/dev/zero of=/dev/ubda3 bs=1M count=16 conv=fsync 2>/dev/null
must_not cryptsetup isLuks /dev/ubda3
do_ 'mount::mount("/dev/ubdb1", "/mnt/key", #{ options: "umask=0077" });
    luks::restore_header("/dev/ubda3", "/mnt/key/root.header");
    mount::unmount("/mnt/key");'
nothing_left
