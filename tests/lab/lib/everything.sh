# A recipe that makes one of everything that ends with a reboot, and what it needs.

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

# kill_at FOLDER TEXT COUNT PID: kills the process when so many lines of its journal have the text.
kill_at() {
    python3 - "$@" <<'PY'
import glob, os, signal, sys, time
folder, text, wanted, pid = sys.argv[1], sys.argv[2].encode(), int(sys.argv[3]), int(sys.argv[4])
end = time.time() + 60
while time.time() < end:
    files = glob.glob(folder + "/*/journal.jsonl")
    if files and sum(text in line for line in open(files[0], "rb").read().split(b"\n")[:-1]) >= wanted:
        break
    time.sleep(0.0005)
os.kill(pid, signal.SIGKILL)
PY
}
