# Runs a malicious recipe as root with mounts, processes, network and /dev of its own.
# Usage: sandbox.sh EXCHANGE PROGRAM. In EXCHANGE are tree/ (files below /tmp, /mnt, /run, /root), prepare and afterwards
# (shell commands), and words (NUL after each). The script writes there: before, after (all files that differ from the
# host), mounts.before, mounts.after,
# processes, prepared, afterwards.output and code.
set -eu
exchange=$1 program=$2
stage=/mnt
mount -t tmpfs -o mode=755 tmpfs $stage
mkdir $stage/upper $stage/work $stage/root $stage/hidden
mkdir -p $stage/upper/{tmp/case/{here,home,outside},mnt/{gentoo,t},run/bed/old,root}
chmod 1777 $stage/upper/tmp
cp -a "$exchange"/tree/. $stage/upper/
# These directories are empty at the start: a whiteout hides their contents on the host.
for at in tmp mnt run root; do mknod $stage/hidden/$at c 0 0; done
root=$stage/root
mount -t overlay -o lowerdir=$stage/hidden:/,upperdir=$stage/upper,workdir=$stage/work overlay $root
# Filesystems mounted below / on the host are not part of the overlay.
for at in usr etc var opt bin sbin lib lib64; do
    if mountpoint -q /$at; then mount --bind /$at $root/$at && mount -o remount,bind,ro $root/$at; fi
done
mount -t proc proc $root/proc
mount -t sysfs -o ro sysfs $root/sys
mount -t tmpfs -o mode=755 tmpfs $root/dev
for node in null:3 zero:5 full:7 random:8 urandom:9; do
    mknod -m 666 $root/dev/${node%:*} c 1 ${node#*:}
done
mknod -m 666 $root/dev/tty c 5 0
mkdir $root/dev/pts $root/dev/shm $root/dev/mapper
mount -t devpts -o newinstance,ptmxmode=0666 devpts $root/dev/pts
ln -s pts/ptmx $root/dev/ptmx
ln -s /proc/self/fd $root/dev/fd
for n in 0:stdin 1:stdout 2:stderr; do ln -s /proc/self/fd/${n%:*} $root/dev/${n#*:}; done
touch $root/run/bed/gscript
mount --bind "$program" $root/run/bed/gscript
mount -o remount,bind,ro $root/run/bed/gscript
# Mounts of `prepare` exist before the run, so they do not count as left by it.
chroot $root /bin/bash -eu -c "cd /tmp/case/here; $(cat "$exchange/prepare")" >"$exchange/prepared" 2>&1 </dev/null
listing() {
    # Content, owner, mode, type and link target; directories count only by their entries.
    (cd $stage/upper && find . -mindepth 1 ! -type d -printf '/%P %y %m %U:%G %s %T@ %l\n')
    (cd $stage/upper && find . -mindepth 1 -type d -printf '/%P %y %m %U:%G\n')
}
listing >"$exchange/before"
inside() {
    cd $root
    pivot_root . run/bed/old
    exec /usr/bin/env -C / /bin/bash -euc '
        umount -l /run/bed/old
        unset -f inside
        unset root stage
        mounts() { cut -d" " -f5,9- /proc/self/mountinfo; }
        mounts >&7
        cd /tmp/case/here
        mapfile -d "" -t words <&6
        code=0
        if [ "${BED_TERMINAL:-}" ]; then
            unset BED_TERMINAL
            setsid --ctty --wait "${words[@]}" 3>&- 4<&- 5>&- 6<&- 7>&- 8>&- 9>&- || code=$?
        else
            "${words[@]}" 3>&- 4<&- 5>&- 6<&- 7>&- 8>&- 9>&- || code=$?
        fi
        mounts >&8
        echo $code >&9
        last=$(/bin/bash -eu /dev/fd/4 2>&1 <&-) || echo "afterwards: exit code $?: $last" >&3
        for process in /proc/[0-9]*; do
            pid=${process#/proc/}
            if [ $pid != 1 ] && [ $pid != $$ ] && readlink $process/exe >/dev/null; then
                echo $(tr "\0" " " <$process/cmdline) >&5
            fi
        done'
}
export root stage
export -f inside
unshare --mount --propagation private /bin/bash -euc inside \
    3>"$exchange/afterwards.output" 4<"$exchange/afterwards" 5>"$exchange/processes" 6<"$exchange/words" 7>"$exchange/mounts.before" 8>"$exchange/mounts.after" 9>"$exchange/code"
listing >"$exchange/after"
