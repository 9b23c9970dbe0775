#!/bin/bash
# file.*, chroot.*, stage3.*, fstab.*: always inside the given root.
#
# disks: 256M
# tier: make test
# takes: 70 s
. "${0%/*}/../lib/cases.sh"
. "$LAB/lib/target.sh"

it 'files are changed inside the root'
do_ 'fs::make("/dev/ubda"); mount::mount("/dev/ubda", "/mnt/t");
let r = #{ root: "/mnt/t" };
file::make_dir("/etc/portage", r); file::make_dir("/bin", r); file::make_dir("/secret", #{ root: "/mnt/t", mode: "0700" });
file::write("/etc/a", "one\n", #{ root: "/mnt/t", mode: "0640" });
file::append_line("/etc/a", "two", r); file::append_line("/etc/a", "two", r);
if file::read("/etc/a", r) != "one\ntwo\n" { throw file::read("/etc/a", r); }
file::link("/etc", "/evil", r);
file::write("/evil/passwd", "root:x:0:0::/:/bin/sh\nuser:x:1234:5678::/:/bin/sh\n", r);
file::write("/evil/group", "root:x:0:\nusers:x:4321:\n", r);
file::chown("/etc/a", "user:users", r);
file::chmod("/etc/a", "0600", r);
file::copy("/etc/a", "/etc/b", #{ root: "/mnt/t", from_root: "/mnt/t" });
file::link("nowhere", "/etc/dangling", r);
if !file::exists("/etc/dangling", r) { throw "a dangling link is there"; }
file::write("/etc/dangling", "now a file\n", r);
file::remove("/etc/b", r);
if file::exists("/etc/b", r) { throw "it is gone"; }'
must test "$(stat -c '%a %u %g' /mnt/t/etc/a)" = '600 1234 4321'
must grep -q user:x:1234 /mnt/t/etc/passwd
must_not grep -q user:x:1234 /etc/passwd
must test -f /mnt/t/etc/dangling -a ! -L /mnt/t/etc/dangling
must test "$(stat -c %a /mnt/t/secret)" = 700
# No temporary files are left.
ls -A /mnt/t/etc | must_not grep gscript

it 'links that climb stay inside'
ln -s ../../../../../../etc /mnt/t/up
ln -s /etc/../../..//etc/passwd /mnt/t/abs
do_ 'file::write("/up/from-up", "x", #{ root: "/mnt/t" });
if file::read("/abs", #{ root: "/mnt/t" }).len() > 60 { throw "the host'"'"'s"; }'
must test -f /mnt/t/etc/from-up
must_not test -e /etc/from-up

it 'archives keep owners, modes and attributes'
# An archive with owners, modes, links, attributes, and names that try to escape.
T=/mnt/t/tree
mkdir -p $T/bin $T/etc
cp /bin/busybox $T/bin/busybox; for a in sh id ls wc pwd; do ln -s busybox $T/bin/$a; done
echo suid >$T/bin/suid; chown 12:34 $T/bin/suid; chmod 4755 $T/bin/suid
python3 -c 'import os; os.setxattr("/mnt/t/tree/etc", "user.note", b"hello")'
tar --xattrs --numeric-owner -C $T -cJf "$OUT/a.tar.xz" .
mkdir -p /run/evil && echo bad >/run/evil/x
tar -C /run/evil -cf "$OUT/evil.tar" --transform 's,x,../../../../../../run/escaped,' -P x
do_ 'stage3::unpack("'$OUT'/a.tar.xz", "/mnt/t");'
must test "$(stat -c '%a %u %g' /mnt/t/bin/suid)" = '4755 12 34'
must python3 -c 'import os; assert os.getxattr("/mnt/t/etc", "user.note") == b"hello"'
printf 'stage3::unpack("%s", "/mnt/t");' "$OUT/evil.tar" >evil.rhai
must_not "$G" evil.rhai --yes >evil.txt 2>&1
must_not test -e /run/escaped

it 'commands run inside a prepared root'
says 'chroot::prepare("/mnt/t");
let r = chroot::run("/mnt/t", ["id", "-u"]);
print(`${r.code} ${text::lines(r.stdout)}`);
print(chroot::run("/mnt/t", ["sh", "-c", "exit 7"], #{ check: false }).code);
let r = chroot::run("/mnt/t", ["sh", "-c", "echo $A; pwd; ls /proc/self/fd | wc -l"], #{ env: #{ A: "a b" } });
print(text::lines(r.stdout));
chroot::shell("/mnt/t");' '0 ["0"]
7
["a b", "/", "4"]'
must cmp /etc/resolv.conf /mnt/t/etc/resolv.conf
must test -c /mnt/t/dev/null -a -d /mnt/t/proc/1 -a -d /mnt/t/sys/class
do_ 'chroot::prepare("/mnt/t"); chroot::release("/mnt/t"); chroot::release("/mnt/t");'
must test -c /dev/pts/ptmx -a -d /sys/class
must_not test -d /mnt/t/proc/1

it 'a root that is half prepared is prepared and released'
# Partly prepared: mounted manually, or left by an interrupted run.
mount -t proc proc /mnt/t/proc
do_ 'chroot::prepare("/mnt/t"); chroot::release("/mnt/t");'
must_not test -d /mnt/t/proc/1

it 'fstab has what the devices are'
do_ 'fstab::write("/mnt/t", [
    #{ at: "/", device: "/dev/ubda", options: "errors=remount-ro", pass: 1 },
    #{ at: "/proc", source: "proc", kind: "proc" },
]);
let e = fstab::entries("/mnt/t");
if e.len() != 2 || e[0].source != "UUID=" + fs::uuid("/dev/ubda") || e[0].pass != 1 { throw e; }'
must findmnt --verify --tab-file /mnt/t/etc/fstab >"$OUT/findmnt.txt"

it 'a malformed line of fstab costs that line, as with findmnt'
printf 'UUID=1 / ext4\n/dev/sda2 none\nlonely\nUUID=3 /home xfs\n' >/mnt/t/etc/fstab
recipe lines.rhai <<<'for entry in fstab::entries("/mnt/t") { print(entry.at); }'
must "$G" lines.rhai --yes --journal /run/lines 2>lines.err
findmnt --tab-file /mnt/t/etc/fstab --noheadings --list --output TARGET 2>findmnt.err >findmnt.txt
grep -oP '^  \| \K.*' lines.err | must cmp - findmnt.txt
for line in 2 3; do
    must grep -q "parse error at line $line" findmnt.err
    must grep -q "/mnt/t/etc/fstab:$line: ignored" lines.err
done
must "$G" plan lines.rhai >lines.plan 2>&1
must grep -q "/mnt/t/etc/fstab:2: ignored" lines.plan

it 'one entry is removed from fstab and every other byte is kept'
printf '# a\tcomment\n\nUUID=1 /  ext4\n/dev/x\t/home/ xfs\n/dev/y none swap sw\n/dev/z /a ext4\n/dev/z /a ext4' >/mnt/t/etc/fstab
sed '/home/d; /swap/d' /mnt/t/etc/fstab >fstab.expected
do_ 'fstab::remove("/mnt/t", "/home"); fstab::remove("/mnt/t", "none", #{ source: "/dev/y" });
fstab::remove("/mnt/t", "/home");'
must cmp fstab.expected /mnt/t/etc/fstab
echo 'fstab::remove("/mnt/t", "/a");' >twice.rhai
ask twice "$G" twice.rhai --yes
exits twice 2
tells twice '/mnt/t/etc/fstab: /a has 2 entries: lines 4 and 5'
must cmp fstab.expected /mnt/t/etc/fstab

it 'one entry is set in fstab and mount and findmnt read it'
# findmnt looks for the mount points in the running system.
mkdir -p /home/photos /home/srv /srv
printf '# mine\n\nUUID=%s\t/ ext4\n# photos\ntmpfs /home/photos tmpfs size=1M\n/srv /home/srv none bind\n/swapfile none swap sw' "$(blkid -o value -s UUID /dev/ubda)" >/mnt/t/etc/fstab
cp /mnt/t/etc/fstab fstab.old
same_again 'fstab::set("/mnt/t", #{ at: "/home", source: "tmpfs", kind: "tmpfs", options: "size=2M" });
fstab::set("/mnt/t", #{ at: "none", source: "/home/swap", kind: "swap", options: "sw" }, #{ replaces: "/swapfile" });
fstab::set("/mnt/t", #{ at: "/srv", source: "tmpfs", kind: "tmpfs", options: "noatime" });'
diff fstab.old /mnt/t/etc/fstab | grep '^[<>]' | tr -s ' ' >fstab.diff
printf '%s\n' '> tmpfs /home tmpfs size=2M 0 0' '> tmpfs /srv tmpfs noatime 0 0' '< /swapfile none swap sw' '> /home/swap none swap sw 0 0' | must cmp - fstab.diff
must test "$(grep -A1 ' /home ' /mnt/t/etc/fstab | tail -1)" = '# photos'
must findmnt --verify --tab-file /mnt/t/etc/fstab >"$OUT/findmnt.txt"
must mount --all --fake --verbose --fstab /mnt/t/etc/fstab >mounts.txt
must test "$(grep -oE '^/(home|srv)[^ ]*' mounts.txt | tr '\n' ' ')" = '/home /home/photos /srv /home/srv '
do_ 'fstab::set("/mnt/t", #{ at: "/", device: "/dev/ubda", options: "noatime", pass: 1 });'
must test "$(findmnt --tab-file /mnt/t/etc/fstab --noheadings --output OPTIONS /)" = noatime

it 'a stage3 with signed digests is verified'
# Signed digests, and everything that can be wrong with them.
export GNUPGHOME=/run/gpg; mkdir -m 700 $GNUPGHOME
gpg --batch --quiet --passphrase '' --quick-generate-key good ed25519 sign 1d
gpg --batch --quiet --passphrase '' --quick-generate-key other ed25519 sign 1d
# A key that has expired.
gpg --batch --quiet --passphrase '' --faked-system-time 20200101T000000 --quick-generate-key old ed25519 sign seconds=86400
gpg --armor --export good >good.asc; gpg --armor --export old >old.asc
printf '# SHA512 HASH\n%s  a.tar.xz\n# BLAKE2B HASH\n%s  a.tar.xz\n' "$(sha512sum <a.tar.xz | cut -d' ' -f1)" "$(b2sum <a.tar.xz | cut -d' ' -f1)" >d.txt
sign() { gpg --batch --quiet --yes --local-user "$1" "${@:3}" --output "$2" --clearsign d.txt; }
sign good good.DIGESTS; sign other other.DIGESTS; sign old old.DIGESTS --faked-system-time 20200101T000500
gpg --batch --quiet --yes --local-user good --output d.sig --detach-sign d.txt
sed 's/^[0-9a-f]/0&/; s/^\(0.\{127\}\)./\1/' good.DIGESTS >changed.DIGESTS
{ printf '# SHA512 HASH\n%s  a.tar.xz\n' "$(sha512sum <evil.tar | cut -d' ' -f1)"; cat good.DIGESTS; } >prefixed.DIGESTS
cp evil.tar exchanged.tar.xz
head -c 1000 a.tar.xz >truncated; mkdir t && cp truncated t/a.tar.xz
verify() { printf 'let v = stage3::verify("%s", #{ %s }); print(v.signer);\n' "$1" "$2" >v.rhai; rm -rf /run/proved; "$G" v.rhai --yes --prove --journal /run/proved >"$OUT/v.out" 2>&1 && proved; }
ok() { verify "$@" || fail "should verify: $*"; }
bad() { if verify "$2" "$3"; then fail "should not verify: $*"; fi; grep -q "$1" "$OUT/v.out" || fail "not said: $1"; }
K="keys: \"$OUT/good.asc\""
ok "$OUT/a.tar.xz" "digests: \"$OUT/good.DIGESTS\", $K"
grep -q "$(gpg --list-keys --with-colons good | awk -F: '/^fpr/{print $10; exit}')" v.out || fail
ok "$OUT/a.tar.xz" "digests: \"$OUT/d.txt\", signature: \"$OUT/d.sig\", $K"
bad 'a key that is not in the key file' "$OUT/a.tar.xz" "digests: \"$OUT/other.DIGESTS\", $K"
bad 'has expired' "$OUT/a.tar.xz" "digests: \"$OUT/old.DIGESTS\", keys: \"$OUT/old.asc\""
bad 'not trusted' "$OUT/a.tar.xz" "digests: \"$OUT/changed.DIGESTS\", $K"
bad 'there is no signature' "$OUT/a.tar.xz" "digests: \"$OUT/d.txt\", $K"
bad 'lists no SHA-512, BLAKE2b or SHA-256 digest of exchanged' "$OUT/exchanged.tar.xz" "digests: \"$OUT/good.DIGESTS\", $K"
bad 'is damaged or was replaced' "$OUT/t/a.tar.xz" "digests: \"$OUT/good.DIGESTS\", $K"
bad 'no usable public key' "$OUT/a.tar.xz" "digests: \"$OUT/good.DIGESTS\", keys: \"$OUT/d.txt\""
bad 'expected the whole fingerprint of a key' "$OUT/a.tar.xz" "digests: \"$OUT/good.DIGESTS\", $K, fingerprint: \"0123\""
bad 'not by 0123' "$OUT/a.tar.xz" "digests: \"$OUT/good.DIGESTS\", $K, fingerprint: \"$(printf 0123%.0s $(seq 10))\""
bad 'a.tar.xz.asc, .*a.tar.xz.DIGESTS or .*a.tar.xz.sha256' "$OUT/a.tar.xz" "$K"
bad 'help: download it from the mirror' "$OUT/a.tar.xz" "$K"
bad 'releng@gentoo.org' "$OUT/a.tar.xz" "digests: \"$OUT/old.DIGESTS\", keys: \"$OUT/old.asc\""
bad 'help: .*the key file' "$OUT/a.tar.xz" "digests: \"$OUT/other.DIGESTS\", $K"
bad 'help: download the tarball and its signature again' "$OUT/t/a.tar.xz" "digests: \"$OUT/good.DIGESTS\", $K"
# Text before the signed part is ignored: verification uses only what was signed, or fails.
if verify "$OUT/a.tar.xz" "digests: \"$OUT/prefixed.DIGESTS\", $K"; then :; else grep -q 'trusted' v.out || fail; fi

it 'any of the files that Gentoo publishes with a stage3 verifies it'
mkdir p; cp a.tar.xz p/; P=$OUT/p/a.tar.xz
detach() { gpg --batch --quiet --yes --local-user "$1" --armor --output "$2" "${@:3}" --detach-sign p/a.tar.xz; }
printf '# SHA256 HASH\n%s  a.tar.xz\n' "$(sha256sum <a.tar.xz | cut -d' ' -f1)" >s.txt
gpg --batch --quiet --yes --local-user good --output good.sha256 --clearsign s.txt
detach good p/a.tar.xz.asc; ok "$P" "$K"
rm p/a.tar.xz.asc; cp good.sha256 p/a.tar.xz.sha256; ok "$P" "$K"
rm p/a.tar.xz.sha256; cp good.DIGESTS p/a.tar.xz.DIGESTS; ok "$P" "$K"
# An unsigned file, or one by an unknown key, does not hide a good one.
detach other p/a.tar.xz.asc; ok "$P" "$K"
echo '<html>404 Not Found</html>' >p/a.tar.xz.asc; ok "$P" "$K"
# What a trusted key has signed must be right, whatever else is there.
detach good p/a.tar.xz.asc; printf x >>p/a.tar.xz
bad 'a.tar.xz.asc: not trusted: bad signature: the file was modified' "$P" "$K"
cp a.tar.xz p/; detach old p/a.tar.xz.asc --faked-system-time 20200101T000500
cat old.asc good.asc >both.asc
bad 'a.tar.xz.asc: not trusted: the key that signed it has expired' "$P" "keys: \"$OUT/both.asc\""
rm p/a.tar.xz.DIGESTS; detach other p/a.tar.xz.asc; cp d.txt p/a.tar.xz.sha256
bad 'asc: not trusted: signed by a key that is not in the key file; .*sha256: not trusted: there is no signature' "$P" "$K"
gpgconf --kill all

it 'a shell in the root on a terminal'
recipe shell.rhai <<'END'
chroot::shell("/mnt/t");
END
printf 'see Type the directory (/mnt/t)\ntype /mnt/t\nsee (chroot)\ntype echo it is $((6*7))\nsee it is 42\ntype exit\n' >acts
rm -rf /run/proved
must typed acts "$G" shell.rhai --prove --journal /run/proved && proved
do_ 'mount::unmount("/mnt/t", #{ recursive: true });'
nothing_left
