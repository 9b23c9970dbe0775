#!/bin/bash
# virtiofs.* and qemu.*: a virtual machine with its root on virtiofs, its rights, maps that break it, ways to stop it, failures.
#
# disks: none
# tier: make lab
# takes: 60 s
# needs: /usr/bin/qemu-system-x86_64
# needs: /usr/lib/qemu/virtiofsd
. "${0%/*}/../lib/cases.sh"
. "$LAB/lib/target.sh"
. "$LAB/lib/virtual.sh"
vm_own

vm_kernel
vm_root root

it 'what cannot work is refused before anything is started'
refused 'directory / must not be shared' 'virtiofs::share("/", "/run/a.sock");'
ln -s / slash
refused 'directory / must not be shared' "virtiofs::share(\"$OUT/slash\", \"/run/a.sock\");"
mkdir -p fat ram && must mount -t ramfs ramfs ram
refused 'filesystem ramfs has no owners and extended attributes' "virtiofs::share(\"$OUT/ram\", \"/run/a.sock\");"
must umount ram
refused "no virtiofsd serves the share fs ($S)" "qemu::start(\"vm\", #{ shares: #{ fs: \"$S\" } });"
refused 'kernel /boot/none does not exist' 'qemu::start("vm", #{ kernel: "/boot/none" });'
refused 'is a device of this machine' 'qemu::start("vm", #{ disks: ["/dev/null"] });'
vm_none_left

it 'a directory of this machine is probed'
mkdir -p probed
do_ "if !virtiofs::probe(\"$OUT/probed\").ok { throw \"not ok\"; }"
must test -z "$(ls -A probed)"

it 'a failed start leaves nothing'
fails 'virtiofsd failed: exit code 1' "virtiofs::share(\"$OUT/root\", \"$S\", #{ xattrmap: \":bad\" });"
must_not test -e "$S"
# More memory than any machine has: memfd_create(2) works, and mapping it does not.
fails 'Cannot allocate memory' "$(machine '' | sed 's/512M/900000G/')"
vm_none_left
mkdir without
printf '#include <errno.h>\nint memfd_create(const char *name, unsigned flags) { errno = ENOSYS; return -1; }\n' >without/memfd.c
must cc -shared -fPIC -o without/memfd.so without/memfd.c
printf '#!/bin/sh\nLD_PRELOAD=%s exec /usr/bin/qemu-system-x86_64 "$@"\n' "$OUT/without/memfd.so" >without/qemu-system-x86_64
chmod 755 without/qemu-system-x86_64
PATH=$OUT/without:$PATH fails 'invalid object type: memory-backend-memfd' "$(machine '')"
must grep -q 'help: .*CONFIG_MEMFD_CREATE' fails.out
must_not test -e "$S"
vm_none_left

it 'a root on virtiofs can do what Gentoo needs'
do_ "$(machine '')"
vm_says vm >good.txt
must grep -q 'PROBE ok true' good.txt
must test "$(stat -c '%U' root/tmp)" = root
pid=$(cat /var/lib/qemu/vm/qemu.pid)
must grep -q '^NoNewPrivs:.*1$' "/proc/$pid/status"
must grep -q '^Seccomp:.*2$' "/proc/$pid/status"
same_machine=$(machine '')
says "$same_machine print(qemu::info(\"vm\").state);" '
running'

it 'a virtual machine shuts down when its power button is pressed, and its share ends'
says 'print(qemu::stop("vm")); print(qemu::info("vm").state);' 'powerdown
stopped'
vm_none_left

it 'a virtual machine of an ordinary user has a share'
# The directory of this script is not readable for others.
mkdir -p /run/vm && cp vmlinuz initramfs.img /run/vm
of_user() {
    echo "let socket = virtiofs::share(\"$OUT/root\", \"/run/vm/fs.sock\", #{ cache: \"always\", $1 });
        qemu::start(\"vm\", #{ kernel: \"/run/vm/vmlinuz\", initrd: \"/run/vm/initramfs.img\", append: \"console=ttyS0 panic=-1 of=$OUT\",
            memory: \"512M\", shares: #{ fs: socket }, user: \"nobody\" });"
}
refused 'does not belong to user nobody' "$(of_user '')"
rm -r /var/lib/qemu/vm
fails 'Permission denied' "$(of_user '')"
vm_none_left
do_ "$(of_user 'group: "nogroup"')"
vm_says vm >user.txt
must grep -q 'PROBE ok true' user.txt
must test "$(stat -c %U "/proc/$(cat /var/lib/qemu/vm/qemu.pid)" /var/lib/qemu/vm /var/lib/qemu/vm/console.log | uniq)" = nobody
says 'print(qemu::stop("vm"));' powerdown
vm_none_left
fails '/var/lib/qemu/vm belongs to another user' "qemu::start(\"vm\", #{ kernel: \"$OUT/vmlinuz\" });"
refused 'there is no user none' 'qemu::start("new", #{ user: "none" });'
rm -r /var/lib/qemu/vm

it 'the map of the guide breaks changes of owner with virtiofsd in C, and the probe tells why'
: >root/deaf
do_ "$(machine 'xattrmap: ":map::user.virtiofs.:"')"
vm_says vm >bad.txt
must grep -q 'PROBE ok false' bad.txt
must grep -q 'PROBE cause no file changes its owner: virtiofsd in C' bad.txt
fails 'timed out after 1 s waiting for the shutdown' 'qemu::stop("vm", #{ timeout: 1 });'
approved 'print(qemu::stop("vm", #{ timeout: 1, kill: true }));'
must grep -q '"text":"quit"' approved.json
vm_none_left

it 'a virtual machine whose monitor hangs is killed after approval only'
do_ "$(machine '')"
kill -STOP "$(cat /var/lib/qemu/vm/qemu.pid)"
fails 'monitor: timed out' 'qemu::stop("vm", #{ timeout: 1 });'
must grep -q 'help: .*kill: true' fails.out
approved 'print(qemu::stop("vm", #{ timeout: 1, kill: true }));'
must grep -q '"text":"kill"' approved.json
vm_none_left

it 'a run that fails or is killed leaves nothing'
fails 'timed out after 1 s waiting for the shutdown' "$(machine '') qemu::stop(\"vm\", #{ timeout: 1 });"
vm_none_left
machine '' >killed.rhai
"$G" killed.rhai --yes --journal /run/killed >killed.out 2>killed.err </dev/null &
PID=$!
until [ -S "$S" ]; do sleep 0.01; done
kill -9 $PID
wait $PID 2>/dev/null
must "$G" release --yes "$(echo /run/killed/*/journal.jsonl)" 2>release.err
vm_none_left
must_not test -e "$S"

it 'virtiofsd that has died is noticed'
do_ "virtiofs::share(\"$OUT/root\", \"$S\");"
for process in $(vm_processes); do kill -9 "$process"; done
refused 'no virtiofsd serves the share' "qemu::start(\"vm\", #{ kernel: \"$OUT/vmlinuz\", shares: #{ fs: \"$S\" } });"
# A socket that nothing serves is replaced.
do_ "virtiofs::share(\"$OUT/root\", \"$S\");"
vm_all_end

it 'a share for libvirt is added to a description, and nothing else changes'
printf '%s\n' "<domain type='kvm'>" '  <!-- mine -->' '  <name>web</name>' '	<devices>' "    <disk type='file'/>" '	</devices>' '</domain>' >web.xml
cp web.xml before.xml
do_ "libvirt::domain_xml(\"$OUT/web.xml\", \"$OUT/root\", \"fs\", #{ cache: \"always\" });"
diff before.xml web.xml >changes.txt
must_not grep -q '^<' changes.txt
must grep -q '<binary xattr="on">' changes.txt
must python3 -c 'import sys, xml.dom.minidom as m; m.parse("web.xml")'
same_again "libvirt::domain_xml(\"$OUT/web.xml\", \"$OUT/root\", \"fs\", #{ cache: \"always\" });"

it 'the map fits virtiofsd in C'
says 'let d = virtiofs::daemon(); print(`${d.implementation} ${d.xattrmap}`);' 'c :map:trusted.:user.virtiofs.:'
