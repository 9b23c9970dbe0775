#!/bin/bash
# virtiofs.*: a root shared by virtiofsd in Rust, with the map of the guide.
#
# disks: none
# tier: make lab
# takes: 20 s
# needs: /usr/bin/qemu-system-x86_64
# needs: /usr/local/lib/gscript-virtiofsd/virtiofsd
. "${0%/*}/../lib/cases.sh"
. "$LAB/lib/target.sh"
VM=vm-rust
. "$LAB/lib/virtual.sh"
export PATH=/usr/local/lib/gscript-virtiofsd:$PATH
vm_own
vm_kernel
vm_root root

it 'the map of the guide fits virtiofsd in Rust'
says 'let d = virtiofs::daemon(); print(`${d.implementation} ${d.xattrmap}`);' 'rust :map::user.virtiofs.:'
do_ "$(machine '')"
vm_says $VM >rust.txt
must grep -q 'PROBE ok true' rust.txt
says 'print(qemu::stop("'$VM'"));' powerdown
vm_none_left
