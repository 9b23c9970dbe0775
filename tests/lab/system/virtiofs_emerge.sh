#!/bin/bash
# virtiofs.* and qemu.*: emerge in a virtual machine with its root on virtiofs: owners of links, a capability, an ACL, a device.
#
# disks: none
# tier: make lab
# takes: 70 s
# needs: /usr/bin/qemu-system-x86_64
# needs: /usr/lib/qemu/virtiofsd
# needs: /usr/local/lib/gscript-portage/bin/emerge
. "${0%/*}/../lib/cases.sh"
. "$LAB/lib/target.sh"
VM=vm-emerge
. "$LAB/lib/virtual.sh"
. "$LAB/lib/repository.sh"
vm_own
vm_kernel
vm_gentoo root

it 'emerge merges a package on virtiofs with owners, a capability, an ACL and a device'
do_ "$(machine '')"
vm_says $VM >emerge.txt
must grep -qx 'PROBE emerge 0' emerge.txt
must grep -qx 'PROBE hello, guest' emerge.txt
must grep -qx 'PROBE 65534 regular file 0:0' emerge.txt
must grep -qx 'PROBE 65534 symbolic link 0:0' emerge.txt
must grep -qx 'PROBE 0 character special file 1:3' emerge.txt
must grep -qx "PROBE security.capability $CAPABILITY" emerge.txt
must grep -qx "PROBE system.posix_acl_access $ACL" emerge.txt
must test "$(cat root/opt/hello/link | tail -n 1)" = 'echo hello, guest'
must test -d root/var/db/pkg/app-misc/hello-1
must test "$(stat -c '%u %F' root/opt/hello/link)" = '65534 symbolic link'
says 'print(qemu::stop("'$VM'"));' powerdown
vm_none_left
