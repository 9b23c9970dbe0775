//! `gscript try`: runs a recipe in a disposable virtual machine with disks and a USB stick of its
//! own; then reboots it, opens all devices again and checks that the results have lasted.

mod disks;
mod error;
mod given;
mod media;
mod memory;
mod sectors;

use std::collections::BTreeSet;
use std::fs::{self, File, OpenOptions};
use std::io::{self, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};
use std::time::Duration;

use crate::event::{Event, Listener};
use crate::recipe::Recipe;
use crate::system::Interrupts;
use crate::types::{Size, printable};
use crate::vm::{
    Boot, Console, ConsoleTranscript, Firmware, Order, Pc, Share, Turn, find_emulator, find_kernel,
};

use sectors::check_bootable;

pub use disks::TrialDisks;
pub use error::TrialError;
pub use given::TrialAnswers;
pub use media::Media;
pub use memory::{restore_memory, save_memory};

/// The directory of the files given to the guest, in a filesystem in its memory.
const GUEST_DIRECTORY: &str = "/run/gscript/try";
const STICK_RECIPE: &str = "stick-as-it-comes.rhai";
/// The time limit of a boot with its commands. Unpacking a stage3 takes a while.
const LIMIT: Duration = Duration::from_hours(1);

/// The time limit of a boot of the installed disk until its first process runs. Without hardware
/// virtualization, a boot takes half a minute on an idle machine, and more than ten minutes on one
/// whose processors do other work; one that takes longer than this limit hangs.
const BOOT_LIMIT: Duration = Duration::from_hours(1);
/// The memory for a kernel and an initramfs with all modules.
const BOOT_MEMORY: Size = Size::mib(768);
/// The message of the first process of the booted root.
pub const INIT_MESSAGE: &str = "gscript: init runs on ";
/// The greeting of sysvinit, the first process of Gentoo with OpenRC.
pub const SYSVINIT_GREETING: &str = "INIT: version ";
/// The prompt of a console that a user can log in on.
pub const LOGIN_PROMPT: &str = " login: ";
/// The signs of a first process. dracut, and systemd in an initramfs, print none of them.
const FIRST_PROCESS: [&str; 3] = [INIT_MESSAGE, SYSVINIT_GREETING, LOGIN_PROMPT];
/// Messages of a firmware, boot loader, kernel, initramfs or systemd that cannot continue.
pub const BOOT_ERRORS: [&str; 7] = [
    "BdsDxe: No bootable option",
    "grub rescue>",
    "error: unknown filesystem",
    "Kernel panic - not syncing",
    "Entering emergency mode",
    "You are in emergency mode",
    "Could not boot.",
];
/// The prompts of an initramfs: dracut for the passphrase of a key, cryptsetup for that of a
/// container.
pub const PROMPTS: [&str; 3] =
    ["Password (", "Enter passphrase for ", "Please enter passphrase for disk "];

/// The input of a trial.
pub struct Trial<'a> {
    /// The recipe.
    pub recipe: &'a Recipe,
    /// The answers, including those that the trial adds.
    pub given: &'a TrialAnswers,
    /// The directory for disks, journals and reports.
    pub directory: &'a Path,
    /// The size of the stick.
    pub stick: Size,
    /// The memory of the virtual machine.
    pub memory: Size,
    /// The stage3 tarball and its keys.
    pub media: &'a Media,
    /// The path of this program.
    pub program: &'a Path,
    /// The time limit of tools in the virtual machine, if it is not the default.
    pub limit: Option<Duration>,
    /// The firmware with which the disk is booted at the end, if it is.
    pub boot: Option<Firmware>,
}

impl Trial<'_> {
    /// Runs both boots. Events of the guest are passed on as they arrive.
    pub fn run(
        &self,
        interrupts: &Interrupts,
        listener: &mut dyn Listener,
    ) -> Result<(), TrialError> {
        let kernel = find_kernel()?;
        if self.boot.is_some() {
            find_emulator()?;
        }
        let disks = self.create_disks()?;
        let answers = self.given.toml();
        // The answers stay in this directory for users who keep the disks. Mode 0600, because they
        // may contain a passphrase.
        let mut private = OpenOptions::new();
        private.write(true).create(true).truncate(true).mode(0o600);
        private.open(self.directory.join("answers.toml"))?.write_all(answers.as_bytes())?;
        fs::create_dir_all(self.shared())?;
        let (place, mut files) = (Path::new(GUEST_DIRECTORY), self.texts());
        files.push((place.join("answers.toml"), answers));
        let devices = self.given.disks();
        let stick = [devices.stick()];
        let stick_dev = format!("stick={}", stick[0]);
        let all: Vec<String> =
            devices.devices().chain([devices.stick(), devices.stick_partition()]).collect();
        let answers = word(&place.join("answers.toml"));
        let memory = word(&self.shared().join("memory.tar"));
        let first = vec![
            self.run_recipe(&place.join(STICK_RECIPE), ["--set", &stick_dev], &stick, "stick-runs"),
            self.run_recipe(&self.recipe_path(), ["--answers", &answers], &all, "runs"),
            self.command(["save-memory", &word(&self.runs()), &memory]),
        ];
        let machine = TrialMachine { trial: self, kernel: &kernel, disks: &disks, files };
        machine.boot(1, first, interrupts, listener)?;
        let journal = word(&journal_of(&self.runs())?);
        listener.on_event(&Event::Chapter { title: "Second boot".into() });
        let again = self.command(["reopen", &journal, "--answers", &answers, "--memory", &memory]);
        machine.boot(2, vec![again], interrupts, listener)?;
        match self.boot {
            Some(firmware) => {
                check_bootable(&disks[0], firmware)?;
                self.start_installed(firmware, &disks, interrupts, listener)
            }
            None => Ok(()),
        }
    }

    /// Creates the images of the disks, and that of the stick as the last one.
    fn create_disks(&self) -> io::Result<Vec<PathBuf>> {
        let disks = self.given.disks().sizes().iter().enumerate().map(|(number, size)| {
            let number = if number == 0 { String::new() } else { (number + 1).to_string() };
            (self.directory.join(format!("disk{number}.img")), *size)
        });
        let stick = (self.directory.join("stick.img"), self.stick);
        let image = |(path, size): (PathBuf, Size)| {
            File::create(&path)?.set_len(size.get())?;
            Ok(path)
        };
        disks.chain([stick]).map(image).collect()
    }

    /// Returns the only directory that the guest can change.
    fn shared(&self) -> PathBuf {
        self.directory.join("shared")
    }

    /// Returns the directory of the journals of the recipe.
    fn runs(&self) -> PathBuf {
        self.shared().join("runs")
    }

    /// Returns a command of this program.
    fn command<const N: usize>(&self, words: [&str; N]) -> Vec<String> {
        std::iter::once(word(self.program)).chain(words.map(str::to_owned)).collect()
    }

    /// Returns the path of the recipe in the guest.
    fn recipe_path(&self) -> PathBuf {
        Path::new(GUEST_DIRECTORY).join(self.recipe.language.file(&self.recipe.stem()))
    }

    /// Returns the recipes and modules for the guest, with their paths in the guest.
    fn texts(&self) -> Vec<(PathBuf, String)> {
        let place = Path::new(GUEST_DIRECTORY);
        let modules = self.recipe.modules.iter();
        let modules = modules.map(|m| (place.join(m.language().file(&m.name)), m.text.clone()));
        let own = [
            (place.join(STICK_RECIPE), include_str!("trial/stick.rhai").to_owned()),
            (self.recipe_path(), self.recipe.text.clone()),
        ];
        own.into_iter().chain(modules).collect()
    }

    /// Boots the first disk, with the stick as a USB device. The passphrase of the recipe, if it has
    /// one, is typed at the prompt.
    fn start_installed(
        &self,
        firmware: Firmware,
        disks: &[PathBuf],
        interrupts: &Interrupts,
        listener: &mut dyn Listener,
    ) -> Result<(), TrialError> {
        listener.on_event(&Event::Chapter { title: "The disk boots".into() });
        let [disk, more_disks @ .., stick] = disks else { return Ok(()) };
        let pc = Pc {
            program: self.program,
            firmware,
            disk,
            more_disks,
            sectors_4k: false,
            stick: Some(stick),
            keyboard: false,
            memory: self.memory.max(BOOT_MEMORY),
            directory: self.directory,
            limit: BOOT_LIMIT,
        };
        let secret = self.given.passphrase(self.recipe);
        let prompt = secret.as_ref().map(|secret| Turn {
            when: &PROMPTS,
            reply: Some(secret),
            optional: true,
        });
        let reached = Turn { when: &FIRST_PROCESS, reply: None, optional: false };
        let turns: Vec<Turn<'_>> = prompt.into_iter().chain([reached]).collect();
        let ConsoleTranscript { echoed, .. } =
            pc.boot(&turns, &BOOT_ERRORS, interrupts, &mut GuestEvents { listener })?;
        if echoed { Err(TrialError::Echoed) } else { Ok(()) }
    }

    /// Returns the command that runs a recipe in the guest, which may destroy these devices.
    fn run_recipe(
        &self,
        recipe: &Path,
        values: [&str; 2],
        destroys: &[String],
        journals: &str,
    ) -> Vec<String> {
        let (recipe, journals) = (word(recipe), word(&self.shared().join(journals)));
        // Only the virtual machine is at stake.
        let fixed = ["--yes", "--anything-in", "/", "--json", "--journal", &journals];
        let limit = self.limit.map(|limit| ["--limit".to_owned(), limit.as_secs().to_string()]);
        let words = [recipe.as_str()].into_iter().chain(values).chain(fixed);
        let destroys = destroys.iter().flat_map(|device| ["--destroy", device]);
        let words = words.chain(destroys).map(str::to_owned).chain(limit.into_iter().flatten());
        std::iter::once(word(self.program)).chain(words).collect()
    }
}

/// The virtual machine of a trial.
struct TrialMachine<'a> {
    trial: &'a Trial<'a>,
    kernel: &'a Path,
    disks: &'a [PathBuf],
    files: Vec<(PathBuf, String)>,
}

impl TrialMachine<'_> {
    /// Boots the virtual machine to run commands.
    fn boot(
        &self,
        number: u32,
        commands: Vec<Vec<String>>,
        interrupts: &Interrupts,
        listener: &mut dyn Listener,
    ) -> Result<(), TrialError> {
        let Trial { program, memory, media, given, recipe, .. } = *self.trial;
        let files: BTreeSet<PathBuf> = media.files().chain(given.files(recipe)).collect();
        let shares: Vec<Share> = files.iter().flat_map(|file| media::shares(file)).collect();
        let (exchange, files) = (self.trial.shared(), self.files.clone());
        let order = Order { commands, exchange, files };
        let boot = Boot {
            kernel: self.kernel,
            program,
            order: &order,
            disks: self.disks,
            last: None,
            shares: &shares,
            memory,
            limit: LIMIT,
        };
        let report = boot.run(interrupts, &mut GuestEvents { listener })?;
        match (report.trouble, report.codes.iter().find(|code| **code != 0)) {
            (Some(trouble), _) => Err(TrialError::Guest(trouble)),
            (None, Some(code)) => Err(TrialError::Command { boot: number, code: *code }),
            (None, None) => Ok(()),
        }
    }
}

fn word(path: &Path) -> String {
    path.to_string_lossy().into_owned()
}

/// Returns the journal of the run that the first boot made. Symbolic links are not followed,
/// because the guest may have created them.
fn journal_of(journals: &Path) -> io::Result<PathBuf> {
    let missing = || io::Error::other(format!("there is no run in {}", journals.display()));
    if !fs::symlink_metadata(journals)?.is_dir() {
        return Err(missing());
    }
    let run = fs::read_dir(journals)?.next();
    Ok(run.ok_or_else(missing)??.path().join("journal.jsonl"))
}

/// A console that passes events of the guest on as events, and other lines as messages.
struct GuestEvents<'a> {
    listener: &'a mut dyn Listener,
}

impl Console for GuestEvents<'_> {
    fn line(&mut self, line: &str) {
        match serde_json::from_str::<Event>(line) {
            // The host reports the end of the trial itself.
            Ok(Event::Ended { .. }) => {}
            Ok(event) => self.listener.on_event(&event),
            Err(_) if line.trim().is_empty() || is_kernel_noise(line) => {}
            Err(_) => self.listener.on_event(&Event::Said { text: printable(line) }),
        }
    }
}

/// Returns whether a line is a message that User Mode Linux prints at every start, even if it
/// should be quiet.
fn is_kernel_noise(line: &str) -> bool {
    ["SELinux:", "mmapper_init", "reboot: ", "Checking "]
        .iter()
        .any(|noise| line.trim_start().starts_with(noise))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Default)]
    struct SaidLines(Vec<String>);

    impl Listener for SaidLines {
        fn on_event(&mut self, event: &Event) {
            if let Event::Said { text } = event {
                self.0.push(text.clone());
            }
        }
    }

    #[test]
    fn console_lines_are_escaped() {
        let mut listener = SaidLines::default();
        GuestEvents { listener: &mut listener }.line("\u{1b}]0;title\u{7}\u{1b}[2J\u{202e}text");
        assert_eq!(listener.0, ["\\u{1b}]0;title\\u{7}\\u{1b}[2J\\u{202e}text"]);
    }

    #[test]
    fn a_symlinked_run_directory_is_refused() {
        let directory = tempfile::tempdir().expect("a directory");
        let runs = directory.path().join("runs");
        std::os::unix::fs::symlink("/", &runs).expect("a link");
        assert!(journal_of(&runs).is_err());
        fs::remove_file(&runs).and_then(|()| fs::create_dir_all(runs.join("one"))).expect("a run");
        assert_eq!(journal_of(&runs).expect("a journal"), runs.join("one/journal.jsonl"));
    }
}
