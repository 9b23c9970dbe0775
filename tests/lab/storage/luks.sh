#!/bin/bash
# luks.* and key.*: both formats, key files and passphrases, slots, copies of headers.
#
# disks: 256M 64M
# tier: make test
# takes: 35 s
. "${0%/*}/../lib/cases.sh"

it 'containers of both formats, and key files'
mkdir -p /run/key
do_ 'disk::partition("/dev/ubda", [#{ size: "100M" }, #{ size: "rest" }]);
fs::make("/dev/ubdb", #{ kind: "vfat", label: "STICK" });
mount::mount("/dev/ubdb", "/mnt/key", #{ options: "umask=0077" });
let key = key::generate("/mnt/key/one.bin");
if key::check(key).bytes != 512 { throw "length"; }
key::generate("/run/key/short.bin", #{ bytes: 64 });
luks::format("/dev/ubda1", #{ key: key, '"$KDF"' });
luks::format("/dev/ubda2", #{ key: key, version: "luks1", '"$KDF"' });'
must cryptsetup isLuks --type luks2 /dev/ubda1
must cryptsetup isLuks --type luks1 /dev/ubda2
must test "$(stat -c %a /run/key/short.bin)" = 400
must test "$(stat -c %s /mnt/key/one.bin)" = 512
cryptsetup luksDump /dev/ubda1 | grep -q 'aes-xts-plain64' || fail

it 'a second run keeps the key that is there'
do_ 'key::generate("/run/key/short.bin", #{ bytes: 64 });'

it 'key slots, header copies and read-only opening'
for n in 1 2; do
says '
let d = "/dev/ubda'$n'"; let key = "/mnt/key/one.bin"; let short = "/run/key/short.bin";
let fits = |key| luks::test_key(d, #{ key: key });
print([fits.call(key), fits.call(short)]);
let slot = luks::add_key(d, #{ key: key, new_key: short, '"$KDF"' });
print([slot, luks::info(d).slots, fits.call(short)]);
luks::backup_header(d, "/run/key/'$n'.header");
luks::remove_key(d, 1);
print(fits.call(short));
luks::restore_header(d, "/run/key/'$n'.header");
print(fits.call(short));
let inside = luks::open(d, "test-'$n'", #{ key: key });
fs::make(inside, #{ label: "inside" });
print(luks::info(d).open == inside);
luks::close("test-'$n'");
luks::open(d, "test-'$n'", #{ key: key, read_only: true });
print(fs::label(inside));
luks::close("test-'$n'");' '[true, false]
[1, [0, 1], true]
false
true
true
inside'
done

it 'passphrases are in no argument, log or journal'
# Passphrases come from a file of answers.
recipe pass.rhai <<'END'
//! ```toml
//! [params.first]
//! type = "secret"
//! [params.second]
//! type = "secret"
//! ```
let kdf = #{ kind: "pbkdf2", iterations: 1000 };
luks::format("/dev/ubda1", #{ passphrase: first, kdf: kdf });
luks::open("/dev/ubda1", "pass", #{ passphrase: first });
luks::close("pass");
luks::add_key("/dev/ubda1", #{ passphrase: first, new_passphrase: second, kdf: kdf });
print(luks::test_key("/dev/ubda1", #{ passphrase: second }));
luks::add_key("/dev/ubda1", #{ passphrase: second, new_key: "/run/key/short.bin", kdf: kdf });
luks::add_key("/dev/ubda1", #{ key: "/run/key/short.bin", new_passphrase: first, slot: 5, kdf: kdf });
luks::remove_key("/dev/ubda1", 0);
print(luks::info("/dev/ubda1").slots);
print(`${first} ${[first]}`);
END
printf 'first = "correct horse; $(battery) '"'"'staple"\nsecond = "  zwölf Boxkämpfer"\n' >answers.toml
chmod 600 answers.toml
"$G" pass.rhai --answers answers.toml --yes --destroy /dev/ubda1 --journal "$OUT/runs" 2>pass.err || fail
printf %s 'correct horse; $(battery) '"'"'staple' | must cryptsetup open --test-passphrase /dev/ubda1
printf '  zwölf Boxkämpfer' | must cryptsetup open --test-passphrase --key-file - /dev/ubda1
must_not grep -rE 'horse|Boxk' "$OUT/runs" "$OUT/pass.err"
must grep -q '\*\*\* \[\*\*\*\]' "$OUT/pass.err"
must grep -q '\[1, 2, 5\]' "$OUT/pass.err"
must_not grep -q false "$OUT/pass.err"
umount /mnt/key
nothing_left
