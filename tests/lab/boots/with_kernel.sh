#!/bin/bash
# Replaces the kernel of the bootable root by the one built from sources.
#
#   with_kernel.sh FROM KERNEL TO    FROM: tarball of the root; KERNEL: tarball of sources.sh; TO: new tarball
set -euo pipefail

cp "$1" "$3"
tar -f "$3" --wildcards --delete './usr/lib/modules/*' './usr/src/*'
tree=$(mktemp -d)
trap 'rm -rf "$tree"' EXIT
tar -C "$tree" -xf "$2"
tar --numeric-owner --owner=0 --group=0 -C "$tree" -rf "$3" .
