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
/bin/busybox modprobe -a virtio_pci virtiofs evdev button
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
echo PROBE end
[ -e /deaf ] || acpid -f -l /run/acpid.log &
while :; do sleep 100; done
END
    printf '#!/bin/sh\npoweroff -f\n' >"$root/etc/acpi/PWRF/00000080"
    chmod 755 "$root/sbin/init" "$root/etc/acpi/PWRF/00000080"
}

# vm_says NAME: prints what a virtual machine has found out about its root, when it has.
vm_says() {
    local log=/var/lib/qemu/$1/console.log
    until grep -qa 'PROBE end\|no root\|Kernel panic' "$log"; do sleep 0.2; done
    tr -d '\r' <"$log" | grep -av '^\['
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
