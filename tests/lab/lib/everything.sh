# A recipe that makes one of everything that a reboot ends, and the files it needs.

recipe whole.rhai <<END_
//! # Everything that ends with a reboot
//! \`\`\`toml
//! [params.disk]
//! type = "disk"
//! [params.secret]
//! type = "secret"
//! \`\`\`
step("Disk");
let parts = disk::partition(disk, [#{ name: "boot", size: "40M" }, #{ name: "root", size: "rest", kind: "luks" }]);
step("Container");
luks::format(parts.root, #{ passphrase: secret, $KDF });
let inside = luks::open(parts.root, "crypt_" + parts.root.sub_string(5), #{ passphrase: secret });
step("Volumes");
lvm::vg_create("whole", [lvm::pv_create(inside)]);
fs::swap(lvm::lv_create("whole", "swap", "16M"));
mount::swap_on("/dev/whole/swap");
fs::make(lvm::lv_create("whole", "root", "100%FREE"));
mount::mount("/dev/whole/root", "/mnt/whole");
fs::make(parts.boot, #{ kind: "ext4", label: "boot" });
mount::mount(parts.boot, "/mnt/whole/boot");
journal::keep_on("/mnt/whole/boot");
step("Files");
stage3::unpack("$OUT/tree.tar", "/mnt/whole");
file::write("/mnt/whole/etc/motd", "hello\n");
chroot::prepare("/mnt/whole");
let said = chroot::run("/mnt/whole", ["cat", "/etc/motd"]);
if said.stdout != "hello\n" { file::write("/mnt/whole/etc/wrong", said.stdout); }
step("End");
chroot::release("/mnt/whole");
mount::unmount("/mnt/whole", #{ recursive: true });
mount::swap_off("/dev/whole/swap");
lvm::vg_deactivate("whole");
luks::close("crypt_" + parts.root.sub_string(5));
END_
printf 'secret = "not on any disk"\n' >answers.toml; chmod 600 answers.toml
mkdir -p /run/tree/bin /run/tree/etc /run/tree/boot; cp /bin/busybox /run/tree/bin/
for a in sh cat; do ln -s busybox /run/tree/bin/$a; done
tar -C /run/tree -cf tree.tar .

# whole DIRECTORY ARGUMENTS…: runs it with its journal in the directory.
whole() {
    local directory=$1
    shift
    "$G" whole.rhai --set disk=/dev/ubda --answers answers.toml --yes --destroy /dev/ubda --journal "$directory" "$@"
}

# killed_at TEXT DIRECTORY: runs it; it is killed when a record with this text is written.
killed_at() {
    rm -rf "$2"
    (export CUT_TEXT=$1 LD_PRELOAD=$OUT/cut.so; whole "$2" --prove >killed.out 2>killed.err)
    must [ $? = 137 ]
    # A tool that was running may outlive it.
    orphans_end
}

# stopped_at TEXT NAME: runs it in the background, with its journal in /run/NAME; it stops when a record with this
# text is written. SIGCONT continues it. Its process is $pid.
stopped_at() {
    rm -rf "/run/$2" /run/stopped
    (export CUT_TEXT=$1 CUT_SIGN=/run/stopped LD_PRELOAD=$OUT/cut.so
    exec "$G" whole.rhai --set disk=/dev/ubda --answers answers.toml --yes --destroy /dev/ubda --journal "/run/$2") >"$2.out" 2>"$2.err" &
    pid=$!
    has_stopped "$1"
}
