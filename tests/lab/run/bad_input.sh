#!/bin/bash
# Bad input: every message is compared with the snapshot, and nothing changes on any disk.
#
# disks: 512M 64M
# tier: make lab
# takes: 275 s
. "${0%/*}/../lib/cases.sh"

it 'no disk changes, whatever the input'
do_ 'disk::partition("/dev/ubda", [#{ name: "luks", size: "100M", kind: "luks" }, #{ name: "pv", size: "100M", kind: "lvm" }, #{ name: "swap", size: "20M", kind: "swap" }, #{ name: "fs", size: "50M" }, #{ name: "free", size: "20M" }]);
key::generate("/run/good.key");
luks::format("/dev/ubda1", #{ key: "/run/good.key", '"$KDF"' });
lvm::vg_create("vg", [lvm::pv_create("/dev/ubda2")]);
lvm::lv_create("vg", "lv", "20M"); fs::make("/dev/vg/lv"); mount::mount("/dev/vg/lv", "/mnt/lv");
fs::swap("/dev/ubda3"); mount::swap_on("/dev/ubda3");
fs::make("/dev/ubda4", #{ label: "data" }); mount::mount("/dev/ubda4", "/mnt/data");
luks::open("/dev/ubda1", "crypt", #{ key: "/run/good.key" });'
touch /run/empty.key; chmod 400 /run/empty.key
head -c 64 /dev/urandom >/run/open.key; chmod 644 /run/open.key
head -c 64 /dev/zero >/run/zero.key; chmod 400 /run/zero.key
head -c 64 /dev/urandom >/run/wrong.key; chmod 400 /run/wrong.key
head -c 64 /dev/urandom >/mnt/data/same.key; chmod 400 /mnt/data/same.key
head -c 2000 /dev/urandom >binary.rhai
# The root on the disk sees /run, and not the project.
touch /run/program && must mount --bind "$1" /run/program
sed "s|^exec '.*' |exec /run/program |" "$G" >/run/g
chmod 755 /run/g
G=/run/g
mkdir -p /mnt/lv/{bin,dev,proc,sys,run,lib,usr,lib64,tmp,etc}
# Background writes of the kernel to a new filesystem must not count as changes.
for m in /mnt/lv /mnt/data; do mount -o remount,ro $m; done
# Swapping must not count as a change either.
echo 0 >/proc/sys/vm/swappiness
sums() { sync; sha256sum /dev/ubda /dev/ubdb; }
before=$(sums)

# bad NAME RHAI: runs a recipe of one line.
bad() {
    printf '%s\n' "$2" >"bad.rhai"
    # shellcheck disable=SC2046
    ask "$1" "$G" bad.rhai --yes $(everything)
}

bad rollback-seconds 'net::arm_rollback(["lo"], #{ within: 0 });'
bad rollback-link 'net::arm_rollback(["eth99"]);'
bad confirm-unknown 'net::confirm("0123abcd");'
bad confirm-path 'net::confirm("../../etc");'
ask confirm-command "$G" confirm 0123abcd
bad unknown-parameter 'fs::make("/dev/ubda5", #{ lable: "x" });'
bad unknown-primitive 'luks::fromat("/dev/ubda5");'
bad unknown-domain 'lusk::format("/dev/ubda5");'
bad unknown-variable 'fs::make(dikc);'
bad wrong-type 'fs::make(5);'
bad wrong-choice 'fs::make("/dev/ubda5", #{ kind: "etx4" });'
bad missing-parameter 'lvm::lv_create("vg", "x");'
bad no-such-disk 'disk::wipe("/dev/ubdc");'
bad no-such-partition 'fs::make("/dev/ubda9");'
bad too-small 'fs::make("/dev/ubda5", #{ kind: "xfs" });'
bad does-not-fit 'disk::partition("/dev/ubdb", [#{ name: "a", size: "20M" }, #{ name: "b", size: "1G" }]);'
bad mounted 'fs::make("/dev/ubda4");'
bad mounted-below 'disk::partition("/dev/ubda", [#{ size: "rest" }]);'
bad swapping 'disk::wipe("/dev/ubda3");'
bad lvm-member 'luks::format("/dev/ubda2", #{ key: "/run/good.key" });'
bad dm-member 'fs::make("/dev/ubda1");'
bad empty-key 'luks::format("/dev/ubda5", #{ key: "/run/empty.key" });'
bad readable-key 'luks::format("/dev/ubda5", #{ key: "/run/open.key" });'
bad predictable-key 'key::check("/run/zero.key");'
bad missing-key 'luks::format("/dev/ubda5", #{ key: "/run/none.key" });'
bad key-on-same-disk 'luks::format("/dev/ubda5", #{ key: "/mnt/data/same.key" });'
bad no-key 'luks::format("/dev/ubda5");'
bad key-exists 'key::generate("/run/open.key");'
bad mapping-taken 'luks::open("/dev/ubda1", "other", #{ key: "/run/good.key" });'
bad group-taken 'lvm::vg_create("vg", [lvm::pv_create("/dev/ubdb")]);'
bad no-such-group 'lvm::lv_create("vgg", "x", "1M");'
bad no-room 'lvm::lv_create("vg", "x", "1G");'
bad volume-taken 'lvm::lv_create("vg", "lv", "40M");'
bad not-a-container 'luks::open("/dev/ubda4", "x", #{ key: "/run/good.key" });'
bad not-mountable 'mount::mount("/dev/ubda1", "/mnt/x");'
bad mount-point-taken 'mount::mount("/dev/ubda4", "/mnt/lv");'
bad unmount-system 'mount::unmount("/");'
bad close-in-use 'lvm::vg_deactivate("vg");'
bad bad-path 'file::write("../etc/x", "");'
bad bad-mode 'file::chmod("/run/good.key", "rw");'
bad no-directory 'file::write("/run/none/x", "");'
bad not-a-mount 'stage3::unpack("/run/good.key", "/srv");'
bad syntax 'let x = ;'
bad thrown 'throw "my own reason";'
bad endless 'loop { }'
bad lua-like 'fs.make("/dev/ubda5");'

printf 'fs.make("/dev/ubda5", { lable = "x" })\n' >bad.lua; ask lua-unknown-parameter "$G" bad.lua --yes --destroy /dev/ubda5
printf 'fs.mkae("/dev/ubda5")\n' >bad.lua; ask lua-unknown-primitive "$G" bad.lua --yes --destroy /dev/ubda5
printf 'local x = = 1\n' >bad.lua; ask lua-syntax "$G" bad.lua --yes
printf 'print(dsik)\n' >bad.lua; ask lua-unknown-variable "$G" bad.lua --yes
printf 'error("my own reason")\n' >bad.lua; ask lua-thrown "$G" bad.lua --yes

ask binary "$G" binary.rhai --yes
ask missing-recipe "$G" none.rhai --yes
echo true >script.sh; ask not-a-recipe "$G" script.sh --yes
printf '//! ```toml\n//! [params.disk]\n//! type = "dsik"\n//! ```\n' >bad.rhai; ask damaged-front "$G" bad.rhai --yes
printf '//! ```toml\n//! [params.disk]\n//! type = "disk"\n//! ```\nfs::make(disk);\n' >front.rhai
ask unanswered "$G" front.rhai --yes
ask unknown-answer "$G" front.rhai --yes --set dsik=/dev/ubda
ask wrong-answer "$G" front.rhai --yes --set disk=/dev/ubda1
ask no-such-answer "$G" front.rhai --yes --set disk=/dev/sda
printf 'disk = /dev/ubda\n' >answers.toml; ask damaged-answers "$G" front.rhai --yes --answers answers.toml
printf '//! ```toml\n//! [params.passphrase]\n//! type = "secret"\n//! ```\n' >secret.rhai
ask secret-in-argv "$G" secret.rhai --yes --set passphrase=hunter2
printf 'passphrase = "hunter2"\n' >answers.toml; chmod 644 answers.toml
ask secret-in-open-file "$G" secret.rhai --yes --answers answers.toml
ask not-agreed "$G" front.rhai --yes --set disk=/dev/ubdb
ask nobody-to-ask "$G" front.rhai --set disk=/dev/ubdb
printf '//! ```toml\n//! [needs]\n//! writes = ["/tmp"]\n//! ```\nfs::make("/dev/ubdb"); file::write("/tmp/x", "");\n' >needs.rhai
ask needs-exceeded "$G" needs.rhai --yes --destroy /dev/ubdb
printf 'fs::make("/dev/ubdb");\n' >bad.rhai
ask not-root setpriv --reuid=65534 --regid=65534 --clear-groups "$G" bad.rhai --yes --destroy /dev/ubdb
printf 'fs::make("/dev/ubdb", #{ kind: "f2fs" });\n' >bad.rhai
without_f2fs() { mount --bind /dev/null "$(command -v mkfs.f2fs)"; "$@"; }
export -f without_f2fs
ask missing-tool unshare --mount bash -c 'without_f2fs "$@"' - "$G" bad.rhai --yes --destroy /dev/ubdb

# Installations on a machine from a file, which are refused in the plan.
printf 'root_password = "an otter"\n' >install.toml; chmod 600 install.toml
machine() { sed "$2" "$PROJECT/tests/machines/sata.json" >"$1.json"; }
machine pc 's/x/x/'
machine arm 's/"udev": true/"udev": true, "architecture": "aarch64"/'
machine bios 's/"udev": true/"udev": true, "firmware": { "kind": "bios" }/'
python3 - <<'END'
import json
machine = json.load(open("pc.json"))
machine["devices"]["/dev/sdb1"]["content"]["kind"] = "ntfs"
json.dump(machine, open("ntfs.json", "w"))
END
STAGE3=/var/tmp/stage3-amd64-openrc-20260614T164557Z.tar.xz
# refused_plan NAME RECIPE MACHINE SET…
refused_plan() {
    local name=$1 recipe=$2 machine=$3 sets=() one
    shift 3
    for one; do sets+=(--set "$one"); done
    ask "install-$name" "$G" plan "$recipe" --machine "$machine.json" --answers install.toml --set stage3=$STAGE3 "${sets[@]}"
}
refused_plan other-architecture gentoo arm disk=/dev/sda
refused_plan other-init gentoo pc disk=/dev/sda init=systemd
refused_plan nvram-by-bios gentoo bios disk=/dev/sda nvram=true
refused_plan stick-with-ntfs encrypted-root ntfs disk=/dev/sda key_dev=/dev/sdb1
refused_plan small-boot encrypted-root pc disk=/dev/sda key_dev=/dev/sdb1 boot_size=256M
refused_plan sshd-without-keys gentoo pc disk=/dev/sda sshd=true
refused_plan networkd-with-openrc gentoo pc disk=/dev/sda network=systemd-networkd
refused_plan gateway-elsewhere gentoo pc disk=/dev/sda network=static interface=e0 address=192.0.2.1/24 gateway=192.0.3.1
refused_plan mirror-by-ftp gentoo pc disk=/dev/sda 'mirror=https://one.example ftp://two.example'
refused_plan no-mirror gentoo pc disk=/dev/sda 'mirror= '
refused_plan proxy-with-password gentoo pc disk=/dev/sda proxy=http://ada:secret@proxy:3128
refused_plan no-efi-partition gentoo pc layout=md-raid1 disks=/dev/sda,/dev/sdb
refused_plan root-in-memory gentoo pc layout=tmpfs-root disk=/dev/sda
refused_plan key-off-the-stick gentoo pc layout=luks-lvm disk=/dev/sda key=/root/root.key
refused_plan esp-without-fat gentoo pc layout=beside-another-system root_dev=/dev/sda2 esp=/dev/sda3
refused_plan no-swap encrypted-root pc disk=/dev/sda key_dev=/dev/sdb1 hibernate=true swap_size=0
refused_plan ssh-without-passphrase encrypted-root pc disk=/dev/sda key_dev=/dev/sdb1 remote_unlock=ssh unlock_keys=/root/a.pub
printf 'passphrase = "a badger"\n' >>install.toml
refused_plan chip-without-systemd encrypted-root pc disk=/dev/sda unlock=passphrase token=tpm2

# Stage3 tarballs that are not what Gentoo signed, which only a run can find.
export GNUPGHOME=/run/gpg
mkdir -m 700 $GNUPGHOME
for key in good other; do gpg --batch --quiet --passphrase '' --quick-generate-key $key ed25519 sign 1d; gpg --armor --export $key >$key.asc; done
echo content >tree; tar -cJf unsigned.tar.xz tree; cp unsigned.tar.xz foreign.tar.xz; cp unsigned.tar.xz changed.tar.xz
gpg --batch --quiet --local-user other --armor --output foreign.tar.xz.asc --detach-sign foreign.tar.xz
gpg --batch --quiet --local-user good --armor --output changed.tar.xz.asc --detach-sign changed.tar.xz
printf x >>changed.tar.xz
gpgconf --kill all
printf 'passphrase = "a badger"\n' >install.toml
for what in unsigned foreign changed missing; do
    ask "install-stage3-$what" "$G" encrypted-root --yes --destroy /dev/ubdb --answers install.toml --set disk=/dev/ubdb --set unlock=passphrase \
        --set boot_size=8M --set swap_size=4M --set kdf_memory=8M --set goal=base --set stage3="$OUT/$what.tar.xz" --set stage3_keys="$OUT/good.asc"
done
# Only what a user has to know: not the lines of the modules, nor what gpg prints.
sed -i -E '/^ *-->|^ *[0-9]* *\||= called from|^ +[a-z\/-]+\.rhai:|= output:|^ +gpg:|[0-9] %$/d; s/^ += / = /' install-*.err

bad share-root 'virtiofs::share("/", "/run/a.sock");'
bad share-missing 'virtiofs::share("/none", "/run/a.sock");'
bad share-map 'virtiofs::share("/etc", "/run/a.sock", #{ xattrmap: "a b" });'
bad vm-share 'qemu::start("vm", #{ shares: #{ fs: "/run/a.sock" } });'
bad vm-kernel 'qemu::start("vm", #{ kernel: "/none" });'
bad vm-initrd 'qemu::start("vm", #{ initrd: "/none" });'
bad vm-disk 'qemu::start("vm", #{ disks: ["/dev/ubda"] });'
bad vm-tap 'qemu::start("vm", #{ tap: "none0" });'
bad vm-user 'qemu::start("vm", #{ user: "nobodyy" });'
bad vm-owner 'qemu::start("lib", #{ user: "nobody", path: "/var" });'
bad vm-missing 'qemu::stop("vm");'
bad domain-xml 'libvirt::domain_xml("/etc/hostname", "/etc", "fs");'

without_uml() { mount --bind /dev/null "$(command -v linux.uml)"; "$@"; }
export -f without_uml
ask no-virtual-machine unshare --mount bash -c 'without_uml "$@"' - "$G" try bad.rhai

# From a root on the disk: the disk holds the running system.
printf 'disk::partition("/dev/ubda", [#{ size: "rest" }]);\n' >bad.rhai
for d in dev proc sys run lib usr lib64 bin tmp etc; do mount --rbind /$d /mnt/lv/$d; done
mkdir -p "/run/here" && cp bad.rhai /run/here/
ask root-disk chroot /mnt/lv /run/g /run/here/bad.rhai --yes --destroy /dev/ubda
for d in dev proc sys run lib usr lib64 bin tmp etc; do umount -R -l /mnt/lv/$d; done

# Links, control groups and guests: names, what is missing, what is taken.
C=/sys/fs/cgroup
mountpoint -q $C || must mount -t cgroup2 cgroup2 $C
mkdir -p /var/lib/lxc/{taken/rootfs,fresh/rootfs} /usr/share/lxc/templates
echo 'lxc.uts.name = taken' >/var/lib/lxc/taken/config
printf 'lxc.network.link = br0\n' >/run/early.conf
rm -f /etc/subuid /etc/subgid
bad link-slash 'bridge::create("br/0");'
bad link-long 'bridge::create("guests-of-the-lab");'
bad link-dots 'tap::create("..");'
bad link-space 'veth::create("a b", "eth0");'
bad link-taken 'bridge::create("lo");'
bad link-missing 'net::up("eth99");'
bad port-missing 'bridge::create("br0"); bridge::add_port("br0", "eth99");'
bad bridge-missing 'bridge::add_port("br99", "lo");'
bad veth-same 'veth::create("va0", "va0");'
bad vlan-number 'vlan::create("lo.5", "lo", 4095);'
bad macvlan-parent 'macvlan::create("mv0", "eth99");'
bad address-bits 'net::add_address("lo", "192.0.2.1");'
bad route-gateway 'net::add_route("198.51.100.0/24", "lo", #{ via: "192.0.2" });'
bad netns-slash 'netns::create("a/b");'
bad cgroup-above 'cgroup::create("../lim");'
bad cgroup-file 'cgroup::create("cgroup.procs");'
bad cgroup-missing 'cgroup::set("none", #{ pids_max: 5 });'
bad cgroup-parent 'cgroup::create("none/in");'
bad cgroup-controller 'cgroup::create("huge", #{ controllers: ["hugetlb"] });'
bad cgroup-no-controller 'cgroup::create("lim"); cgroup::set("lim", #{ memory_max: "10M" });'
bad cgroup-weight 'cgroup::create("lim", #{ controllers: ["cpu"] }); cgroup::set("lim", #{ cpu_weight: 20000 });'
bad cgroup-process 'cgroup::create("lim"); cgroup::add_process("lim", 4194303);'
bad cgroup-top 'cgroup::remove("/");'
must mount -o remount,ro $C
bad cgroup-delegation 'cgroup::create("lim");'
must mount -o remount,rw $C
bad guest-name 'lxc::start("a/b");'
bad guest-dots 'lxc::create("..");'
bad guest-missing 'lxc::start("webb");'
bad guest-path-long 'lxc::create("web", #{ path: "/run/abcdefghijklmnopqrstuvwxyz/abcdefghijklmnopqrstuvwxyz/abcdefghijklmnopqrstuvwxyz/abcdefghijklmnopqrstuvwxyz" });'
bad guest-ids 'lxc::create("fresh");'
for file in /etc/subuid /etc/subgid; do echo root:100000:65536 >$file; done
bad guest-root 'lxc::create("web");'
bad guest-template 'lxc::create("web", #{ template: "none" });'
bad guest-taken 'lxc::create("taken");'
bad guest-bridge 'lxc::create("fresh", #{ bridge: "br99" });'
bad guest-gateway 'lxc::create("fresh", #{ gateway: "10.0.0.1" });'
bad guest-no-limit 'lxc::limits("taken");'
bad guest-stopped 'lxc::attach("taken", ["true"]);'
bad convert-missing 'lxc::convert("/run/none.conf");'
bad convert-early 'lxc::convert("/run/early.conf");'
mkdir -p /run/uml/{web,other} /var/lib/uml/idle
head -c 1M /dev/zero | tee /run/uml/web/root.img >/var/lib/uml/idle/root.img
chown -R nobody /run/uml/web
IMAGE=/run/uml/web/root.img
# bad_guest NAME IMAGES USER OPTIONS: starts the guest web.
bad_guest() { bad "uml-$1" "uml::start(\"web\", [$2], \"$3\", #{ path: \"/run/uml\"$4 });"; }
bad_guest root "\"$IMAGE\"" root
bad_guest user "\"$IMAGE\"" nobodyy
bad_guest no-disk '' nobody
bad_guest disk-missing '"/run/uml/web/none.img"' nobody
bad_guest disk-lost '"/run/uml/web/run/web/root.img"' nobody
bad_guest disk-comma '"/run/uml/web/a,b.img"' nobody
bad_guest kernel "\"$IMAGE\"" nobody ', kernel: "/none"'
bad_guest tap "\"$IMAGE\"" nobody ', taps: ["tap9"]'
bad_guest word "\"$IMAGE\"" nobody ', append: ["init=/bin/sh single"]'
bad_guest nested "\"$IMAGE\"" nobody
bad uml-name 'uml::start("a/b", ["'$IMAGE'"], "nobody");'
bad uml-owner 'uml::start("other", ["'$IMAGE'"], "nobody", #{ path: "/run/uml" });'
bad uml-directory 'uml::start("none", ["'$IMAGE'"], "nobody", #{ path: "/run/uml" });'
bad uml-missing 'uml::stop("webb", #{ path: "/run/uml" });'
bad uml-stopped 'uml::mconsole("idle", "version");'
bad uml-command 'uml::mconsole("idle", "halt");'
bad uml-path-long 'uml::stop("web", #{ path: "/run/abcdefghijklmnopqrstuvwxyz/abcdefghijklmnopqrstuvwxyz/abcdefghijklmnopqrstuvwxyz/abcdefghijklmnop" });'
bad uml-image-exists 'uml::image("'$IMAGE'", "8M");'
bad uml-image-small 'uml::image("/run/uml/a.img", "8K");'
bad uml-image-both 'uml::image("/run/uml/a.img", "8M", #{ swap: true, tree: "/run/uml/web" });'
bad uml-image-owner 'uml::image("/run/uml/a.img", "8M", #{ owner: "nobodyy" });'
must_not test -e $C/lim
must_not test -e /sys/class/net/br0
must_not test -e /run/uml/a.img

# Mounted in the mount namespace of another process only.
mkdir -p /run/elsewhere
sfdisk --quiet /dev/ubdb <<<',' && mkfs.ext4 -q /dev/ubdb1
before=$(sums)
unshare --mount --propagation private sh -c 'mount -o ro /dev/ubdb1 /run/elsewhere; echo $$ >/run/elsewhere.pid; exec sleep 1000' &
while [ ! -s /run/elsewhere.pid ]; do sleep 0.1; done
bad mounted-elsewhere 'fs::make("/dev/ubdb1");'
sed -i "s/pid $(cat /run/elsewhere.pid)/pid N/" mounted-elsewhere.err
kill "$(cat /run/elsewhere.pid)"; wait

[ "$before" = "$(sums)" ] || fail "a disk has changed"

# These errors are reported by the tool, or occur only after a container is closed.
do_ 'luks::close("crypt");'
bad name-taken 'luks::open("/dev/ubda1", "vg-lv", #{ key: "/run/good.key" });'
bad wrong-key 'luks::open("/dev/ubda1", "crypt", #{ key: "/run/wrong.key" });'
must_not test -e /dev/mapper/crypt
