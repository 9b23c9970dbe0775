# Functions that interrupt the main recipe. /dev/ubda is the disk, /dev/ubdb the stick, /dev/ubdc a disk that keeps
# the journal.

ROOT=$PROJECT/recipes/encrypted-root.rhai
JOURNAL=/run/journal
JOB=(--set disk=/dev/ubda --set key_dev=/dev/ubdb --set key_file=laptop.key --set kdf_memory=8M --set boot_size=40M
    --set swap_size=32M --set goal=base --set stage3=/run/media/a.tar.xz --set stage3_keys=/run/media/good.asc)

# make_media: makes the tarball and its signature, at the same path in every boot.
make_media() {
    mkdir -p /run/gpg /run/media tree/{bin,etc,root,tmp,var/empty}; chmod 700 /run/gpg
    export GNUPGHOME=/run/gpg
    cp /bin/busybox tree/bin; for a in sh cat; do ln -s busybox tree/bin/$a; done
    echo 'ID=gentoo' >tree/etc/os-release; echo 'nameserver 192.0.2.7' >tree/etc/resolv.conf
    for n in $(seq 40); do yes "file $n" | head -c $((n * 3000)) >tree/var/file$n; done
    chmod 4755 tree/bin/busybox; chmod 1777 tree/tmp; chown -R 250:250 tree/var/empty
    tar --numeric-owner -C tree -cJf /run/media/a.tar.xz .
    gpg --batch --quiet --passphrase '' --quick-generate-key good ed25519 sign 1d
    gpg --armor --export good >/run/media/good.asc
    printf '# SHA512 HASH\n%s  a.tar.xz\n' "$(sha512sum </run/media/a.tar.xz | cut -d' ' -f1)" >d.txt
    gpg --batch --quiet --local-user good --output /run/media/a.tar.xz.DIGESTS --clearsign d.txt
    gpgconf --kill all
    blank_disks
    must "$G" plan "$ROOT" --out /run/media/plan.json "${JOB[@]}" >plan.txt 2>plan.err
    cp -r /run/media "$OUT"
}
[ ! -d media ] || cp -r media /run/media

# blank_disks: makes a blank disk, a stick with a filesystem, and a disk for the journal.
blank_disks() {
    ! grep -q " $JOURNAL " /proc/mounts || must umount $JOURNAL
    # The tables, the filesystem at 1 MiB and the header at 41 MiB; without these, the rest has no meaning.
    for at in 0 41 298; do dd if=/dev/zero of=/dev/ubda bs=1M seek=$at count=2 conv=fsync 2>/dev/null; done
    must blockdev --rereadpt /dev/ubda
    rmdir /mnt/key /mnt/gentoo 2>/dev/null
    must mkfs.vfat --mbr=n -n STICK -i 1234abcd /dev/ubdb >/dev/null
    must mkfs.ext4 -qF -U 00000000-0000-4000-8000-00000000000c /dev/ubdc
    journal_disk
}

journal_disk() { mkdir -p $JOURNAL; must mount /dev/ubdc $JOURNAL; }

# apply_plan DIRECTORY: applies the saved plan, so that every run makes the same identifiers.
apply_plan() {
    LD_PRELOAD=$OUT/cut.so "$G" apply /run/media/plan.json --yes --destroy /dev/ubda --prove \
        --journal "$1" >run.out 2>run.err
}

# last_state DIRECTORY: prints the state of the last run in it.
last_state() { "$G" log --journal "$1" 2>/dev/null | awk 'NR == 1 { print $NF }'; }

# resume_or_restart DIRECTORY: does what a user does after an interruption: resumes the run if possible, otherwise starts again.
resume_or_restart() {
    if [ -z "$(ls "$1"/*/journal.jsonl 2>/dev/null)" ] || [ ! -s "$(ls -d "$1"/*/journal.jsonl | tail -n 1)" ]; then
        # There is no record of what was done: on a blank disk the plan is still valid, otherwise the recipe is
        # planned again.
        rm -rf "$1"
        apply_plan "$1" && echo 'begun anew' >>went && return
        grep -q 'the saved plan is out of date' run.err || { cat run.err; return 1; }
        echo 'planned anew' >>went
        "$G" "$ROOT" "${JOB[@]}" --yes --prove --destroy /dev/ubda --journal "$1" 2>run.err || { cat run.err; return 1; }
        return
    fi
    case $(last_state "$1") in
    finished) echo 'finished' >>went ;;
    unfinished)
        echo 'resumed' >>went
        # shellcheck disable=SC2046
        "$G" resume --journal "$1" --yes $(everything) >resumed.out 2>resumed.err || { cat resumed.err; return 1; }
        grep -q 'The resulting state matches the plan' resumed.err || { cat resumed.err; return 1; } ;;
    *) "$G" log --journal "$1"; return 1 ;;
    esac
}

# running_tools: lists the processes that outlived the program.
running_tools() {
    local p
    for p in /proc/[0-9]*; do
        [ -e "$p/exe" ] && p=${p#/proc/} && [ "$p" != 1 ] && [ "$p" != $$ ] && [ "$p" != "$BASHPID" ] && echo "$p"
    done
}

# close_all: closes what the end of a kernel would close.
close_all() {
    # shellcheck disable=SC2046
    while [ -n "$(running_tools)" ]; do kill -KILL $(running_tools) 2>/dev/null; sleep 0.1; done
    for _ in 1 2 3; do
        grep -o ' /mnt/[^ ]*' /proc/mounts | tac | while read -r at; do umount "$at" 2>/dev/null; done
    done
    swapoff -a; vgchange -qan >/dev/null 2>&1
    for m in $(dmsetup ls 2>/dev/null | grep -v '^No' | cut -f1); do dmsetup remove "$m" 2>/dev/null; done
}

# tree AT: lists every file with its mode, owner, size and content. Keys and headers with salts differ between runs,
# so they are listed without content; times are those of the archive.
tree() {
    (cd "$1" && find . -path ./gscript -prune -o -printf '%y %m %U:%G %P -> %l\n' | sort
    find . -path ./gscript -prune -o -type f ! -name '*.key' ! -name '*.header' -print0 | sort -z | xargs -0r sha256sum
    find . -path ./gscript -prune -o -type f ! -name fstab -path './var/*' -printf '%s %T@ %P\n' | sort)
}

# facts DIRECTORY: prints the facts and results of every call, from its last record.
facts() {
    # If the filesystem of a journal was unmounted, the run continued it in the state directory: the longest one is
    # complete.
    # shellcheck disable=SC2012
    grep -hE '^\{"record":"(done|already)"' "$(ls -S "$1"/*/journal.jsonl "$GSCRIPT_STATE"/runs/*/journal.jsonl 2>/dev/null | head -n 1)" |
        sed -E 's/"record":"[a-z]*",//; s/"name":.*,"facts":/"facts":/; s/,"(millis|why)":.*//' | sort -u
}

# state DIRECTORY: prints the layout, the facts of the journal, and every file, opened with the key.
state() {
    sfdisk -d /dev/ubda; blkid -po export /dev/ubda1 /dev/ubda2 /dev/ubdb
    cryptsetup luksDump /dev/ubda2 | grep -Ei '^(version|uuid|label)|cipher|offset|length|[0-9]: luks|key:|pbkdf|memory|sector'
    mkdir -p /run/s /run/r; must mount -o ro,umask=0077 /dev/ubdb /run/s; tree /run/s
    stat -c '%n %s' /run/s/*.key /run/s/*.header
    head -c "$(stat -c %s /run/s/*.header)" /dev/ubda2 | cmp - /run/s/*.header
    must cryptsetup open --key-file /run/s/laptop.key /dev/ubda2 look; umount /run/s
    must vgchange -qay vg_hostos >/dev/null
    lvs --noheadings --units b -o lv_name,lv_size,segtype,lv_active,devices,vg_size,vg_free vg_hostos
    blkid -po export /dev/mapper/look /dev/vg_hostos/swap /dev/vg_hostos/root
    for d in /dev/ubda1 /dev/vg_hostos/root; do must fsck.ext4 -fn $d >fsck.txt 2>&1; done
    must mount -o ro /dev/vg_hostos/root /run/r; must mount -o ro /dev/ubda1 /run/r/boot
    tree /run/r; cat /run/r/etc/fstab
    umount /run/r/boot /run/r; vgchange -qan vg_hostos >/dev/null; cryptsetup close look
    facts "$1"
}

# apart_from_identifiers FILE: replaces identifiers, which differ after the recipe was planned again, and omits fstab,
# which names them.
apart_from_identifiers() {
    sed -E 's/[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}/UUID/g; s/\b\w{6}(-\w{4}){5}-\w{6}\b/PV-UUID/g; /^[0-9a-f]{64} .*fstab$/d
        s/("path":"[^"]*fstab"\},"digest":")[0-9a-f]*/\1/' "$1"
}

# matches_reference DIRECTORY: requires that nothing is left open and that the state is that of the undisturbed run.
matches_reference() {
    (nothing_left) || return 1
    (state "$1") >state.txt 2>&1 || { tail -n 5 state.txt; return 1; }
    if grep -q 'planned anew' went; then
        diff <(apart_from_identifiers reference.txt) <(apart_from_identifiers state.txt)
    else
        diff reference.txt state.txt
    fi
}
