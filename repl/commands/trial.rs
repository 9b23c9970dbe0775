//! `gscript try`: for real, in a throw-away virtual machine.

use std::fs;
use std::path::{Path, PathBuf};
use std::time::Instant;

use gscript::error::Exit;
use gscript::event::Event;
use gscript::recipe::Recipe;
use gscript::system::vm::Firmware;
use gscript::system::{Input, Interrupts, read_input_text};
use gscript::trial::{Media, Trial, Trouble};
use gscript::types::{Choice, Size};

use super::{interrupts, load, no_secret_in_sight};
use crate::DONE;
use crate::cli::TryArgs;
use crate::render::Problem;
use crate::screen::{screen, tell};

pub(crate) fn trial(args: &TryArgs) -> Exit {
    match try_trial(args) {
        Ok(()) => DONE,
        Err(exit) => exit,
    }
}

fn try_trial(args: &TryArgs) -> Result<(), Exit> {
    let start = Instant::now();
    let recipe = load(&args.recipe)?;
    let [disk, stick, memory] =
        [size("--disk", &args.disk)?, size("--usb", &args.usb)?, size("--memory", &args.memory)?];
    let interrupts = interrupts()?;
    let folder = Folder::make(args.keep.as_deref())?;
    let (answers, answered) = answers(args, &recipe)?;
    let media = media(args, folder.path(), &interrupts)?;
    let program = std::env::current_exe().map_err(|error| failed(&error))?;
    let mut screen = screen(args.json);
    let result = Trial {
        recipe: &recipe,
        answers: &answers,
        answered: &answered,
        folder: folder.path(),
        disk,
        stick,
        memory,
        media: &media,
        program: &program,
        boot: firmware(args),
    }
    .run(&interrupts, screen.as_mut());
    let millis = u64::try_from(start.elapsed().as_millis()).unwrap_or(u64::MAX);
    match result {
        Ok(()) => {
            let seconds = millis / 1000;
            let boots = if args.boot.is_some() { "it boots by itself" } else { "two boots" };
            let text = format!("{} works: {boots} in {seconds} s", recipe.name);
            screen.hear(&Event::Said { text });
            folder.tell();
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
        Problem::new(format!("{flag}: {text:?} is not a size")).help("for example 4G").print();
        Exit::Usage
    })
}

fn failed(error: &std::io::Error) -> Exit {
    Problem::new(error.to_string()).print();
    Exit::Failed
}

/// Answers of the command line and of the file as one TOML text, and their names.
fn answers(args: &TryArgs, recipe: &Recipe) -> Result<(String, Vec<String>), Exit> {
    let wrong = |why: String| {
        Problem::new(why).help("it is TOML: one line NAME = VALUE per parameter").print();
        Exit::Usage
    };
    let mut table = toml::Table::new();
    if let Some(path) = &args.values.answers {
        let name = path.display();
        let text = read_input_text(path, Input::Answers)
            .map_err(|error| wrong(format!("{name}: {error}")))?;
        table = toml::from_str(&text).map_err(|error| wrong(format!("{name}: {error}")))?;
    }
    for (name, value) in &args.values.set {
        no_secret_in_sight(recipe, name)?;
        table.insert(name.clone(), toml::Value::String(value.clone()));
    }
    let names = table.keys().cloned().collect();
    Ok((table.to_string(), names))
}

fn media(args: &TryArgs, folder: &Path, interrupts: &Interrupts) -> Result<Media, Exit> {
    if let Some(archive) = &args.stage3 {
        let archive = fs::canonicalize(archive).map_err(|error| {
            Problem::new(format!("{}: {error}", archive.display())).print();
            Exit::Usage
        })?;
        return Ok(Media { archive, keys: None });
    }
    let media = match args.boot {
        Some(_) => Media::bootable(folder, &cache(), interrupts),
        None => Media::build(folder, interrupts),
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

/// Where the root that boots is kept: building it takes a while.
fn cache() -> PathBuf {
    let home = || std::env::var_os("HOME").map(|home| Path::new(&home).join(".cache"));
    let caches = std::env::var_os("XDG_CACHE_HOME").map(PathBuf::from).or_else(home);
    caches.unwrap_or_else(|| "/var/cache".into()).join("gscript")
}

fn explain(trouble: &Trouble) -> Exit {
    match trouble {
        Trouble::Io(error) => failed(error),
        Trouble::Guest(why) => {
            Problem::new(format!("the virtual machine could not begin: {why}")).print();
            Exit::Failed
        }
        Trouble::Command { boot, code } => {
            let boot = if *boot == 1 { "first" } else { "second" };
            Problem::new(format!("the {boot} boot ended with exit code {code}")).print();
            Exit::Failed
        }
        Trouble::Echoed => {
            Problem::new("the passphrase could be read on the console while it was typed")
                .help(
                    "take stty into the initramfs: kernel::initramfs(…, #{ install: [\"stty\"] })",
                )
                .print();
            Exit::Failed
        }
        Trouble::Vm(error) => {
            let mut problem = Problem::new(error.to_string());
            if !error.console().is_empty() {
                problem.notes.push(("its console", error.console().join("\n")));
            }
            problem.help = error.remedy();
            problem.print();
            match error {
                gscript::system::vm::VmError::Interrupted => Exit::Stopped,
                _ => Exit::Failed,
            }
        }
    }
}

/// A folder that goes away again, unless it is to be kept.
enum Folder {
    Kept(PathBuf),
    Thrown(tempfile::TempDir),
}

impl Folder {
    fn make(keep: Option<&Path>) -> Result<Self, Exit> {
        let made = match keep {
            Some(path) => {
                fs::create_dir_all(path).and_then(|()| fs::canonicalize(path)).map(Self::Kept)
            }
            None => tempfile::Builder::new().prefix("gscript-try-").tempdir().map(Self::Thrown),
        };
        made.map_err(|error| failed(&error))
    }

    fn path(&self) -> &Path {
        match self {
            Self::Kept(path) => path,
            Self::Thrown(folder) => folder.path(),
        }
    }

    fn tell(&self) {
        if let Self::Kept(path) = self {
            tell(&format!("Disks, journals and logs: {}", path.display()));
        }
    }
}
