# A run is cut off after each of its records, and resumed; then it is resumed after a reboot, with
# devices under other names, with a changed recipe, while another one is running.

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

# begin FOLDER: runs it in the background; its journal is $journal.
begin() {
    rm -rf "$1"
    "$G" whole.rhai --set disk=/dev/ubda --answers answers.toml --yes --prove --destroy /dev/ubda \
        --journal "$1" >"$1.out" 2>"$1.err" &
    pid=$!
}

# reboot_by_hand: what the end of a kernel does to what is open.
reboot_by_hand() {
    for _ in 1 2 3; do
        grep -o ' /mnt/[^ ]*' /proc/mounts | tac | while read -r at; do umount "$at" 2>/dev/null; done
    done
    swapoff -a; vgchange -qan >/dev/null 2>&1
    for m in $(dmsetup ls 2>/dev/null | grep -v '^No' | cut -f1); do dmsetup remove "$m" 2>/dev/null; done
    nothing_left
}

# --- once without a fault: how many records there are ------------------------------------------
begin /run/calm
wait $pid || { cat /run/calm.err; exit 1; }
nothing_left
records=$(wc -l </run/calm/*/journal.jsonl)
grep -oP '"record":"begin",.*?"name":"\K[^"]*' /run/calm/*/journal.jsonl >>"$OUT/proved"
must_not grep -rq 'not on any disk' /run/calm
cp /run/calm/*/journal.jsonl "$OUT/journal.jsonl"

# --- killed when record N appears ---------------------------------------------------------------
survived=0 tried=0
step=${RESUME_STEP:-8}
for n in $(seq 2 "$step" $((records - 1))); do
    begin /run/killed
    python3 - /run/killed $n $pid <<'PY'
import glob, os, signal, sys, time
folder, wanted, pid = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
end = time.time() + 60
while time.time() < end:
    files = glob.glob(folder + "/*/journal.jsonl")
    if files and open(files[0], "rb").read().count(b"\n") >= wanted:
        break
    time.sleep(0.0005)
os.kill(pid, signal.SIGKILL)
PY
    wait $pid 2>/dev/null
    tried=$((tried + 1))
    # A tool that was running may outlive us.
    sleep 0.3
    state=$("$G" log --journal /run/killed | awk '{ print $NF }')
    [ "$state" = finished ] && { survived=$((survived + 1)); continue; }
    [ "$state" = unfinished ] || { echo "after $n: $state"; exit 1; }
    if [ $((tried % 2)) = 0 ]; then reboot_by_hand; fi
    if "$G" resume --journal /run/killed --answers answers.toml >/run/resumed.out 2>/run/resumed.err; then
        must grep -q 'The machine is as planned' /run/resumed.err
        survived=$((survived + 1))
        nothing_left
    else
        echo "NOT survived: killed at record $n"; cat /run/resumed.err; tail -3 /run/killed/*/journal.jsonl | cut -c1-400
        "$G" release "$(ls /run/killed/*/journal.jsonl)" --yes
        reboot_by_hand
    fi
done
echo "survived $survived of $tried"
[ "$survived" = "$tried" ] || exit 1

# --- what a killed run left is given back; the copy on /boot is enough to go on, or to look around --
begin /run/first
until grep -q '"name":"chroot.run"' /run/first/*/journal.jsonl 2>/dev/null; do sleep 0.05; done
kill -9 $pid; wait $pid 2>/dev/null; sleep 0.5
must "$G" release "$(ls /run/first/*/journal.jsonl)" --yes
nothing_left
must "$G" release "$(ls /run/first/*/journal.jsonl)"
mkdir -p /mnt/stick /run/copy
must mount /dev/ubda1 /mnt/stick; cp -r /mnt/stick/gscript/* /run/copy; must umount /mnt/stick
rm -r /run/first
printf 'see chroot.prepare\ntype cat /etc/motd\nsee hello\ntype exit\n' >acts
must python3 "$PROJECT/tests/lab/typed.py" acts "$G" resume --shell --journal /run/copy --answers answers.toml
nothing_left
must "$G" resume --journal /run/copy --answers answers.toml
nothing_left
ask again "$G" resume "$(ls /run/copy/*/journal.jsonl)" --answers answers.toml
[ "$(cat again.code)" = 3 ] || { cat again.err; exit 1; }
must_not grep -rq 'not on any disk' /run/copy
