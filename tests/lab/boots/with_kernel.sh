#!/bin/bash
# The root that boots, with another kernel as it is after it was built from sources.
#
#   with_kernel.sh FROM KERNEL TO    FROM: the tarball of the root; KERNEL: that of sources.sh; TO: the one that is written
set -euo pipefail

cp "$1" "$3"
tar -f "$3" --wildcards --delete './usr/lib/modules/*' './usr/src/*'
tree=$(mktemp -d)
trap 'rm -rf "$tree"' EXIT
tar -C "$tree" -xf "$2"
tar --numeric-owner --owner=0 --group=0 -C "$tree" -rf "$3" .
