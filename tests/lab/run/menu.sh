#!/bin/bash
# After a failure, a user at a terminal chooses how to continue, with everything still open.
#
# disks: 64M 64M
# tier: make lab
# takes: 40 s
. "${0%/*}/../lib/cases.sh"

printf 'secret = "not on any disk"\n' >answers.toml; chmod 600 answers.toml
mkdir -p /run/tree/bin /run/tree/etc; cp /bin/busybox /run/tree/bin/
for a in sh cat test; do ln -s busybox /run/tree/bin/$a; done
tar -C /run/tree -cf tree.tar .

recipe menu.rhai <<END_
//! # What can fail
//! \`\`\`toml
//! [params.disk]
//! type = "disk"
//! [params.secret]
//! type = "secret"
//! \`\`\`
step("Below");
luks::format(disk, #{ passphrase: secret, $KDF });
let inside = luks::open(disk, "menu", #{ passphrase: secret });
fs::make(inside);
mount::mount(inside, "/mnt/menu");
stage3::unpack("$OUT/tree.tar", "/mnt/menu");
step("May fail");
chroot::run("/mnt/menu", ["test", "-e", "/etc/ready"]);
file::write("/mnt/menu/etc/after", "later\n");
step("End");
mount::unmount("/mnt/menu");
luks::close("menu");
END_
cp menu.rhai whole.rhai

mkfs.ext2 -q /dev/ubdb

# go ACTS: starts the run again and types; the journals of the last run are in /run/menu.
go() {
    rm -rf /run/menu
    cp whole.rhai menu.rhai
    printf '%s\n' "see Type its name (ubda)" "type ubda" "see Type the directory (/mnt/menu)" "type /mnt/menu" "see What now?" "$@" >acts
    typed acts "$G" menu.rhai --set disk=/dev/ubda --answers answers.toml --journal /run/menu >menu.txt
}
# inside FILE: prints a file in the container.
inside() {
    printf 'not on any disk' | cryptsetup open /dev/ubda look --key-file -
    mount /dev/mapper/look /mnt; cat "/mnt/$1"; code=$?
    umount /mnt; cryptsetup close look
    return $code
}
shown() { must grep -q "$1" menu.txt; }

it 'retry'
must go "run grep -q ' /mnt/menu ' /proc/mounts" "type r" "see chroot failed: exit code 1" "see What now?" \
    "run touch /mnt/menu/etc/ready" "type r" "see Done:"
nothing_left
must [ "$(inside etc/after)" = later ]
must [ "$(grep -c '"record":"begin".*"name":"luks.format"' /run/menu/*/journal.jsonl)" = 1 ]

it 'interactive shell with the variables of the recipe'
must go "type h" "see Interactive shell in menu.rhai" "type inside" "see /dev/mapper/menu" \
    'type file::write("/mnt/menu/etc/ready", disk);' "see Run it?" "type yes" "see file.write" \
    "type mount::mount(\"/dev/ubdb\", \"/mnt/menu/etc\")" "see Run it?" "type yes" "see mount.mount" \
    "type :undo" "see umount /mnt/menu/etc" "type luks::close(\"menu\")" "see is mounted at" "see menu>" "type :quit" \
    "see What now?" "type r" "see Done:"
nothing_left
[ "$(inside etc/after; inside etc/ready)" = "later
/dev/ubda" ] || fail
must grep -q '"record":"undone","call":109951162' /run/menu/*/journal.jsonl

it 'skip'
must go "see skip chroot.run" "see no later action" "type s" "see skipped" "see Done:"
nothing_left
must [ "$(inside etc/after)" = later ]
must grep -q '"record":"skipped"' /run/menu/*/journal.jsonl
"$G" log --journal /run/menu "$(ls /run/menu)" | must grep -q 'chroot.run.*skipped'

it 'edit'
export EDITOR="sed -i s/ready/after2/;s/later/mended/"
go "see edit menu.rhai" "type e" "see +chroot::run" "see Continue with the changed recipe?" "type yes" \
    "see What now?" "run touch /mnt/menu/etc/after2" "type r" "see Done:" || fail
nothing_left
must [ "$(inside etc/after)" = mended ]
# An invalid recipe changes nothing.
export EDITOR="sed -i s/step(.May/step((/"
go "type e" "see What now?" "type q"; must [ $? = 1 ]
shown 'nothing of this run is mounted or open'
nothing_left

it 'quit, and a lost terminal'
go "type q"; must [ $? = 1 ]
nothing_left
must [ "$("$G" log --journal /run/menu | awk '{ print $NF }')" = failed ]
must_not go "hangup now"
grep -q ' /mnt/menu ' /proc/mounts && tail -n 3 /run/menu/*/journal.jsonl
nothing_left

it 'a recipe in Lua'
cat >menu.lua <<END_
--- # What can fail, in Lua
--- \`\`\`toml
--- [params.disk]
--- type = "disk"
--- [params.secret]
--- type = "secret"
--- \`\`\`
step("Below")
luks.format(params.disk, { passphrase = secret, $(printf '%s' "$KDF" | sed 's/#{/{/g; s/:/ =/g') })
local inside = luks.open(params.disk, "menu", { passphrase = secret })
fs.make(inside)
mount.mount(inside, "/mnt/menu")
stage3.unpack("$OUT/tree.tar", "/mnt/menu")
step("May fail")
local function look(name) chroot.run("/mnt/menu", { "test", "-e", "/etc/" .. name }) end
look("ready")
file.write("/mnt/menu/etc/after", "later\n")
step("End")
mount.unmount("/mnt/menu")
luks.close("menu")
END_
rm -rf /run/menu
printf '%s\n' "see Type its name (ubda)" "type ubda" "see Type the directory (/mnt/menu)" "type /mnt/menu" "see called from: menu.lua:16" "see What now?" "type h" "see Interactive shell in menu.lua" \
    "type inside" "see /dev/mapper/menu" "type string.upper(params.disk)" "see /DEV/UBDA" \
    'type file.write("/mnt/menu/etc/ready", params.disk)' "see Run it?" "type yes" "see file.write" \
    "type :undo" "see rm /mnt/menu/etc/ready" "type :redo" "see Run it?" "type yes" "see menu lua>" \
    "type :quit" "see What now?" "type r" "see Done:" >acts
must typed acts "$G" menu.lua --set disk=/dev/ubda --answers answers.toml --journal /run/menu >menu.txt
nothing_left
[ "$(inside etc/after; inside etc/ready)" = "later
/dev/ubda" ] || fail

it 'skipping tells what later steps would miss'
printf 'wrong = "something else"\n' >>answers.toml
sed -i 's/^luks::format(disk, #{ passphrase: secret/luks::format(disk, #{ passphrase: wrong/; s/^.. \[params.secret\]/\/\/! [params.wrong]\n\/\/! type = "secret"\n&/' whole.rhai
go "see skip luks.open" "see these actions will then fail" "see fs.make /dev/mapper/menu" "see more" "type q"
must [ $? = 1 ]
nothing_left
