//! `try`: a recipe, for real, in a throw-away virtual machine with a disk and a USB stick of its
//! own; then a second boot that opens everything again and looks whether it lasted.

mod media;

use std::fs::{self, File, OpenOptions};
use std::io::{self, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};
use std::time::Duration;

use crate::event::{Event, Listener};
use crate::recipe::{ParamKind, Recipe};
use crate::system::Interrupts;
use crate::system::vm::{
    Boot, Console, Firmware, Order, Pc, Said, Turn, VmError, find_emulator, find_kernel,
};
use crate::types::{Secret, Size};

pub use media::Media;

/// The disk as the guest sees it.
const DISK: &str = "/dev/ubda";
/// The stick, and the partition on it.
const STICK: &str = "/dev/ubdb";
const STICK_PARTITION: &str = "/dev/ubdb1";
/// How long a boot with its commands may take. A stage3 takes its time.
const LIMIT: Duration = Duration::from_hours(1);

/// An installed disk that takes longer until its first process runs hangs: without help of the processor it is
/// half a minute, on a machine that has nothing else to do.
const BOOT_LIMIT: Duration = Duration::from_mins(10);
/// An initramfs with everything, and a kernel, take that much.
const BOOT_MEMORY: Size = Size::mib(768);
/// What the first process of the root that boots says.
pub const REACHED: &str = "gscript: init runs on ";
/// By what a first process is known: the one above, sysvinit's greeting (Gentoo with OpenRC), and a terminal of any.
/// dracut and systemd in an initramfs say none of them.
const FIRST_PROCESS: [&str; 3] = [REACHED, "INIT: version ", " login: "];
/// What an initramfs asks with: dracut for the passphrase of a key, cryptsetup for that of a container.
pub const PROMPTS: [&str; 2] = ["Password (", "Enter passphrase for "];

/// What is tried, and with what.
pub struct Trial<'a> {
    /// The recipe.
    pub recipe: &'a Recipe,
    /// Answers in TOML, without those that the trial gives itself.
    pub answers: &'a str,
    /// Parameters that have an answer.
    pub answered: &'a [String],
    /// The folder for disks, journals and reports.
    pub folder: &'a Path,
    /// Size of the disk.
    pub disk: Size,
    /// Size of the stick.
    pub stick: Size,
    /// Memory of the virtual machine.
    pub memory: Size,
    /// The tarball and its keys.
    pub media: &'a Media,
    /// This program.
    pub program: &'a Path,
    /// Whether the disk is booted in the end, and how.
    pub boot: Option<Firmware>,
}

/// How a boot ended.
#[derive(Debug)]
pub enum Trouble {
    /// A file of the trial could not be written.
    Io(io::Error),
    /// The virtual machine failed.
    Vm(VmError),
    /// A command in it failed with this exit code.
    Command {
        /// Which of the boots.
        boot: u32,
        /// The code.
        code: i32,
    },
    /// The guest could not run its commands.
    Guest(String),
    /// What was typed at the prompt could be read on the console.
    Echoed,
}

impl From<io::Error> for Trouble {
    fn from(error: io::Error) -> Self {
        Self::Io(error)
    }
}

impl From<VmError> for Trouble {
    fn from(error: VmError) -> Self {
        Self::Vm(error)
    }
}

impl Trial<'_> {
    /// Both boots. Events of the guest are passed on as they come.
    pub fn run(&self, interrupts: &Interrupts, listener: &mut dyn Listener) -> Result<(), Trouble> {
        let kernel = find_kernel()?;
        if self.boot.is_some() {
            find_emulator()?;
        }
        let disks = [self.folder.join("disk.img"), self.folder.join("stick.img")];
        for (path, size) in disks.iter().zip([self.disk, self.stick]) {
            File::create(path)?.set_len(size.get())?;
        }
        let answers = self.folder.join("answers.toml");
        // It may hold a passphrase.
        let mut private = OpenOptions::new();
        private.write(true).create(true).truncate(true).mode(0o600);
        private.open(&answers)?.write_all(self.all_answers().as_bytes())?;
        let stick = self.folder.join("stick.rhai");
        fs::write(&stick, include_str!("trial/stick.rhai"))?;
        let recipe = self.put_recipe()?;
        let (answers, stick_dev) = (word(&answers), format!("stick={STICK}"));
        let journals = self.folder.join("runs");
        let first = vec![
            self.run_recipe(&stick, ["--set", &stick_dev], STICK, &self.folder.join("stick-runs")),
            self.run_recipe(&recipe, ["--answers", &answers], DISK, &journals),
        ];
        self.boot(1, first, &kernel, &disks, interrupts, listener)?;
        let journal = word(&only_run(&journals)?);
        listener.hear(&Event::Chapter { title: "Second boot".into() });
        let again = ["reopen", &journal, "--answers", &answers];
        let again = std::iter::once(word(self.program)).chain(again.map(str::to_owned)).collect();
        self.boot(2, vec![again], &kernel, &disks, interrupts, listener)?;
        match self.boot {
            Some(firmware) => self.start_installed(firmware, &disks, interrupts, listener),
            None => Ok(()),
        }
    }

    /// Writes the recipe and its modules where the guest finds them, wherever they came from.
    fn put_recipe(&self) -> io::Result<PathBuf> {
        let folder = self.folder.join("recipe");
        let put = |name: &str, text: &str| -> io::Result<PathBuf> {
            let path = folder.join(name);
            fs::create_dir_all(path.parent().unwrap_or(&folder))?;
            fs::write(&path, text)?;
            Ok(path)
        };
        for module in &self.recipe.modules {
            put(&module.language().file(&module.name), &module.text)?;
        }
        put(&self.recipe.language.file(&self.recipe.stem()), &self.recipe.text)
    }

    /// Boots the disk by itself, with the stick as a USB device; a passphrase is typed where the recipe
    /// has one.
    fn start_installed(
        &self,
        firmware: Firmware,
        [disk, stick]: &[PathBuf; 2],
        interrupts: &Interrupts,
        listener: &mut dyn Listener,
    ) -> Result<(), Trouble> {
        listener.hear(&Event::Chapter { title: "The disk boots by itself".into() });
        let pc = Pc {
            firmware,
            disk,
            sectors_4k: false,
            stick: Some(stick),
            memory: self.memory.max(BOOT_MEMORY),
            folder: self.folder,
            limit: BOOT_LIMIT,
        };
        let secret = self.passphrase();
        let prompt = secret.as_ref().map(|secret| Turn {
            when: &PROMPTS,
            reply: Some(secret),
            optional: true,
        });
        let reached = Turn { when: &FIRST_PROCESS, reply: None, optional: false };
        let turns: Vec<Turn<'_>> = prompt.into_iter().chain([reached]).collect();
        let Said { echoed, .. } = pc.boot(&turns, &[], interrupts, &mut Relay { listener })?;
        if echoed { Err(Trouble::Echoed) } else { Ok(()) }
    }

    /// The answer that opens the disk: the recipe's secret with that name, or its first one.
    fn passphrase(&self) -> Option<Secret> {
        let table: toml::Table = toml::from_str(self.answers).ok()?;
        let secrets = self.recipe.front.params.iter().filter(|p| p.kind == ParamKind::Secret);
        let mut given: Vec<_> = secrets.filter(|p| table.contains_key(&p.name)).collect();
        given.sort_by_key(|param| !param.name.contains("passphrase"));
        let name = &given.first()?.name;
        Some(Secret::new(name, table[name].as_str()?.as_bytes().to_vec()))
    }

    /// The command that runs a recipe in the guest.
    fn run_recipe(
        &self,
        recipe: &Path,
        values: [&str; 2],
        destroys: &str,
        journals: &Path,
    ) -> Vec<String> {
        let (recipe, journals) = (word(recipe), word(journals));
        let fixed = ["--yes", "--json", "--destroy", destroys, "--journal", &journals];
        let words = [recipe.as_str()].into_iter().chain(values).chain(fixed).map(str::to_owned);
        std::iter::once(word(self.program)).chain(words).collect()
    }

    fn boot(
        &self,
        number: u32,
        commands: Vec<Vec<String>>,
        kernel: &Path,
        disks: &[PathBuf],
        interrupts: &Interrupts,
        listener: &mut dyn Listener,
    ) -> Result<(), Trouble> {
        let order = Order { commands, exchange: self.folder.to_owned() };
        let boot = Boot {
            kernel,
            program: self.program,
            order: &order,
            disks,
            last: None,
            memory: self.memory,
            limit: LIMIT,
        };
        let report = boot.run(interrupts, &mut Relay { listener })?;
        match (report.trouble, report.codes.iter().find(|code| **code != 0)) {
            (Some(trouble), _) => Err(Trouble::Guest(trouble)),
            (None, Some(code)) => Err(Trouble::Command { boot: number, code: *code }),
            (None, None) => Ok(()),
        }
    }

    /// What the trial answers itself: the first disk is the virtual disk, the first device is the
    /// stick's partition, `stage3` and `stage3_keys` are the media, and `kdf_memory` is small.
    fn all_answers(&self) -> String {
        let mut text = self.answers.trim_end().to_owned();
        let (mut disk, mut device) = (Some(DISK), Some(STICK_PARTITION));
        for param in &self.recipe.front.params {
            let value = match (param.kind, param.name.as_str()) {
                (ParamKind::Disk, _) => disk.take().map(str::to_owned),
                (ParamKind::Device, _) => device.take().map(str::to_owned),
                // How long guessing a key takes is not what is tried, and this machine is slow.
                (ParamKind::Size, "kdf_memory") => Some("32M".to_owned()),
                // The stand-in has no Portage; a stage3 that was named has.
                (ParamKind::Choice, "goal") if self.media.keys.is_some() => Some("base".to_owned()),
                (_, "stage3") => Some(self.media.archive.to_string_lossy().into_owned()),
                (_, "stage3_keys") => {
                    self.media.keys.as_ref().map(|path| path.to_string_lossy().into_owned())
                }
                _ => None,
            };
            let open = !self.answered.contains(&param.name);
            if let Some(value) = value.filter(|_| open) {
                text.push_str(&format!("\n{} = {value:?}", param.name));
            }
        }
        text.push('\n');
        text
    }
}

fn word(path: &Path) -> String {
    path.to_string_lossy().into_owned()
}

/// The journal of the run that the first boot made.
fn only_run(journals: &Path) -> io::Result<PathBuf> {
    let run = fs::read_dir(journals)?.next();
    let missing = || io::Error::other(format!("there is no run in {}", journals.display()));
    Ok(run.ok_or_else(missing)??.path().join("journal.jsonl"))
}

/// Lines of the console that are events go on as events, others as what they are.
struct Relay<'a> {
    listener: &'a mut dyn Listener,
}

impl Console for Relay<'_> {
    fn line(&mut self, line: &str) {
        match serde_json::from_str::<Event>(line) {
            // Which run an end belongs to is the host's business to tell.
            Ok(Event::Ended { .. }) => {}
            Ok(event) => self.listener.hear(&event),
            Err(_) if line.trim().is_empty() || is_kernel_noise(line) => {}
            Err(_) => self.listener.hear(&Event::Said { text: line.to_owned() }),
        }
    }
}

/// What User Mode Linux says at every start, whatever it was told about being quiet.
fn is_kernel_noise(line: &str) -> bool {
    ["SELinux:", "mmapper_init", "reboot: ", "Checking "]
        .iter()
        .any(|noise| line.trim_start().starts_with(noise))
}
