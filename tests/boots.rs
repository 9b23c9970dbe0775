//! What was installed boots: the disk that a recipe made in the virtual machine starts an emulated PC, from
//! its own boot sector, with the stick as a USB device, down to the first process on the encrypted root.

use std::fs::{self, OpenOptions};
use std::io::Write;
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::{Mutex, MutexGuard, OnceLock, PoisonError};
use std::time::{Duration, Instant};

use gscript::system::Interrupts;
use gscript::system::vm::{
    Console, Firmware, Pc, Said, Turn, VmError, build_bootable, find_emulator, find_kernel,
};
use gscript::trial::{Media, PROMPTS, REACHED};
use gscript::types::{Secret, Size};

use crate::dsl::{PROGRAM, project};
use crate::lab::{Lab, skip};
use crate::torture::build_cut;

const COMMON: &str = include_str!("lab/boots.sh");
pub const PASSPHRASE: &str = "correct horse, battery!";
/// What the first process says of the root's way down to the disk.
const CHAIN: &str = "/dev/mapper/vg-root (lvm crypt part disk)";
/// A boot that takes longer hangs.
const LIMIT: Duration = Duration::from_mins(10);
const DISK: &str = "1G";
const STICK: &str = "64M";

/// A disk and a stick, as an installation left them.
pub struct Installed {
    folder: PathBuf,
    /// What was said meanwhile.
    pub console: String,
}

/// What is plugged in, and how it starts.
pub struct Plugged {
    pub firmware: Firmware,
    pub disk: PathBuf,
    pub sectors_4k: bool,
    pub stick: Option<PathBuf>,
}

struct Silent;

impl Console for Silent {
    fn line(&mut self, _line: &str) {}
}

/// Where the root that boots is kept: the folder of `gscript try`, in `target` instead of a person's.
pub fn cache() -> PathBuf {
    project("target/gscript")
}

/// Whether both machines and the root can be had here; if not, that is told and counted.
pub fn possible(test: &str) -> bool {
    let missing = [find_kernel().err(), find_emulator().err()].into_iter().flatten().next();
    let why = missing.map(|missing| missing.to_string()).or_else(|| build_bootable(&cache()).err());
    why.map(|why| skip(test, &why)).is_none()
}

/// A file that nobody else can read.
pub fn write_private(path: &Path, text: &str) {
    let file = OpenOptions::new().write(true).create(true).truncate(true).mode(0o600).open(path);
    file.and_then(|mut file| file.write_all(text.as_bytes())).expect("answers");
}

fn write_answers(path: &Path) {
    write_private(path, &format!("passphrase = {PASSPHRASE:?}\n"));
}

/// `gscript try --boot` of a recipe, with its disks in a folder: it has to reach a root that lies on this.
pub fn try_recipe(
    test: &str,
    folder: &Path,
    firmware: &str,
    args: &[&str],
    chain: &str,
) -> Installed {
    let output = Command::new(PROGRAM)
        .args(["try", "--disk", DISK, "--usb", STICK, "--memory", "512M", "--boot", firmware])
        .args([Path::new("--keep"), folder])
        .args(args)
        .env("XDG_CACHE_HOME", project("target"))
        .output()
        .expect("the program");
    let said = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    let console = said(&output.stdout) + said(&output.stderr).as_str();
    assert!(output.status.success(), "{test}: {console}");
    assert!(console.contains(&format!("{REACHED}{chain}")), "{test}: {console}");
    assert!(!console.contains(PASSPHRASE), "{test}: the passphrase is shown");
    Installed { folder: folder.to_owned(), console }
}

/// The lab's recipe. `None`: there is no virtual machine here.
fn try_boot(test: &str, folder: &Path, firmware: &str, sets: &[&str]) -> Option<Installed> {
    if !possible(test) {
        return None;
    }
    let (answers, recipe) = (folder.join("given.toml"), project("tests/lab/boot.rhai"));
    write_answers(&answers);
    let mut args = vec!["--answers", answers.to_str()?];
    args.extend(sets.iter().flat_map(|set| ["--set", set]));
    args.push(recipe.to_str()?);
    Some(try_recipe(test, folder, firmware, &args, CHAIN))
}

/// One installation that serves several tests, one after the other.
pub type Shared = OnceLock<Option<Mutex<Installed>>>;

/// The one with this name, installed by whoever comes first.
pub fn shared(
    installed: &'static Shared,
    test: &str,
    name: &str,
    install: impl FnOnce(&Path) -> Option<Installed>,
) -> Option<MutexGuard<'static, Installed>> {
    if !possible(test) {
        return None;
    }
    // It outlives the last of them, until the next run.
    let folder = project("target").join(name);
    let installed = installed.get_or_init(|| {
        let _ = fs::remove_dir_all(&folder);
        fs::create_dir_all(&folder).expect("a folder");
        install(&folder).map(Mutex::new)
    });
    // What one test finds wrong is no reason for the others not to look.
    Some(installed.as_ref()?.lock().unwrap_or_else(PoisonError::into_inner))
}

/// One with a key that GPG protects.
fn with_gpg(test: &str) -> Option<MutexGuard<'static, Installed>> {
    static INSTALLED: Shared = OnceLock::new();
    shared(&INSTALLED, test, "boots", |folder| try_boot(test, folder, "bios", &[]))
}

impl Installed {
    fn file(&self, name: &str) -> PathBuf {
        self.folder.join(name)
    }

    /// How it starts once more.
    pub fn plugged(&self) -> Plugged {
        let (disk, stick) = (self.file("disk.img"), Some(self.file("stick.img")));
        Plugged { firmware: Firmware::Bios, disk, sectors_4k: false, stick }
    }

    /// The journal of the installation.
    fn journal(&self) -> String {
        let mut runs = fs::read_dir(self.file("runs")).expect("runs");
        let run = runs.next().expect("a run").expect("a run");
        fs::read_to_string(run.path().join("journal.jsonl")).expect("its journal")
    }

    /// A machine for the lab with copies of both disks.
    pub fn copied(&self) -> Lab {
        let lab = Lab::new(&[DISK, STICK]);
        for (from, to) in [("disk.img", "disk0.img"), ("stick.img", "disk1.img")] {
            let (from, to) = (self.file(from), lab.path().join(to));
            let copied = Command::new("cp").arg("--sparse=always").args([from, to]).status();
            assert!(copied.is_ok_and(|status| status.success()), "the copies");
        }
        lab
    }
}

impl Plugged {
    /// The disks of a lab.
    pub fn of(lab: &Lab) -> Self {
        let (disk, stick) = (lab.path().join("disk0.img"), Some(lab.path().join("disk1.img")));
        Self { firmware: Firmware::Bios, disk, sectors_4k: false, stick }
    }

    pub fn talk(&self, turns: &[Turn<'_>], never: &[&str]) -> Result<Said, VmError> {
        let pc = Pc {
            firmware: self.firmware,
            disk: &self.disk,
            sectors_4k: self.sectors_4k,
            stick: self.stick.as_deref(),
            memory: Size::mib(768),
            folder: self.disk.parent().expect("its folder"),
            limit: LIMIT,
        };
        pc.boot(turns, never, &Interrupts::default(), &mut Silent)
    }

    /// Types each of these at a prompt of its own, and expects the root after the last.
    #[track_caller]
    fn reaches(&self, typed: &[&str]) -> String {
        let secrets: Vec<Secret> = typed.iter().map(|text| secret(text)).collect();
        let ask = |secret| Turn { when: &PROMPTS, reply: Some(secret), optional: false };
        let reached = Turn { when: &[REACHED], reply: None, optional: false };
        let turns: Vec<Turn<'_>> = secrets.iter().map(ask).chain([reached]).collect();
        let said = heard(self.talk(&turns, &[]));
        assert!(said.console.contains(CHAIN) && !said.echoed, "{}", said.console);
        said.console
    }
}

#[track_caller]
pub fn heard(said: Result<Said, VmError>) -> Said {
    said.unwrap_or_else(|error| panic!("{error}\n{}", error.console().join("\n")))
}

pub fn secret(text: &str) -> Secret {
    Secret::new("passphrase", text.as_bytes().to_vec())
}

/// A machine of the lab with what the recipe needs. `None`: there is none here.
fn material(test: &str) -> Option<Lab> {
    if !possible(test) {
        return None;
    }
    let lab = Lab::new(&[DISK, STICK]);
    Media::bootable(lab.path(), &cache(), &Interrupts::default()).expect("the stand-in");
    write_answers(&lab.path().join("answers.toml"));
    Some(lab)
}

#[track_caller]
pub fn in_lab(lab: &Lab, test: &str, script: &str) {
    let (console, code) = lab.boot(test, &format!("{COMMON}\n{script}")).expect("a machine");
    assert_eq!(code, 0, "{console}");
}

#[test]
#[ignore = "minutes: make torture"]
fn torture_boot_with_a_key_that_gpg_protects() {
    let Some(installed) = with_gpg("torture_boot_with_a_key_that_gpg_protects") else { return };
    // It was asked for by the stick's key, not by the container itself.
    assert!(installed.console.contains("Password (/key.gpg on "), "{}", installed.console);
}

#[test]
#[ignore = "minutes: make torture"]
fn torture_boot_with_a_wrong_passphrase_then_the_right_one() {
    let Some(installed) = with_gpg("torture_boot_with_a_wrong_passphrase_then_the_right_one")
    else {
        return;
    };
    installed.plugged().reaches(&["not this one, battery!", PASSPHRASE]);
}

#[test]
#[ignore = "minutes: make torture"]
fn torture_boot_by_efi() {
    let test = "torture_boot_by_efi";
    let folder = tempfile::tempdir().expect("a folder");
    let Some(installed) = try_boot(test, folder.path(), "efi", &["firmware=efi"]) else { return };
    assert!(installed.console.contains("Password (/key.gpg on "), "{}", installed.console);
}

#[test]
#[ignore = "minutes: make torture"]
fn torture_boot_with_a_passphrase_only() {
    let test = "torture_boot_with_a_passphrase_only";
    let folder = tempfile::tempdir().expect("a folder");
    let Some(installed) = try_boot(test, folder.path(), "bios", &["unlock=passphrase"]) else {
        return;
    };
    let nothing = Plugged { stick: None, ..installed.plugged() };
    nothing.reaches(&[PASSPHRASE]);
}

/// Nobody is asked.
fn opens_by_itself(test: &str, sets: &[&str]) {
    let folder = tempfile::tempdir().expect("a folder");
    let Some(installed) = try_boot(test, folder.path(), "bios", sets) else { return };
    let asked = PROMPTS.iter().any(|prompt| installed.console.contains(prompt));
    assert!(!asked, "{}", installed.console);
}

#[test]
#[ignore = "minutes: make torture"]
fn torture_boot_with_a_plain_key() {
    opens_by_itself("torture_boot_with_a_plain_key", &["unlock=key"]);
}

#[test]
#[ignore = "minutes: make torture"]
fn torture_boot_with_the_key_of_a_second_slot() {
    let sets = ["unlock=key", "second=true"];
    opens_by_itself("torture_boot_with_the_key_of_a_second_slot", &sets);
}

#[test]
#[ignore = "minutes: make torture"]
fn torture_boot_with_a_header_that_came_back_from_its_copy() {
    let test = "torture_boot_with_a_header_that_came_back_from_its_copy";
    let Some(installed) = with_gpg(test) else { return };
    let lab = installed.copied();
    in_lab(
        &lab,
        test,
        "must cryptsetup isLuks /dev/ubda3
        must dd if=/dev/zero of=/dev/ubda3 bs=1M count=16 conv=fsync 2>/dev/null
        must_not cryptsetup isLuks /dev/ubda3
        do_ 'mount::mount(\"/dev/ubdb1\", \"/mnt/key\", #{ options: \"umask=0077\" });
            luks::restore_header(\"/dev/ubda3\", \"/mnt/key/root.header\");
            mount::unmount(\"/mnt/key\");'
        nothing_left",
    );
    Plugged::of(&lab).reaches(&[PASSPHRASE]);
}

#[test]
#[ignore = "minutes: make torture"]
fn torture_boot_from_a_disk_with_sectors_of_4_kib() {
    let test = "torture_boot_from_a_disk_with_sectors_of_4_kib";
    let Some(lab) = material(test) else { return };
    in_lab(
        &lab,
        test,
        "must modprobe loop max_part=8
        DISK=$(losetup --find --show --partscan --sector-size 4096 /dev/ubda)
        must test \"$(blockdev --getss $DISK)\" = 4096
        stick
        must install_ --set firmware=efi
        must losetup -d $DISK
        nothing_left",
    );
    let efi = Plugged { firmware: Firmware::Efi, sectors_4k: true, ..Plugged::of(&lab) };
    efi.reaches(&[PASSPHRASE]);
}

/// The number of the record that says that this action is done.
fn record_of(journal: &str, action: &str) -> usize {
    let records: Vec<serde_json::Value> =
        journal.lines().map(|line| serde_json::from_str(line).expect("a record")).collect();
    let begin = records.iter().find(|record| record["name"] == action).expect("its beginning");
    let is_done = |r: &serde_json::Value| r["record"] == "done" && r["call"] == begin["call"];
    records.iter().position(is_done).expect("its end") + 1
}

#[test]
#[ignore = "minutes: make torture"]
fn torture_boot_after_the_power_was_cut_between_initramfs_and_boot_loader() {
    let test = "torture_boot_after_the_power_was_cut_between_initramfs_and_boot_loader";
    let Some(place) = with_gpg(test).map(|it| record_of(&it.journal(), "kernel.initramfs")) else {
        return;
    };
    let lab = material(test).expect("there was one a moment ago");
    build_cut(&lab);
    let until = format!(
        "{COMMON}\nstick\nexport CUT_RECORD={place} CUT_SIGN=$OUT/cut\n\
         LD_PRELOAD=$OUT/cut.so install_; echo \"not cut off: $?\""
    );
    let (console, cut) = lab.cut(test, &until).expect("a machine");
    assert!(cut, "{console}");
    in_lab(
        &lab,
        test,
        "journal=$(ls $RUNS/*/journal.jsonl)
        must_not grep -q boot.grub_install $journal
        must \"$G\" resume --journal $RUNS \"${ANSWERS[@]}\"
        must grep -q boot.grub_install $journal
        [ \"$(grep -c '\"name\":\"kernel.initramfs\"' $journal)\" = 1 ] || { echo 'made again'; exit 1; }
        nothing_left",
    );
    Plugged::of(&lab).reaches(&[PASSPHRASE]);
}

/// The processes of a virtual machine that was given a file of this folder.
fn machines(kernel: &str, folder: &Path) -> Vec<String> {
    let folder = folder.to_string_lossy();
    let ours = |entry: std::io::Result<fs::DirEntry>| {
        let line = fs::read(entry.ok()?.path().join("cmdline")).ok()?;
        let line = String::from_utf8_lossy(&line).replace('\0', " ");
        let program = line.split(' ').next().is_some_and(|program| program.ends_with(kernel));
        (program && line.contains(&*folder)).then_some(line)
    };
    fs::read_dir("/proc").expect("processes").filter_map(ours).collect()
}

/// Waits for something that happens sooner or later.
#[track_caller]
fn comes(what: &str, mut so: impl FnMut() -> bool) {
    let begin = Instant::now();
    while !so() {
        assert!(begin.elapsed() < LIMIT, "{what}: never");
        std::thread::sleep(Duration::from_millis(50));
    }
}

#[test]
fn a_virtual_machine_ends_with_the_program_that_was_killed() {
    if !possible("a_virtual_machine_ends_with_the_program_that_was_killed") {
        return;
    }
    for kernel in ["linux.uml", "qemu-system-x86_64"] {
        let folder = tempfile::tempdir().expect("a folder");
        let folder = folder.path();
        let recipe = folder.join("table.rhai");
        // Nothing is on it that could boot: the emulated PC stands still.
        let table = "disk::partition(\"/dev/ubda\", [#{ size: \"rest\" }]);";
        fs::write(&recipe, table).expect("a recipe");
        let mut program = Command::new(PROGRAM)
            .args(["try", "--disk", "8M", "--usb", "8M", "--boot", "bios", "--keep"])
            .args([folder, &recipe])
            .env("XDG_CACHE_HOME", project("target"))
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .expect("the program");
        comes(kernel, || {
            let ended = program.try_wait().expect("its state");
            assert_eq!(ended, None, "{kernel} was not started");
            // The guest works by then, or has.
            !machines(kernel, folder).is_empty() && folder.join("runs").exists()
        });
        program.kill().expect("it can be killed");
        program.wait().expect("its end");
        comes("the end of all of it", || machines(kernel, folder).is_empty());
    }
}
