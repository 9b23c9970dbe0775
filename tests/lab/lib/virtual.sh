# A root for virtual machines that boot from virtiofs, in QEMU: the kernel is that of Debian for clouds.

# vm_kernel: makes the kernel `$OUT/vmlinuz`, and the initramfs `$OUT/initramfs.img`, which mounts the share `fs` as its root.
vm_kernel() {
    local tarball modules=initramfs/lib/modules
    tarball=$(bash "$LAB/boots/second_kernel.sh" "$PROJECT/target/gscript" 2>kernel.err) || fail "no kernel: $(cat kernel.err)"
    mkdir -p kernel initramfs/{bin,dev,proc,root,lib}
    must tar -C kernel -xf "$tarball"
    mv kernel/usr/src/linux-*/arch/x86/boot/bzImage vmlinuz
    mv kernel/usr/lib/modules initramfs/lib
    must depmod -b initramfs "$(basename $modules/*)"
    cp "$(command -v busybox)" initramfs/bin
    cat >initramfs/init <<'END'
#!/bin/busybox sh
/bin/busybox mount -t proc proc /proc
/bin/busybox mount -t devtmpfs dev /dev
/bin/busybox modprobe -a virtio_pci virtio_blk ext4 virtiofs evdev button
# Messages of the kernel would appear within the lines of init.
echo 1 >/proc/sys/kernel/printk
/bin/busybox mount -t virtiofs fs /root && exec /bin/busybox switch_root /root /sbin/init
echo 'no root'
/bin/busybox poweroff -f
END
    chmod 755 initramfs/init
    (cd initramfs && find . | cpio --quiet -o -H newc | gzip -1) >initramfs.img
}

# vm_root DIRECTORY: makes a root with busybox, gscript and the programs with which it looks at a machine. Its init tries what the root
# can do, and shuts down when the power button is pressed, unless the file /deaf exists.
vm_root() {
    local root=$1 program library
    mkdir -p "$root"/{bin,dev,etc/acpi/PWRF,lib64,proc,root,run,sbin,sys,tmp,usr/lib}
    cp "$(command -v busybox)" "$root/bin/busybox"
    for program in mount sh cat acpid sleep poweroff; do ln -s busybox "$root/bin/$program"; done
    strip -o "$root/bin/gscript" "$PROGRAM"
    cp "$(command -v lsblk)" "$(command -v blkid)" "$root/bin"
    ldd "$root"/bin/{gscript,lsblk,blkid} | grep -o '/[^ ]*' | grep -v ':$' | sort -u |
        while read -r library; do mkdir -p "$root${library%/*}" && cp -L "$library" "$root$library"; done
    cat >"$root/probe.rhai" <<'END'
let found = virtiofs::probe("/tmp");
print(`PROBE ok ${found.ok}`);
for cause in found.causes { print(`PROBE cause ${cause}`); }
print(`PROBE ${found.results}`);
END
    cat >"$root/sbin/init" <<'END'
#!/bin/sh
export PATH=/bin GSCRIPT_STATE=/run/state
mount -t proc proc /proc
mount -t sysfs sysfs /sys
mount -t devtmpfs dev /dev
mount -t tmpfs tmpfs /run
gscript /probe.rhai --yes </dev/null 2>&1
if [ ! -e /deaf ]; then
    acpid -f -l /run/acpid.log &
    # Events from before it reads the device are lost.
    until busybox ls -l /proc/$!/fd | busybox grep -q /dev/input; do sleep 0.1; done
fi
echo PROBE end
while :; do sleep 100; done
END
    printf '#!/bin/sh\npoweroff -f\n' >"$root/etc/acpi/PWRF/00000080"
    chmod 755 "$root/sbin/init" "$root/etc/acpi/PWRF/00000080"
}

# vm_gentoo DIRECTORY: makes a root with Portage and a package. Its /usr is that of this machine. Its init merges the package, prints what it finds
# of it, and shuts down when the power button is pressed. Sourced after repository.sh.
CAPABILITY=0100000200200000000000000000000000000000
ACL=0200000001000700ffffffff02000500fa00000004000500ffffffff10000500ffffffff20000500ffffffff
vm_gentoo() {
    local root=$1 one
    mkdir -p "$root"/{dev,home,mnt,opt/bin,proc,root,run,sbin,share,sys,tmp,usr,var/{cache/distfiles,db,lib,log,tmp}} "$root/etc/portage" "$root/etc/acpi/PWRF"
    chmod 1777 "$root"/{tmp,var/tmp}
    must mount --bind /usr "$root/usr"
    must mount -o remount,bind,ro "$root/usr"
    for one in bin lib lib64; do ln -s usr/$one "$root/$one"; done
    for one in /usr/sbin/*; do ln -s "..$one" "$root/sbin/"; done
    rm -f "$root"/sbin/init
    ln -s $PYPI/share/portage "$root/share/portage"
    printf '#!/bin/sh\nPORTAGE_OVERRIDE_EPREFIX= exec %s "$@"\n' $PYPI/bin/emerge >"$root/opt/bin/emerge"
    ln -s /usr/bin/busybox "$root/opt/bin/acpid"
    ln -s /usr/bin/busybox "$root/opt/bin/poweroff"
    echo 'ID=gentoo' >"$root/etc/os-release"
    printf '%s\n' root:x:0:0:root:/root:/bin/bash nobody:x:65534:65534::/:/bin/false \
        portage:x:250:250:portage:/var/tmp/portage:/bin/false >"$root/etc/passwd"
    printf '%s\n' root:x:0: tty:x:5: portage:x:250:portage nogroup:x:65534: >"$root/etc/group"
    own_accounts "$root"
    cp /etc/ld.so.cache "$root/etc/"
    cp -a /etc/alternatives "$root/etc/"

    R=$root/var/db/repos/gentoo
    repository default/linux/test
    use_repository "$root"
    ln -s ../../var/db/repos/gentoo/profiles/default/linux/test "$root/etc/portage/make.profile"
    printf '%s\nACCEPT_LICENSE="GPL-2"\n' "$WITHOUT" >"$root/etc/portage/make.conf"
    package app-misc/hello 1 amd64 <<END
src_install() {
    exeinto /opt/hello
    newexe - hello <<<\$'#!/bin/sh\necho hello, guest'
    dosym hello /opt/hello/link
    fowners nobody /opt/hello/hello
    fowners -h nobody /opt/hello/link
    mknod "\${D}/opt/hello/null" c 1 3 || die
}
pkg_postinst() {
    /usr/bin/python3 -c 'import os, sys
os.setxattr(sys.argv[1], "security.capability", bytes.fromhex("$CAPABILITY"))
os.setxattr(sys.argv[1], "system.posix_acl_access", bytes.fromhex("$ACL"))' "\${EROOT}/opt/hello/hello" || die
}
END
    cat >"$root/found.py" <<'END'
import os, stat
for name in ["security.capability", "system.posix_acl_access"]:
    print("PROBE", name, os.getxattr("/opt/hello/hello", name).hex())
END
    cat >"$root/sbin/init" <<'END'
#!/bin/sh
export PATH=/opt/bin:/usr/sbin:/usr/bin HOME=/root LC_ALL=C
mount -t proc proc /proc
mount -t sysfs sysfs /sys
mount -t devtmpfs dev /dev
mkdir /dev/pts
mount -t devpts devpts /dev/pts
mount -t tmpfs tmpfs /run
ln -s /proc/self/fd /dev/fd
since=$(cut -d' ' -f1 /proc/uptime)
emerge --oneshot --quiet app-misc/hello </dev/null >/var/log/emerge.out 2>&1
echo PROBE emerge $?
tail -n 20 /var/log/emerge.out
echo "TIME $since $(cut -d' ' -f1 /proc/uptime)"
echo "PROBE $(/opt/hello/link)"
for file in hello link null; do stat -c 'PROBE %u %F %t:%T' /opt/hello/$file; done
/usr/bin/python3 /found.py 2>&1
acpid -f -l /run/acpid.log &
until ls -l /proc/$!/fd | grep -q /dev/input; do sleep 0.1; done
echo PROBE end
while :; do sleep 100; done
END
    printf '#!/bin/sh\n/opt/bin/poweroff -f\n' >"$root/etc/acpi/PWRF/00000080"
    chmod 755 "$root"/opt/bin/emerge "$root/sbin/init" "$root/etc/acpi/PWRF/00000080"
}

# The name of the virtual machine: processes of scripts that run side by side are visible to each of them.
VM=${VM:-vm}

# vm_says NAME: prints what a virtual machine has found out about its root, when it has.
vm_says() {
    local log=/var/lib/qemu/$1/console.log
    until grep -qa 'PROBE end\|no root\|Kernel panic' "$log"; do sleep 0.2; done
    tr -d '\r' <"$log" | grep -av '^\['
}

# machine OPTIONS: prints calls that boot $OUT/root with these options of virtiofs.share.
S=$OUT/fs.sock
machine() {
    echo "let socket = virtiofs::share(\"$OUT/root\", \"$S\", #{ cache: \"always\", $1 });
        print(qemu::start(\"$VM\", #{ kernel: \"$OUT/vmlinuz\", initrd: \"$OUT/initramfs.img\", append: \"console=ttyS0 panic=-1\",
            memory: \"512M\", shares: #{ fs: socket } }));"
}

# approved RHAI: like do_, with the loss of the virtual machine approved.
approved() {
    printf '%s\n' "$1" >do.rhai
    must "$G" do.rhai --yes --prove --json --journal /run/proved --destroy "$VM" >approved.json
    proved
}

# vm_own: gives the script a directory of virtual machines of its own, and ends all of them with it.
vm_own() {
    mkdir -p /var/lib/qemu && must mount -t tmpfs tmpfs /var/lib/qemu
    trap 'code=$?; vm_all_end; (exit $code); finish' EXIT
}

# vm_processes: prints the numbers of the processes of virtual machines and shares of this script.
vm_processes() {
    local line
    for line in /proc/[0-9]*/cmdline; do
        tr '\0' ' ' <"$line" | grep -q "^[^ ]*\(qemu-system-x86_64\|virtiofsd\) .*$OUT" && basename "${line%/cmdline}"
    done 2>/dev/null
}

vm_all_end() {
    local process
    for process in $(vm_processes); do kill -9 "$process" 2>/dev/null; done
}

# vm_none_left: waits until no process of this script runs.
vm_none_left() {
    for _ in $(seq 100); do
        [ -n "$(vm_processes)" ] || return 0
        sleep 0.1
    done
    fail "still there: $(ps -o args= -p "$(vm_processes | paste -sd,)")"
}
