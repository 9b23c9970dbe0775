#!/bin/bash
# crypttab.*, dmcrypt.*, system.*, service.*, kernel.config and kernel.require, in a root of its own.
#
# disks: 64M
# tier: make test
# takes: 60 s
. "${0%/*}/../lib/cases.sh"
. "$LAB/lib/target.sh"

it 'settings are edited, and what else is in the files stays'
target /mnt/t
T=/mnt/t
rm -f $T/etc/machine-id $T/etc/localtime $T/etc/timezone $T/etc/locale.gen
mkdir -p $T/etc/conf.d $T/etc/env.d
printf '# mine\nhostname="localhost" # old\nunknown=1\n' >$T/etc/conf.d/hostname
head -c 64 /dev/urandom >"$OUT/key"; chmod 400 "$OUT/key"
do_ 'luks::format("/dev/ubda", #{ key: "'"$OUT"'/key", '"$KDF"' });'
UUID=$(cryptsetup luksUUID /dev/ubda)

# Edited files keep foreign contents; links are followed inside the root.
printf '# <name> <device>\nother  UUID=x none\n' >$T/etc/crypttab
mkdir $T/etc/real && mv $T/etc/conf.d/hostname $T/etc/real/ && ln -s /etc/real/hostname $T/etc/conf.d/hostname
same_again 'crypttab::set("/mnt/t", "hdd_a", "/dev/ubda", #{ options: "luks,discard" });
dmcrypt::set("/mnt/t", "home", "/dev/ubda", #{ key: "/k.gpg:gpg" });
system::hostname("/mnt/t", "box", #{ init: "openrc" });
system::timezone("/mnt/t", "Europe/Vienna", #{ init: "openrc" });
system::keymap("/mnt/t", "de", #{ init: "openrc" });
system::locale("/mnt/t", ["de_AT"], #{ init: "openrc" });
system::machine_id("/mnt/t");'
printf '# <name> <device>\nother  UUID=x none\nhdd_a UUID=%s none luks,discard\n' "$UUID" | must cmp - $T/etc/crypttab
printf '# mine\nhostname="box" # old\nunknown=1\n' | must cmp - $T/etc/real/hostname
must test -L $T/etc/conf.d/hostname
must grep -q "^source=\"UUID=$UUID\"" $T/etc/conf.d/dmcrypt
must test "$(chroot $T date -d @0 +%z)" = +0100
must test "$(cat $T/etc/timezone)" = Europe/Vienna
chroot $T locale -a | grep -q '^de_AT' || fail
must grep -qE '^[0-9a-f]{32}$' $T/etc/machine-id
must_not grep -q box /etc/hostname
says 'print(crypttab::entries("/mnt/t")[1].options);' luks,discard
same_again 'crypttab::remove("/mnt/t", "hdd_a"); crypttab::remove("/mnt/t", "none");'
printf '# <name> <device>\nother  UUID=x none\n' | must cmp - $T/etc/crypttab
refused 'there is no time zone' 'system::timezone("/mnt/t", "Europe/Atlantis");'
refused 'expected a host name' 'system::hostname("/mnt/t", "a b");'
refused 'is not one of the generated ones' 'system::locale("/mnt/t", ["de_AT"], #{ lang: "fr_FR" });'

it 'links into the running system are refused'
# A root prepared for chroot has mounts of the running system: links into them are refused.
echo mine >/run/victim; mkdir /run/directory
ln -sf /run/victim $T/etc/conf.d/hostname; ln -s /run/directory $T/etc/directory
inside="which belongs to the running system"
fails "$inside" 'chroot::prepare("/mnt/t"); system::hostname("/mnt/t", "box", #{ init: "openrc" });'
fails "$inside" 'chroot::prepare("/mnt/t"); file::write("/etc/directory/new", "x", #{ root: "/mnt/t" });'
fails "$inside" 'chroot::prepare("/mnt/t"); file::make_dir("/etc/directory/new", #{ root: "/mnt/t" });'
must [ "$(cat /run/victim)$(ls /run/directory)" = mine ]
rm $T/etc/conf.d/hostname $T/etc/directory

it 'passwords are in no argument, log or journal'
# Passwords are passed on standard input.
recipe people.rhai <<'END'
//! # People
//! ```toml
//! [params.secret]
//! type = "secret"
//! [params.second]
//! type = "secret"
//! ```
system::user("/mnt/t", "ada", #{ groups: ["audio", "video"] });
system::password("/mnt/t", "root", secret);
system::password("/mnt/t", "ada", secret, #{ again: second });
END
printf 'secret = "correct: horse 🐎"\nsecond = "correct: horse 🐎"\n' >people.toml; chmod 600 people.toml
must "$G" people.rhai --answers people.toml --yes --prove --journal /run/proved
must_not grep -rq 'correct: horse' /run/proved
proved
must python3 - $T <<'END'
import crypt, sys, warnings
for line in open(sys.argv[1] + "/etc/shadow"):
    name, hashed = line.split(":")[:2]
    if name in ("root", "ada") and crypt.crypt("correct: horse 🐎", hashed) != hashed:
        sys.exit(f"{name} has another password")
END

it 'groups of users, and passwords that differ'
must test "$(chroot $T id -nG ada)" = 'ada audio video'
do_ 'system::user("/mnt/t", "ada", #{ groups: ["dialout"] }); system::user("/mnt/t", "ada");'
must test "$(chroot $T id -nG ada)" = 'ada dialout audio video'
must_not grep -q ada /etc/passwd
printf 'secret = "one"\nsecond = "two"\n' >people.toml
must_not "$G" people.rhai --answers people.toml --yes >people.out 2>&1
must grep -q 'the two entries of the password of ada differ' people.out
must_not grep -qE 'one|two"' people.out
refused 'there is no group "nobodys"' 'system::user("/mnt/t", "bob", #{ groups: ["nobodys"] });'
refused 'got "--root"' 'system::user("/mnt/t", "--root");'

it "services in OpenRC's runlevels"
# OpenRC's runlevels.
rm -f $T/etc/runlevels/*/dbus $T/etc/runlevels/*/udev
same_again 'service::enable("/mnt/t", "dbus", #{ init: "openrc" });
service::enable("/mnt/t", "udev", #{ runlevel: "sysinit", init: "openrc" });'
must test "$(readlink $T/etc/runlevels/default/dbus)" = /etc/init.d/dbus
same_again 'service::disable("/mnt/t", "dbus", #{ init: "openrc" });'
must_not test -e $T/etc/runlevels/default/dbus
says 'print(service::status("/mnt/t", "udev", #{ init: "openrc" }).runlevels);' '["sysinit"]'
refused 'there is no service nonesuch' 'service::enable("/mnt/t", "nonesuch", #{ init: "openrc" });'
refused 'there is no runlevel odd' 'service::enable("/mnt/t", "dbus", #{ runlevel: "odd", init: "openrc" });'

it 'a service of the machine itself'
mkdir -p /run/openrc/{daemons,exclusive,failed,hotplugged,inactive,options,scheduled,started,starting,stopping,tmp,wasinactive}; : >/run/openrc/softlevel
cat >/etc/init.d/napper <<'END'
#!/sbin/openrc-run
command=/usr/bin/sleep
command_args=1000
command_background=yes
pidfile=/run/napper.pid
END
chmod 755 /etc/init.d/napper
same_again 'service::enable("/", "napper", #{ init: "openrc" });'
must test "$(readlink /etc/runlevels/default/napper)" = /etc/init.d/napper
same_again 'service::start("napper", #{ init: "openrc" });'
napper=$(cat /run/napper.pid)
must kill -0 "$napper"
says 'print(service::status("/", "napper", #{ init: "openrc" }).started);' true
same_again 'service::stop("napper", #{ init: "openrc" }); service::disable("/", "napper", #{ init: "openrc" });'
must_not test -L /etc/runlevels/default/napper
# Orphans are not reaped in this machine.
cat "/proc/$napper/status" 2>/dev/null | must_not grep -q 'State:.[SRD]'

it 'options of a kernel are set and required'
cp /usr/share/doc/user-mode-linux/config.gz "$OUT/config.gz"
mkdir -p $T/usr/src/linux-6.6.62-test
ln -sfn linux-6.6.62-test $T/usr/src/linux
same_again 'kernel::config("/mnt/t", #{ CONFIG_DM_CRYPT: "m", CRYPTO_XTS: "y", HZ: 1000, LOCALVERSION: "-mine", NEW: "n" }, #{ base: "'"$OUT"'/config.gz" });'
zcat "$OUT/config.gz" >before
diff before $T/usr/src/linux/.config | grep -c '^>' >changed
must test "$(cat changed)" -le 4
must grep -qx 'CONFIG_LOCALVERSION="-mine"' $T/usr/src/linux/.config
must grep -qx CONFIG_HZ=1000 $T/usr/src/linux/.config
says 'print(kernel::option("/mnt/t", "CONFIG_DM_CRYPT") + kernel::option("/mnt/t", "NONESUCH"));
print(kernel::require("/mnt/t", "nothing", #{ options: #{ DM_CRYPT: "m", CRYPTO_XTS: "m" } }).len());' 'mn
2'
refused 'lacks 1 option(s):' 'kernel::require("/mnt/t", "nothing", #{ options: #{ BTRFS_NONE: "y", DM_CRYPT: "m" } });'
must grep -q 'BTRFS_NONE  is n, must be y'  refused.out
refused 'Crypt target support' 'kernel::require("/mnt/t", "nothing", #{ options: #{ DM_CRYPT: "y" } });'
# An option that the Kconfig files of the sources do not define cannot be set, and is not required.
mkdir -p $T/usr/src/linux/drivers/md
printf 'mainmenu "Linux"\nsource "drivers/md/Kconfig"\n' >$T/usr/src/linux/Kconfig
printf 'menuconfig MD\nconfig DM_CRYPT\n\tdepends on MD\n' >$T/usr/src/linux/drivers/md/Kconfig
says 'print(kernel::require("/mnt/t", "nothing", #{ options: #{ CRYPTO_MICHAEL_MIC: "y" } })[0].found);' 'no such option'
refused 'DM_CRYPT  is m, must be y' 'kernel::require("/mnt/t", "nothing", #{ options: #{ CRYPTO_MICHAEL_MIC: "y", DM_CRYPT: "y" } });'
must_not grep -q 'MICHAEL_MIC  is' refused.out
must modprobe configs
says 'print(kernel::require("/", "encrypted-root", #{ check: false })[0].option);' BLK_DEV_INITRD
umount /mnt/t
nothing_left
