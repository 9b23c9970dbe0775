#!/bin/bash
# luks.enroll: a security chip, which swtpm plays, unlocks a container.
#
# disks: 64M
# tier: make lab
# takes: 15 s
# needs: /usr/bin/swtpm
# needs: /usr/bin/tpm2_pcrextend
# needs: /usr/bin/systemd-cryptenroll
# needs: /usr/lib/x86_64-linux-gnu/libtss2-tcti-swtpm.so.0
. "${0%/*}/../lib/cases.sh"

CHIP=swtpm:path=/run/swtpm
mkdir /run/chip
# chip: starts the chip, as after a reboot. Without the resource manager of the kernel, it has no room for many sessions.
chip() {
    if [ -e /run/swtpm.pid ]; then
        kill "$(cat /run/swtpm.pid)"
        while [ -e /run/swtpm.pid ]; do sleep 0.1; done
    fi
    must swtpm socket --tpm2 --tpmstate dir=/run/chip --server type=unixio,path=/run/swtpm --ctrl type=unixio,path=/run/swtpm.ctrl \
        --flags not-need-init --pid file=/run/swtpm.pid --daemon
}

it 'the chip gets a key slot of its own, by a key file'
head -c 64 /dev/urandom >/run/key; chmod 400 /run/key
do_ 'luks::format("/dev/ubda", #{ key: "/run/key", '"$KDF"' });'
chip
says 'print(luks::enroll("/dev/ubda", "tpm2", #{ key: "/run/key", hardware: "'$CHIP'" }));' 1
systemd-cryptenroll /dev/ubda >slots.txt || fail
must grep -q '1 tpm2' slots.txt

it 'a passphrase is in no argument, log or journal'
recipe enroll.rhai <<'END'
//! # A chip
//! ```toml
//! [params.passphrase]
//! type = "secret"
//! ```
luks::add_key("/dev/ubda", #{ key: "/run/key", new_passphrase: passphrase, kdf: #{ kind: "pbkdf2", iterations: 1000 } });
luks::enroll("/dev/ubda", "tpm2", #{ passphrase: passphrase, pcrs: "0+7", hardware: "swtpm:path=/run/swtpm" });
END
printf 'passphrase = "correct: horse"\n' >enroll.toml; chmod 600 enroll.toml
chip
"$G" enroll.rhai --answers enroll.toml --yes --prove --journal /run/proved >enroll.out 2>&1 || fail
must_not grep -rq 'correct: horse' /run/proved enroll.out
must grep -rqF 'PASSWORD=*** systemd-cryptenroll' /run/proved
proved

it 'the chip unlocks it, and its registers count'
# What systemd-cryptsetup does at boot.
chip
attach() { /lib/systemd/systemd-cryptsetup attach opened /dev/ubda - "tpm2-device=$CHIP,headless=true" 2>attach.txt; }
must attach
must test -b /dev/mapper/opened
must cryptsetup close opened
chip
must tpm2_startup -T "$CHIP" -c
must tpm2_pcrextend -T "$CHIP" 7:sha256=0000000000000000000000000000000000000000000000000000000000000001
must_not attach
must_not test -b /dev/mapper/opened

it 'a wrong passphrase, a chip that is not there, and LUKS1 are told'
printf 'passphrase = "another"\n' >enroll.toml
sed -i /add_key/d enroll.rhai
ask wrong "$G" enroll.rhai --answers enroll.toml --yes --journal /run/wrong
exits wrong 1
must_not grep -rq another wrong.out wrong.err /run/wrong
printf 'luks::enroll("/dev/ubda", "tpm2", #{ key: "/run/key" });' >none.rhai
ask none "$G" none.rhai --yes --journal /run/none
exits none 1
tells none 'help: check that the chip is on in the firmware'
do_ 'luks::format("/dev/ubda", #{ key: "/run/key", version: "luks1", '"$KDF"' });'
ask old "$G" plan none.rhai
exits old 2
tells old '/dev/ubda is a LUKS1 container, which has no tokens'
tells old 'cryptsetup convert --type luks2 /dev/ubda'
