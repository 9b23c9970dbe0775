# What scripts of the lab begin with: G is the program, OUT the shared folder, PROJECT the project.
G=$1 OUT=$2 PROJECT=$3
cd "$OUT" || exit 99
export GSCRIPT_STATE=/run/gscript-state

# ask NAME COMMAND…: runs it and keeps what it prints and its exit code.
ask() {
    local name=$1
    shift
    "$@" >"$OUT/$name.out" 2>"$OUT/$name.err" </dev/null
    echo $? >"$OUT/$name.code"
}

# recipe NAME <<END: writes a recipe.
recipe() { cat >"$OUT/$1"; }

# must COMMAND…: it has to work.
must() {
    "$@" || { echo "FAILED ($?): $*"; exit 1; }
}

# must_not COMMAND…: it has to fail.
must_not() {
    if "$@"; then echo "WORKED, and should not: $*"; exit 1; fi
}

# everything: agreement to destroy every disk of the machine.
everything() {
    for d in /dev/ubd[a-o] /dev/loop0; do
        [ -b "$d" ] && echo --destroy "$d"
    done
}

# proved: the actions of the last run were done for real, and the machine is as the simulation said.
proved() {
    grep -oP '"record":"begin",.*?"name":"\K[^"]*' /run/proved/*/journal.jsonl | sed 's/.*://' >>"$OUT/proved"
    rm -r /run/proved
}

# do_ RHAI: runs a script for real; everything may be destroyed. Afterwards the whole machine must
# be as the simulation said.
do_() {
    printf '%s\n' "$1" >"$OUT/do.rhai"
    # shellcheck disable=SC2046
    must "$G" "$OUT/do.rhai" --yes --prove --journal /run/proved $(everything)
    proved
}

# says RHAI EXPECTED: what a script prints when it runs for real. In the plan answers of programs
# are guesses, so a script can't throw because of them.
says() {
    printf '%s\n' "$1" >"$OUT/says.rhai"
    # shellcheck disable=SC2046
    must "$G" "$OUT/says.rhai" --yes --prove --journal /run/proved --json $(everything) >"$OUT/says.json"
    proved
    python3 - "$OUT/says.json" "$2" <<'END' || { echo "of: $1"; exit 1; }
import json, sys
said = [e["text"] for e in map(json.loads, open(sys.argv[1])) if e["event"] == "said"]
if "\n".join(said) != sys.argv[2]:
    sys.exit(f"said {said}, expected {sys.argv[2]!r}")
END
}

# nothing_left: no mount, mapping, active group, array, swap, loop device, network bridge, namespace or
# process is left of what ran before.
nothing_left() {
    must_not grep -E ' /mnt| /dev/(ubd|mapper)' /proc/mounts
    [ "$(wc -l </proc/swaps)" -le 1 ] || { cat /proc/swaps; exit 1; }
    must_not grep -E '^md' /proc/mdstat 2>/dev/null
    # An active volume, and with it an active group, is a mapping as well.
    [ "$(dmsetup ls 2>/dev/null | grep -cv '^No devices')" = 0 ] || { dmsetup ls; exit 1; }
    must_not grep . /sys/block/loop*/loop/backing_file 2>/dev/null
    must_not ls -d /sys/class/net/*/bridge /run/netns/* 2>/dev/null
    orphans_end || { echo "still there: $orphan"; exit 1; }
    # (kdevtmpfs, of the kernel, has its own.)
    namespaces=$(lsns --noheadings --output TYPE,COMMAND | grep -v kdevtmpfs | cut -d' ' -f1 | sort | uniq -d)
    [ -z "$namespaces" ] || { lsns; exit 1; }
}

# orphans_end: programs whose parent has ended are children of the first process. What was killed
# just now may need a moment to be gone.
orphans_end() {
    local stat state parent rest
    for _ in $(seq 6000); do
        orphan=
        for stat in /proc/[0-9]*/stat; do
            read -r orphan <"$stat" || continue
            # LVM's own watcher of RAID volumes stays for the next one.
            case $orphan in *"(dmeventd)"*) orphan=; continue ;; esac
            # The name is in parentheses and may hold anything.
            rest=${orphan##*) }
            read -r state parent _ <<<"$rest"
            [ "$parent" = 1 ] && [ "$state" != Z ] && [ "${orphan%% *}" != $$ ] && break
            orphan=
        done 2>/dev/null
        [ -n "$orphan" ] || return 0
        sleep 0.1
    done
    return 1
}

# Fast key derivation: what is tested is not how long it takes.
KDF='kdf: #{ kind: "pbkdf2", iterations: 1000 }'

# sign_archive: a.tar.xz gets its signed digests, and good.asc the key that may have signed them.
sign_archive() {
    export GNUPGHOME=/run/gpg
    mkdir -m 700 $GNUPGHOME
    gpg --batch --quiet --passphrase '' --quick-generate-key good ed25519 sign 1d
    gpg --armor --export good >good.asc
    printf '# SHA512 HASH\n%s  a.tar.xz\n' "$(sha512sum <a.tar.xz | cut -d' ' -f1)" >d.txt
    must gpg --batch --quiet --local-user good --output a.tar.xz.DIGESTS --clearsign d.txt
    gpgconf --kill all
}

# own_accounts ROOT: the host's root alone may read what passwords it has, so the system gets its own.
own_accounts() {
    rm -f "$1"/etc/.pwd.lock "$1"/etc/{,g}shadow{,-}
    sed 's/:.*/:*:19000:0:99999:7:::/' "$1/etc/passwd" >"$1/etc/shadow"
    sed 's/:.*/:*::/' "$1/etc/group" >"$1/etc/gshadow"
    chmod 600 "$1"/etc/{,g}shadow
}
