#!/bin/bash
# Repairs a machine that does not boot in the interactive shell: inspects, opens and repairs it, saves a recipe,
# releases it.
#
# disks: 64M 64M
# tier: make lab
# takes: 90 s
. "${0%/*}/../lib/cases.sh"

printf 'pass = "not on any disk"\n' >answers.toml; chmod 600 answers.toml
mkdir -p /run/tree/bin /run/tree/etc /run/tree/boot; cp /bin/busybox /run/tree/bin/
for a in sh cat sleep; do ln -s busybox /run/tree/bin/$a; done
echo broken >/run/tree/etc/motd
printf 'UUID=0-0 /data ext4 defaults 0 0\n/dev/ubdb /boot ext2 noauto 0 0\n' >/run/tree/etc/fstab
mkfs.ext2 -q /dev/ubdb
tar -C /run/tree -cf tree.tar .
recipe system.rhai <<END_
//! # A system
//! \`\`\`toml
//! [params.pass]
//! type = "secret"
//! \`\`\`
let inside = luks::open("/dev/ubda", "made", #{ passphrase: { luks::format("/dev/ubda", #{ passphrase: pass, $KDF }); pass } });
lvm::pv_create(inside); lvm::vg_create("vg", [inside]);
fs::make(lvm::lv_create("vg", "root", "100%FREE")); mount::mount("/dev/vg/root", "/mnt/made");
stage3::unpack("$OUT/tree.tar", "/mnt/made");
mount::unmount("/mnt/made"); lvm::vg_deactivate("vg"); luks::close("made");
END_
must "$G" system.rhai --answers answers.toml --yes --destroy /dev/ubda --journal /run/made
nothing_left

# session ACTS…: runs an interactive shell on a terminal; its output is in session.txt.
session() {
    printf '%s\n' "see Ctrl-D quits" "see gscript>" "$@" >acts
    typed acts "$G" >session.txt
}
open=('type :secret pass' 'see pass:' 'type not on any disk' 'see gscript>'
    'type let inside = luks::open("/dev/ubda", "system", #{ passphrase: pass });' 'see Run it?' 'type yes' 'see gscript>'
    'type lvm::vg_activate("vg")' 'see Run it?' 'type yes' 'see gscript>'
    'type mount::mount("/dev/vg/root", "/mnt/gentoo")' 'see Run it?' 'type yes' 'see gscript>')

it 'a rescue in the shell, saved as a recipe'
must session 'type luks::containers()' 'see /dev/ubda' 'see gscript>' "${open[@]}" \
    'type :machine' 'see /mnt/gentoo' 'see gscript>' \
    'type chroot::prepare("/mnt/gentoo")' 'see Run it?' 'type yes' 'see gscript>' \
    'type chroot::run("/mnt/gentoo", ["cat", "/etc/motd"]).stdout' 'see Run it?' 'type yes' 'see broken' 'see gscript>' \
    'type file::write("/mnt/gentoo/etc/motd", "mended\n")' 'see -broken' 'see +mended' 'see Run it?' 'type yes' 'see gscript>' \
    'type :diff' 'see /mnt/gentoo' 'see gscript>' 'type :log' 'see luks::open' 'see gscript>' \
    'type :save mended.rhai' 'see 6 actions' 'see gscript>' 'type :save mended.lua' 'see gscript>' \
    'type file::write("/mnt/gentoo/etc/other", "x")' 'see Run it?' 'type yes' 'see gscript>' \
    'type :undo' 'see rm /mnt/gentoo/etc/other' 'see gscript>' 'type :redo' 'see Run it?' 'type yes' 'see gscript>' \
    'type :undo' 'see rm /mnt/gentoo/etc/other' 'see gscript>' \
    'type :quit' 'see release with: ' 'see Release or keep it?' 'type r' 'see umount /mnt/gentoo'
nothing_left
must_not grep -rq 'not on any disk' "$GSCRIPT_STATE"
for file in mended.rhai mended.lua; do must grep -q 'type = "secret"' $file; must grep -q 'mended' $file; done
must grep -q 'luks::open(dev_ubda, "system", #{ passphrase: pass });' mended.rhai
must grep -q 'luks.open(dev_ubda, "system", { passphrase = pass })' mended.lua

it 'a saved session does the same again'
must session 'type fs::make("/dev/ubdb", #{ label: "kept" })' 'see Type its name (ubdb)' 'type ubdb' 'see gscript>' \
    'type mount::mount("/dev/ubdb", "/mnt/kept")' 'see Run it?' 'type yes' 'see gscript>' \
    'type file::write("/mnt/kept/file", "kept\n")' 'see Run it?' 'type yes' 'see gscript>' \
    'type :save kept.lua' 'see gscript>' 'type :save kept.rhai' 'see 3 actions' 'type :quit' 'see Release or keep' 'type r'
nothing_left
for language in rhai lua; do
    [ $language = lua ] && end='mount.unmount("/mnt/kept")' || end='mount::unmount("/mnt/kept");'
    echo "$end" >>kept.$language
    must "$G" kept.$language --set dev_ubdb=/dev/ubdb --yes --destroy /dev/ubdb --prove --journal /run/kept
    must mount /dev/ubdb /mnt; must [ "$(cat /mnt/file)" = kept ]; must umount /mnt
done

it ':rescue finds what is to be done'
must session 'type :rescue' 'see /dev/ubda is a LUKS container that is not unlocked' 'see passphrase:' 'type not on any disk' \
    'see Run it?' 'type yes' 'see the volume group vg is not active' 'see Run it?' 'type yes' \
    'see may be the root and is not mounted; check' 'see may be the root' 'see Run it?' 'type yes' \
    'see Skipped /data (' 'see there is no device UUID=0-0' 'see fstab has /dev/ubdb on /boot' 'see Run it?' 'type yes' \
    'see which a chroot needs' 'see Run it?' 'type yes' 'see No further problems found' 'see gscript>' \
    'type :quit' 'see Release or keep it?' 'type r' 'see cryptsetup close'
nothing_left

it 'completion, continued lines, sizes, vi and Lua'
must session 'keys luks::cont\t' 'see luks::containers(' 'keys )\r' 'see /dev/ubda' 'see gscript>' \
    'keys disk::info("/dev/ub\t' 'see ubda' 'keys \x03' 'see gscript>' \
    'type let m = #{ a: 1,' 'see ...' 'type b: 2 };' 'see gscript>' 'type m.a + m.b' 'see 3' 'see gscript>' \
    'size 12 40' 'type disk::list().len()' 'see 3' 'see gscript>' 'size 24 80' \
    'type :lua' 'see gscript lua>' 'type local x = 20' 'type 20 + 22' 'see 42' 'see gscript lua>' 'type :rhai' \
    'type :vi' 'see gscript>' 'type 6 * 7' 'see 42' 'see gscript>' \
    'type luks::opn("x")' 'see did you mean luks::open' 'see gscript>' 'keys \x04'
seq 500 | sed 's/.*/let x& = &;/' >paste.rhai; echo 'print(`sum ${x1 + x500}`);' >>paste.rhai
must session 'paste paste.rhai' 'see sum 501' 'see gscript>' 'keys \x04'

it 'nothing happens in a plan'
before=$(sha256sum </dev/ubda)
must session 'type :plan on' 'see gscript plan>' 'type fs::make("/dev/ubda")' 'see mkfs.ext4' 'see gscript plan>' \
    'type mount::mount("/dev/ubda", "/mnt")' 'see gscript plan>' 'type :machine' 'see ext4' 'see gscript plan>' \
    'type :real' 'see gscript>' 'type disk::list().len()' 'see gscript>' 'type :log' 'see this session has no actions' 'keys \x04'
nothing_left
must [ "$before" = "$(sha256sum </dev/ubda)" ]

it 'Ctrl-C and a lost terminal release everything'
must session "${open[@]}" 'type chroot::run("/mnt/gentoo", ["sleep", "4711"])' 'see Run it?' 'type yes' \
    'run until pgrep -f "sleep 4711"; do sleep 0.1; done' 'keys \x03' 'see will stop after this command' 'keys \x03' 'see gscript>' \
    'type disk::list().len()' 'see 3' 'type :quit' 'see Release or keep' 'type k'
must grep -q ' /mnt/gentoo ' /proc/mounts
must "$G" release --yes
nothing_left
must session "${open[@]}" 'hangup now'
nothing_left
must session "${open[@]}" 'run pkill -TERM -n -x gscript' 'see umount /mnt/gentoo'
nothing_left

it 'a script in a pipe ends at its first failure'
printf 'let n = disk::list()\n  .len();\nn\n:plan on\n\nthrow "enough";\n:lua\n' >piped
"$G" shell <piped >piped.out 2>piped.err; must [ $? = 2 ]
must [ "$(cat piped.out)" = 3 ]
must grep -q enough piped.err
must grep -q session:2 piped.err
echo 'file::write("/run/piped", "x")' | "$G" shell 2>piped.err; must [ $? = 4 ]
must grep -q 'Approval needed, but standard input is not a terminal' piped.err
must [ ! -e /run/piped ]
echo 'fs::make("/dev/ubdb")' | must_not "$G" shell --yes 2>piped.err
echo 'fs::make("/dev/ubdb")' | must "$G" shell --yes --destroy /dev/ubdb
must [ "$(blkid -po value -s TYPE /dev/ubdb)" = ext4 ]

it 'a recipe step by step'
recipe steps.rhai <<END_
//! # Steps
//! \`\`\`toml
//! [params.pass]
//! type = "secret"
//! \`\`\`
/// What is closed is opened.
step("Open");
let inside = luks::open("/dev/ubda", "steps", #{ passphrase: pass });
lvm::vg_activate("vg");
/// A look inside.
step("Look");
mount::mount("/dev/vg/root", "/mnt/steps");
file::write("/mnt/steps/etc/steps", inside);
step("End");
mount::unmount("/mnt/steps"); lvm::vg_deactivate("vg"); luks::close("steps");
END_
# steps COMMAND ACTS…: runs a command step by step on a terminal.
steps() {
    local what=$1; shift
    printf '%s\n' "$@" >acts
    # shellcheck disable=SC2086
    typed acts "$G" $what --answers answers.toml >session.txt
}
must steps 'step steps.rhai --journal /run/steps' 'see chapter 1 of 3' 'see What is closed is opened.' 'see cryptsetup open' 'see run/s' \
    'type r' 'see vgchange' 'see run/s' 'type h' 'see with its variables' 'type inside' 'see /dev/mapper/steps' 'see steps>' 'type :quit' \
    'see vgchange' 'see run/s' 'type c' 'see chapter 2 of 3' 'see mount -t' 'see run/s' 'type r' 'see write /mnt/steps' 'see run/s' \
    'type s' 'see skipped' 'see chapter 3' 'see umount' 'see run/s' 'type b' 'see undone: mount.mount' 'see mount -t' 'see run/s' \
    'type a' 'see Done:'
nothing_left
steps 'step steps.rhai --journal /run/later' 'see run/s' 'type t 2' 'see mount -t' 'see run/s' 'type q' 'see stopped on request'; must [ $? = 4 ]
nothing_left
must steps 'resume --step --journal /run/later' 'see cryptsetup open' 'see Continue?' 'type y' 'see Reopen devices' 'see mount -t' 'see run/s' 'type a' 'see Done:'
nothing_left
must [ "$("$G" log --journal /run/later | awk '{ print $NF }')" = finished ]

it 'a recipe in Lua step by step'
cat >steps.lua <<END_
--- # Steps
--- \`\`\`toml
--- [params.pass]
--- type = "secret"
--- \`\`\`
--- What is closed is opened.
step("Open")
local inside = luks.open("/dev/ubda", "steps", { passphrase = pass })
lvm.vg_activate("vg")
step("Look")
mount.mount("/dev/vg/root", "/mnt/steps")
file.write("/mnt/steps/etc/steps", "as written")
step("End")
mount.unmount("/mnt/steps")
lvm.vg_deactivate("vg")
luks.close("steps")
END_
steps 'step steps.lua --journal /run/lua' 'see chapter 1 of 3' 'see What is closed is opened.' 'see run/s' 'type r' \
    'see vgchange' 'see run/s' 'type h' 'see with its variables' 'type inside' 'see /dev/mapper/steps' 'see steps lua>' 'type :quit' \
    'see run/s' 'type r' 'see mount -t' 'see run/s' 'type b' 'see undone: lvm.vg_activate' 'see vgchange' 'see run/s' 'type t 3' \
    'see umount' 'see run/s' 'type q' 'see stopped on request'; must [ $? = 4 ]
nothing_left
must steps 'resume --step --journal /run/lua' 'see Continue?' 'type y' 'see run/s' 'type a' 'see Done:'
nothing_left
sed -i 's/as written/typed first/' steps.lua
export EDITOR='sed -i s/typed.first/changed/'
must steps 'step steps.lua --journal /run/edited' 'see run/s' 'type t 2' 'see mount -t' 'see run/s' 'type r' 'see +typed first' \
    'see run/s' 'type e' 'see +file.write' 'see Continue with the changed recipe?' 'type yes' 'see +changed' 'see run/s' 'type a' 'see Done:'
nothing_left
