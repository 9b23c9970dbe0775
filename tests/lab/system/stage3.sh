#!/bin/bash
# stage3.fetch: the latest tarball of a mirror that loses connections and serves wrong files.
#
# disks: none
# tier: make test
# takes: 40 s
. "${0%/*}/../lib/cases.sh"
. "$LAB/lib/mirror.sh"

it 'the latest stage3 is downloaded and verified'
release_keys
mkdir tree to; head -c 3000000 /dev/urandom >tree/data; echo good >tree/file
tar -C tree -cJf good.tar.xz .
head -c 3000000 /dev/urandom >tree/data; tar -C tree -cJf older.tar.xz .
publish openrc 20260614T164557Z good.tar.xz
publish systemd 20260614T164557Z older.tar.xz
start_mirror
S=$OUT/to/s.tar.xz
fetch() { printf 'let v = stage3::fetch("%s", #{ mirror: "%s", keys: "%s/good.asc", %s }); print(v.signer);\n' "$S" "$URL" "$OUT" "$1" >f.rhai; rm -rf /run/proved; "$G" f.rhai --yes --prove --journal /run/proved "${@:2}" >"$OUT/f.out" 2>&1 && proved; }
ok() { fetch "$@" || fail "should be downloaded: $*"; cmp -s "$S" good.tar.xz || fail 'another file'; }
bad() { if fetch "${@:2}"; then fail "should be refused: $*"; fi; grep -q "$1" f.out || fail "not said: $1"; }
ok ''
grep -q "$(gpg --list-keys --with-colons good | awk -F: '/^fpr/{print $10; exit}')" f.out || fail
must grep -q 'Wget' mirror.log
must "$G" plan f.rhai >plan.out
must grep -qF "connects to $URL" plan.out
must grep -qF 'stage3-amd64-openrc-<date>.tar.xz' plan.out

it 'a whole tarball is not downloaded again'
: >mirror.log
ok ''
must test "$(asked 'GET.*Z.tar.xz ')" = 0

it 'a lost connection is continued where it stopped'
rm "$S"; : >mirror.log; echo 1000000 >lose
ok '' --json
must test "$(asked 'bytes=1000000-')" = 1
grep -q '"event":"progress".*"done":1000000' f.out || fail
grep -q '"event":"progress".*"total":'"$(stat -c %s good.tar.xz)" f.out || fail

it 'a download that failed is resumed'
rm "$S"; echo 1000000 >lose; echo 0 >stop; : >mirror.log
bad 'help: check the network connection and the mirror, then run gscript resume' ''
must test "$(stat -c %s "$S")" = 1000000
rm stop
must "$G" resume --yes --journal /run/proved >resume.out 2>&1
must cmp -s "$S" good.tar.xz
must test "$(asked 'bytes=1000000-')" = 4

it 'curl downloads where there is no wget'
mount -t tmpfs tmpfs /mnt; mkdir /mnt/none; : >/mnt/none/wget
mount --bind /mnt/none/wget /usr/bin/wget
rm "$S"; : >mirror.log; echo 1000000 >lose
ok ''
must test "$(asked 'bytes=1000000-.*curl')" = 1
must test "$(asked Wget)" = 0

it 'a server that only sends whole files'
rm "$S"; : >whole; echo 1000000 >lose
ok ''
umount /usr/bin/wget; umount /mnt
rm "$S"; echo 1000000 >lose
ok ''
rm whole

it 'the proxy is that of the parameter or of the environment'
rm "$S"; : >mirror.log
PROXY=$URL; URL=http://distfiles.example
ok "proxy: \"$PROXY\""
must test "$(asked 'GET http://distfiles.example/releases')" = 3
http_proxy=$PROXY ok ''
URL=$PROXY
bad 'without user and password' 'proxy: "http://user:secret@proxy"'
bad 'does not begin with https:// or http://' 'proxy: "proxy:3128"'

it 'a part of another tarball is not kept'
head -c 500000 older.tar.xz >"$S"
ok ''
grep -q 'the partial download is of another tarball' f.out || fail
cp older.tar.xz "$S"; echo longer >>"$S"
ok ''

it 'what no trusted key has signed is refused'
rm "$S"
bad 'the mirror did not send .*latest-stage3-amd64-musl.txt' 'variant: "musl"'
grep -q 'help: check the mirror and the variant' f.out || fail
A=mirror/releases/amd64/autobuilds; T=$A/20260614T164557Z/stage3-amd64-openrc-20260614T164557Z.tar.xz
cp -r mirror kept
again() { rm -r mirror; cp -r kept mirror; }
sed -i 's/^2026/x&/' $A/latest-stage3-amd64-openrc.txt
bad 'latest-stage3-amd64-openrc.txt: not trusted: bad signature' ''
again; cp $A/latest-stage3-amd64-systemd.txt $A/latest-stage3-amd64-openrc.txt
bad 'expected stage3-amd64-openrc-DATE.tar.xz, found' ''
again; publish openrc 20260614T164557Z good.tar.xz other
bad 'signed by a key that is not in the key file' ''
again; printf '20260614T164557Z/stage3-amd64-openrc-20260614T164557Z.tar.xz 9\n' >$A/latest-stage3-amd64-openrc.txt
bad 'latest-stage3-amd64-openrc.txt: not trusted: there is no signature' ''
must_not test -e "$S"
# The tarball of the same length, and one that does not end.
again; cp $T bad; printf x | dd of=bad bs=1 seek=1000 conv=notrunc status=none; cp bad $T
bad 's.tar.xz is damaged or was replaced: its BLAKE2B digest does not match' ''
must_not test -e "$S"
cat good.tar.xz good.tar.xz >$T
bad 'is longer than the' ''
again; rm $T.DIGESTS
ok ''
rm $T.sha256 "$S"
bad 'the mirror did not send .*tar.xz.DIGESTS' ''

it 'a key that has expired, with the command that fetches the extended one'
again; publish openrc 20260614T164557Z good.tar.xz old --faked-system-time 20200101T000500
cat good.asc old.asc >both.asc; mv good.asc kept.asc; mv both.asc good.asc
bad 'not trusted: the key that signed it has expired' ''
grep -q -- '--locate-keys releng@gentoo.org' f.out || fail
mv kept.asc good.asc; again

it 'an old index is told'
ts() { printf '# ts=%s\n20260614T164557Z/%s %s\n' "$1" "${T##*/}" "$(stat -c %s $T)" | gpg --batch --quiet --yes --local-user good --output $A/latest-stage3-amd64-openrc.txt --clearsign; }
ts $(($(date +%s) - 100 * 86400))
ok ''
grep -q 'is 100 days old: the mirror may be out of date' f.out || fail

it 'too little free space is told before the download'
mount -t tmpfs -o size=1m tmpfs to; : >mirror.log
bad 'are needed, but only' ''
must test "$(asked 'GET.*Z.tar.xz ')" = 0
umount to
stop_mirror
