//! A disk and a stick written by a recipe in the virtual machine, and the emulated PC that they are
//! attached to.

use std::fs::{self, OpenOptions};
use std::io::Write;
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::{Mutex, MutexGuard, OnceLock, PoisonError};
use std::time::Duration;

use gscript::run::trial::{INIT_MESSAGE, Media, PROMPTS};
use gscript::system::Interrupts;
use gscript::types::{Secret, Size};
use gscript::vm::{
    Console, ConsoleTranscript, Firmware, Pc, Turn, VmError, build_bootable, find_emulator,
    find_kernel,
};

use crate::guest::{Call, Lab};
use crate::harness::Missing;
use crate::support::dsl::{PROGRAM, project};

/// The device types below the root, as reported by the first process.
pub const CHAIN: &str = "/dev/mapper/vg-root (lvm crypt part disk)";
pub const PASSPHRASE: &str = "correct horse, battery!";

/// A boot that takes longer counts as hanging.
pub const LIMIT: Duration = Duration::from_hours(1);

pub const DISK: &str = "1600M";

pub const STICK: &str = "64M";

/// A disk and a stick with an installation.
pub struct Installed {
    directory: PathBuf,
    /// Output of the installation and of the boot.
    pub console: String,
}

/// The attached drives and the firmware of an emulated PC.
pub struct PcSetup {
    pub firmware: Firmware,
    pub disk: PathBuf,
    pub sectors_4k: bool,
    pub stick: Option<PathBuf>,
    pub keyboard: bool,
}

struct Silent;

impl Console for Silent {
    fn line(&mut self, _line: &str) {}
}

/// Returns the directory of the bootable root: the cache of `gscript try`, in `target` instead of
/// the user's directory.
pub fn cache() -> PathBuf {
    project("target/gscript")
}

/// Checks whether both virtual machines and the bootable root are available.
pub fn require_machines() -> Result<(), Missing> {
    find_kernel().map_err(|error| Missing(error.to_string()))?;
    find_emulator().map_err(|error| Missing(error.to_string()))?;
    build_bootable(&cache(), &mut |_| ()).map(|_| ()).map_err(Missing)
}

/// Runs a script and returns the path that it prints. Fails with its error output, which names what
/// is missing.
pub fn run_script(script: &str, paths: &[&Path]) -> Result<PathBuf, Missing> {
    let mut command = Command::new("bash");
    let output = command.arg(project(script)).args(paths).output().expect("a shell");
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).trim().to_owned();
    if output.status.success() {
        Ok(PathBuf::from(text(&output.stdout)))
    } else {
        Err(Missing(text(&output.stderr)))
    }
}

/// Writes a file that only its owner can read.
pub fn write_private(path: &Path, text: &str) {
    let file = OpenOptions::new().write(true).create(true).truncate(true).mode(0o600).open(path);
    file.and_then(|mut file| file.write_all(text.as_bytes())).expect("answers");
}

/// A trial with `gscript try --boot`, which must reach a root.
pub struct Trial<'a> {
    /// Relative to the project.
    pub recipe: &'a str,
    pub firmware: &'a str,
    /// The tarball, unless it is the one that `try` makes itself.
    pub media: Option<&'a Media>,
    pub secrets: &'a [(&'a str, &'a str)],
    pub sets: &'a [&'a str],
    /// What the first process prints.
    pub reaches: &'a [&'a str],
}

/// The short recipe of the lab, with a key that is protected by GPG.
pub const SHORT: Trial<'static> = Trial {
    recipe: "tests/lab/boots/boot.rhai",
    firmware: "bios",
    media: None,
    secrets: &[("passphrase", PASSPHRASE)],
    sets: &[],
    reaches: &[INIT_MESSAGE, CHAIN],
};

impl Trial<'_> {
    /// Runs `gscript try --boot` with its disks in this directory.
    pub fn boots(&self, directory: &Path) -> Installed {
        let answers = directory.join("given.toml");
        let lines = self.secrets.iter().map(|(name, value)| format!("{name} = {value:?}\n"));
        write_private(&answers, &lines.collect::<String>());
        let mut command = Command::new(PROGRAM);
        command
            .args(["try", "--disk", DISK, "--usb", STICK, "--memory", "512M"])
            .arg(format!("--boot={}", self.firmware))
            .args([Path::new("--keep"), directory, Path::new("--answers"), &answers])
            .args(self.sets.iter().flat_map(|set| ["--set", set]))
            .env("XDG_CACHE_HOME", project("target"));
        if let Some(Media { archive, keys }) = self.media {
            let keys = keys.as_ref().expect("the keys").display();
            command.arg("--stage3").arg(archive).arg("--set").arg(format!("stage3_keys={keys}"));
        }
        let output = command.arg(project(self.recipe)).output().expect("the program");
        let said = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        let console = said(&output.stdout) + said(&output.stderr).as_str();
        assert!(output.status.success(), "{console}");
        assert!(console.contains(&self.reaches.concat()), "{console}");
        for (name, secret) in self.secrets {
            assert!(!console.contains(secret), "{name} is shown");
        }
        Installed { directory: directory.to_owned(), console }
    }
}

/// One installation that several tests use, one at a time.
pub type Shared = OnceLock<Result<Mutex<Installed>, Missing>>;

/// Returns the installation with this name; the first caller installs it.
pub fn shared(
    installed: &'static Shared,
    name: &str,
    install: impl FnOnce(&Path) -> Result<Installed, Missing>,
) -> Result<MutexGuard<'static, Installed>, Missing> {
    require_machines()?;
    // The directory is kept until the next run.
    let directory = project("target").join(name);
    let installed = installed.get_or_init(|| {
        let _ = fs::remove_dir_all(&directory);
        fs::create_dir_all(&directory).expect("a directory");
        install(&directory).map(Mutex::new)
    });
    // A failure of one test does not prevent the others from using the installation.
    let installed = installed.as_ref().map_err(Clone::clone)?;
    Ok(installed.lock().unwrap_or_else(PoisonError::into_inner))
}

impl Installed {
    fn file(&self, name: &str) -> PathBuf {
        self.directory.join(name)
    }

    /// Returns how the installation is booted again.
    pub fn plugged(&self) -> PcSetup {
        let (disk, stick) = (self.file("disk.img"), Some(self.file("stick.img")));
        PcSetup { firmware: Firmware::Bios, disk, sectors_4k: false, stick, keyboard: false }
    }

    /// Reads the journal of the installation.
    pub fn journal(&self) -> String {
        let mut runs = fs::read_dir(self.file("shared/runs")).expect("runs");
        let run = runs.next().expect("a run").expect("a run");
        fs::read_to_string(run.path().join("journal.jsonl")).expect("its journal")
    }

    /// Returns a machine for the lab with copies of both disks.
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

impl PcSetup {
    /// Attaches the disks of a lab machine.
    pub fn of(lab: &Lab) -> Self {
        let (disk, stick) = (lab.path().join("disk0.img"), Some(lab.path().join("disk1.img")));
        Self { firmware: Firmware::Bios, disk, sectors_4k: false, stick, keyboard: false }
    }

    pub fn talk(&self, turns: &[Turn<'_>], never: &[&str]) -> Result<ConsoleTranscript, VmError> {
        let pc = Pc {
            more_disks: &[],
            program: Path::new(PROGRAM),
            firmware: self.firmware,
            disk: &self.disk,
            sectors_4k: self.sectors_4k,
            stick: self.stick.as_deref(),
            keyboard: self.keyboard,
            memory: Size::mib(768),
            directory: self.disk.parent().expect("its directory"),
            limit: LIMIT,
        };
        pc.boot(turns, never, &Interrupts::default(), &mut Silent)
    }

    /// Types each of these at a prompt of its own, and expects the root after the last one.
    #[track_caller]
    pub fn boots_to_root(&self, typed: &[&str]) -> String {
        let secrets: Vec<Secret> = typed.iter().map(|text| secret(text)).collect();
        let ask = |secret| Turn { when: &PROMPTS, reply: Some(secret), optional: false };
        let reached = Turn { when: &[INIT_MESSAGE], reply: None, optional: false };
        let turns: Vec<Turn<'_>> = secrets.iter().map(ask).chain([reached]).collect();
        let said = heard(self.talk(&turns, &[]));
        assert!(said.console.contains(CHAIN) && !said.echoed, "{}", said.console);
        said.console
    }
}

#[track_caller]
pub fn heard(said: Result<ConsoleTranscript, VmError>) -> ConsoleTranscript {
    said.unwrap_or_else(|error| panic!("{error}\n{}", error.console().join("\n")))
}

pub fn secret(text: &str) -> Secret {
    Secret::new("passphrase", text.as_bytes().to_vec())
}

/// Runs a script, which must succeed.
#[track_caller]
pub fn run_in_lab(lab: &Lab, script: &str, vars: &[(&str, &str)]) -> Result<(), Missing> {
    let (console, code) = lab.boot(Call { script, vars })?;
    assert_eq!(code, 0, "{console}");
    Ok(())
}
