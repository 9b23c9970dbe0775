#!/bin/bash
# Rescue of an encrypted root: opened with a key file, with a key that GPG protects, and with a passphrase typed on a
# terminal. In every case, nothing is left open.
#
# disks: 1G 64M
# tier: make lab
# takes: 80 s
. "${0%/*}/../lib/cases.sh"
. "$LAB/lib/signed.sh"

PHRASE='correct horse; $(battery)'

# proving COMMAND…: requires success, and a machine that matches the simulation.
proving() { must "$@" --prove --journal /run/proved && proved; }

it 'an encrypted root is installed'
do_ 'fs::make("/dev/ubdb", #{ kind: "vfat", label: "STICK" });'
proving install 2>install.err
nothing_left

it 'a key is protected by a passphrase'
# Adds a passphrase to the container, and protects the key with the same one. The plain key is kept for now.
printf "phrase = '%s'\n" "$PHRASE" >phrase.toml; chmod 600 phrase.toml
recipe protect.rhai <<'END'
//! ```toml
//! [params.phrase]
//! type = "secret"
//! ```
mount::mount("/dev/ubdb", "/mnt/key", #{ options: "umask=0077" });
let key = "/mnt/key/laptop.key";
key::protect(key, "/mnt/key/laptop.gpg", phrase);
luks::add_key("/dev/ubda2", #{ key: key, new_passphrase: phrase, kdf: #{ kind: "pbkdf2", iterations: 1000 } });
mount::unmount("/mnt/key");
END
proving "$G" protect.rhai --yes --answers phrase.toml 2>protect.err
mkdir -p /run/stick; mount -o ro,umask=0077 /dev/ubdb /run/stick
unprotect() { printf %s "$PHRASE" | gpg --batch --quiet --no-autostart --pinentry-mode loopback --passphrase-fd 0 "$@" /run/stick/laptop.gpg; }
unprotect --decrypt | cmp - /run/stick/laptop.key || fail 'not the same key'
unprotect --list-packets 2>&1 | grep -q 'cipher 9' || fail 'not AES-256'
umount /run/stick

it 'a protected key is unlocked in memory only'
recipe unlock.rhai <<'END'
//! ```toml
//! [params.phrase]
//! type = "secret"
//! [params.to]
//! type = "path"
//! ```
mount::mount("/dev/ubdb", "/mnt/key", #{ options: "umask=0077" });
let plain = key::unlock("/mnt/key/laptop.gpg", to, phrase);
if !luks::test_key("/dev/ubda2", #{ key: plain }) { throw "another key"; }
file::remove(plain);
mount::unmount("/mnt/key");
END
proving "$G" unlock.rhai --yes --answers phrase.toml --set to=/run/plain 2>unlock.err
must_not test -e /run/plain
must_not "$G" unlock.rhai --yes --answers phrase.toml --set to=/mnt/key/plain 2>unlock.err
must grep -q '/mnt/key/plain is on vfat: the plain key would be left on a disk' unlock.err
nothing_left

it 'keys are never overwritten'
must_not "$G" protect.rhai --yes --answers phrase.toml 2>again.err
must grep -q 'keys are never overwritten' again.err
nothing_left

installed=$(date +%s)

it 'the rescue by a key file'
# The entry names a disk that does not exist any more; the system has a file to repair.
SOLD='UUID=00000000-1111-2222-3333-444444444444 /home ext4 defaults 0 2'
rescue() { "$G" "$RESCUE" --yes --set key_dev=/dev/ubdb --set key_file=laptop.key "$@" 2>rescue.err; }
proving rescue --set run="echo '$SOLD' >>/etc/fstab; echo key >/etc/repair-me"
nothing_left

it 'the rescue by a key that GPG protects'
printf "passphrase = '%s'\n" "$PHRASE" >pass.toml; chmod 600 pass.toml
log() { grep -Eq "$1" /run/proved/*/log.txt || fail "not in the log: $1"; }
must rescue --prove --journal /run/proved --set unlock=gpg --set key_file=laptop.gpg --answers pass.toml \
    --set run='cat /etc/repair-me /proc/mounts /proc/swaps /etc/resolv.conf; echo gpg >/etc/repair-me'
must grep -q 'Skipped /home (ext4): there is no device UUID=00000000-1111' rescue.err
log ' key$'
log ' /boot ext4 .*noatime'
log ' /dev/(dm-|mapper/vg_hostos-swap).* partition'
must_not grep -q 192.0.2.7 /run/proved/*/log.txt
must_not grep -rq horse /run/proved
proved
nothing_left
# (A process that was ended above may still be a zombie.)
cat /proc/[0-9]*/stat 2>/dev/null | must_not grep -qE '^[0-9]+ \(gpg-agent\) [^Z]'

it 'a rescue that writes nothing'
# Nothing can be written; even the journal of the filesystem is not replayed.
must rescue --prove --journal /run/proved --set read_only=true --set run='echo no >/etc/repair-me || cat /etc/repair-me'
log ' gpg$'
proved
nothing_left

it 'a wrong passphrase, and a stick without the key'
# A wrong passphrase, a stick without the key, and no stick.
printf 'passphrase = "wrong"\n' >wrong.toml; chmod 600 wrong.toml
must_not rescue --set unlock=passphrase --answers wrong.toml
must grep -q 'retype the passphrase' rescue.err
nothing_left
must_not rescue --set unlock=gpg --set key_file=laptop.gpg --answers wrong.toml
must grep -q 'Bad session key' rescue.err
must grep -q 'retype the passphrase of the key' rescue.err
nothing_left
must_not rescue --set key_file=other.key
must grep -q 'there is no key file /mnt/key/other.key' rescue.err
nothing_left
must_not rescue --set key_dev=/dev/ubdc
must grep -q 'there is no device /dev/ubdc' rescue.err
# After a failure inside the root, everything is closed as well.
must_not rescue --set run='exit 7'
must grep -q 'exit code 7' rescue.err
nothing_left

it 'the rescue with a shell on a terminal'
# With a shell on a terminal. The typed passphrase is not shown.
printf 'see Passphrase\ntype %s\nsee again\ntype %s\nsee Continue?\ntype yes\nsee (chroot)\ntype cat /etc/repair-me\nsee gpg\ntype echo typed >/etc/repair-me\ntype exit\n' "$PHRASE" "$PHRASE" >acts
must typed acts "$G" "$RESCUE" --set unlock=passphrase --prove \
    --journal /run/proved >typed.txt
must grep -q '"name":"chroot.shell"' /run/proved/*/journal.jsonl
must_not grep -rq horse /run/proved
proved
nothing_left
must_not grep -q horse typed.txt rescue.err protect.err

it 'what was repaired is there, and nothing else'
# The repaired file is there, the system's own resolv.conf is unchanged, and no file of gscript is left.
mount -o ro,umask=0077 /dev/ubdb /run/stick
must cryptsetup open --key-file /run/stick/laptop.key /dev/ubda2 look
umount /run/stick
do_ 'lvm::vg_activate("vg_hostos");
mount::mount("/dev/vg_hostos/root", "/mnt/look", #{ options: "ro" });'
must grep -qx typed /mnt/look/etc/repair-me
must_not test -e /mnt/look/.gscript-shell-rc -o -e /mnt/look/run/gscript-shell-rc
must test "$(stat -c %Z /mnt/look/etc/resolv.conf)" -le "$installed"
do_ 'mount::unmount("/mnt/look"); lvm::vg_deactivate("vg_hostos"); luks::close("look");'
nothing_left
