//! `gscript try`: runs a recipe for real, in a throw-away virtual machine.

use std::fs;
use std::path::{Path, PathBuf};
use std::time::Instant;

use gscript::error::Exit;
use gscript::event::{Event, Listener};
use gscript::run::trial::{Media, Trial, TrialAnswers, TrialError};
use gscript::system::Interrupts;
use gscript::types::{Choice, Size, printable};
use gscript::vm::{Firmware, Sweeper};

use super::trial_answers::answers;
use super::{interrupts, load};
use crate::cli::TryArgs;
use crate::render::Problem;
use crate::screen::{print_stderr, screen};

pub(crate) fn trial(args: &TryArgs) -> Exit {
    match try_trial(args) {
        Ok(()) => Exit::Done,
        Err(exit) => exit,
    }
}

fn try_trial(args: &TryArgs) -> Result<(), Exit> {
    let start = Instant::now();
    let recipe = load(&args.recipe)?;
    let disks: Vec<Size> =
        args.disk.iter().map(|disk| size("--disk", disk)).collect::<Result<_, _>>()?;
    let [stick, memory] = [size("--usb", &args.usb)?, size("--memory", &args.memory)?];
    let answers = answers(args, &recipe)?;
    let boot = firmware(args);
    // The archive takes a while to build, so that missing values are reported before.
    let unbuilt = Media { archive: PathBuf::new(), keys: args.stage3.is_none().then(PathBuf::new) };
    let complete = |media: &Media| {
        TrialAnswers::complete(answers.clone(), &recipe, media, boot, &disks)
            .map_err(|trouble| explain(&trouble))
    };
    complete(&unbuilt)?;
    let interrupts = interrupts()?;
    let program = std::env::current_exe().map_err(|error| failed(&error))?;
    let directory = Directory::create(args.keep.as_deref(), &program)?;
    let mut screen = screen(args.json);
    let media = media(args, directory.path(), &interrupts, screen.as_mut())?;
    let given = complete(&media)?;
    announce(&given, &directory, screen.as_mut());
    let result = Trial {
        recipe: &recipe,
        given: &given,
        directory: directory.path(),
        stick,
        memory,
        media: &media,
        program: &program,
        limit: args.patience.limit(),
        boot,
    }
    .run(&interrupts, screen.as_mut());
    let millis = u64::try_from(start.elapsed().as_millis()).unwrap_or(u64::MAX);
    match result {
        Ok(()) => {
            let seconds = millis / 1000;
            let boots = if args.boot.is_some() { "it boots" } else { "two boots" };
            let text = format!("{} works: {boots} in {seconds} s", recipe.name);
            screen.on_event(&Event::Said { text });
            directory.print_path();
            Ok(())
        }
        Err(trouble) => {
            drop(screen);
            Err(explain(&trouble))
        }
    }
}

fn size(flag: &str, text: &str) -> Result<Size, Exit> {
    text.parse().map_err(|_| {
        Problem::new(format!("{flag}: invalid size {text:?}"))
            .help("give a size such as 4G")
            .print();
        Exit::Usage
    })
}

fn failed(error: &std::io::Error) -> Exit {
    Problem::new(error.to_string()).print();
    Exit::Failed
}

/// Lists the values that the recipe has in a virtual machine only, the secrets that were generated
/// because the user has set none, and the file that contains them.
fn announce(given: &TrialAnswers, directory: &Directory, screen: &mut dyn Listener) {
    let chosen: Vec<String> = given.chosen().collect();
    if !chosen.is_empty() {
        let text = format!("Set for this virtual machine: {}", chosen.join(", "));
        screen.on_event(&Event::Said { text });
    }
    let generated: Vec<&str> = given.generated().collect();
    if generated.is_empty() {
        return;
    }
    let place = match directory {
        Directory::Kept(path) => format!("; they are in {}", path.join("answers.toml").display()),
        Directory::Temporary(..) => String::new(),
    };
    let text = format!("Generated for this virtual machine: {}{place}", generated.join(", "));
    screen.on_event(&Event::Said { text });
}

fn media(
    args: &TryArgs,
    directory: &Path,
    interrupts: &Interrupts,
    screen: &mut dyn Listener,
) -> Result<Media, Exit> {
    if let Some(archive) = &args.stage3 {
        let archive = fs::canonicalize(archive).map_err(|error| {
            Problem::new(format!("{}: {error}", archive.display())).print();
            Exit::Usage
        })?;
        return Ok(Media { archive, keys: None });
    }
    let media = match args.boot {
        Some(_) => {
            let mut said = |line: &str| screen.on_event(&Event::Said { text: printable(line) });
            Media::installable(directory, &cache(), interrupts, &mut said)
        }
        None => Media::build(directory, interrupts),
    };
    media.map_err(|error| {
        let mut problem = Problem::new(error.to_string());
        problem.help = error.remedy();
        problem.print();
        Exit::Failed
    })
}

fn firmware(args: &TryArgs) -> Option<Firmware> {
    let word = args.boot.as_deref()?;
    Firmware::WORDS.iter().position(|known| *known == word).map(|index| Firmware::ALL[index])
}

/// Returns the cache directory of the bootable root filesystem, which takes a while to build.
fn cache() -> PathBuf {
    let home = || std::env::var_os("HOME").map(|home| Path::new(&home).join(".cache"));
    let caches = std::env::var_os("XDG_CACHE_HOME").map(PathBuf::from).or_else(home);
    caches.unwrap_or_else(|| "/var/cache".into()).join("gscript")
}

fn command_failed(boot: u32, code: i32) -> Exit {
    let name = if boot == 1 { "first" } else { "second" };
    let mut problem = Problem::new(format!("the {name} boot failed with exit code {code}"));
    problem.help = (boot > 1).then(|| {
        "keep what the second boot needs on the USB stick, whose partition is the value of the \
         first parameter of type device: what programs leave below /run and /tmp ends with the \
         first boot"
            .into()
    });
    problem.print();
    Exit::Failed
}

fn explain(trouble: &TrialError) -> Exit {
    match trouble {
        TrialError::Io(error) => failed(error),
        TrialError::Guest(why) => {
            Problem::new(format!("failed to start the virtual machine: {why}")).print();
            Exit::Failed
        }
        TrialError::Command { boot, code } => command_failed(*boot, *code),
        TrialError::Unanswered { error, devices } => {
            let mut problem = Problem::new(error.to_string());
            problem.notes.push(("note", format!("gscript try has {devices}")));
            problem.help = Some(error.remedy());
            problem.print();
            Exit::Usage
        }
        TrialError::TooManyDisks { most } => {
            Problem::new(format!("a virtual machine has at most {most} disks and a USB stick"))
                .help("give fewer sizes with --disk")
                .print();
            Exit::Usage
        }
        TrialError::Echoed => {
            Problem::new("the passphrase was visible on the console while it was typed")
                .help(
                    "include stty in the initramfs: kernel::initramfs(…, #{ install: [\"stty\"] })",
                )
                .print();
            Exit::Failed
        }
        TrialError::NoBootLoader(firmware) => {
            let what = match firmware {
                Firmware::Bios => "its first sector contains no boot loader",
                Firmware::Efi => "it has no EFI system partition",
            };
            Problem::new(format!("the installed disk cannot boot: {what}"))
                .help(
                    "install a boot loader for this firmware (goal=bootable), or choose the \
                    other firmware: --boot=bios, --boot=efi",
                )
                .print();
            Exit::Failed
        }
        TrialError::Vm(error) => {
            let mut problem = Problem::new(error.to_string());
            if !error.console().is_empty() {
                problem.notes.push(("its console", error.console().join("\n")));
            }
            problem.help = error.remedy();
            problem.print();
            match error {
                gscript::vm::VmError::Interrupted => Exit::Stopped,
                _ => Exit::Failed,
            }
        }
    }
}

/// A directory that is removed at the end, unless it is to be kept.
enum Directory {
    Kept(PathBuf),
    /// A temporary directory, and the process that removes it if this one is killed.
    Temporary(
        tempfile::TempDir,
        #[expect(dead_code, reason = "dropped with the directory")] Sweeper,
    ),
}

impl Directory {
    fn create(keep: Option<&Path>, program: &Path) -> Result<Self, Exit> {
        let generated = match keep {
            Some(path) => {
                fs::create_dir_all(path).and_then(|()| fs::canonicalize(path)).map(Self::Kept)
            }
            None => {
                tempfile::Builder::new().prefix("gscript-try-").tempdir().and_then(|directory| {
                    let sweeper = Sweeper::start(program, directory.path())?;
                    Ok(Self::Temporary(directory, sweeper))
                })
            }
        };
        generated.map_err(|error| failed(&error))
    }

    fn path(&self) -> &Path {
        match self {
            Self::Kept(path) => path,
            Self::Temporary(directory, _) => directory.path(),
        }
    }

    fn print_path(&self) {
        if let Self::Kept(path) = self {
            print_stderr(&format!("Disks, journals and logs: {}", path.display()));
        }
    }
}
