//! Guests of User Mode Linux. `start` starts them, `process` finds those that run, `mconsole` speaks to their kernel, `ladder` stops them.

mod ladder;
mod mconsole;
mod process;
mod start;

pub use mconsole::read_answer;

use std::collections::{BTreeMap, BTreeSet};
use std::fs::{self, File};
use std::io::ErrorKind;
use std::os::fd::AsFd;
use std::path::Path;
use std::thread::sleep;
use std::time::{Duration, Instant};

use nix::fcntl::{FcntlArg, fcntl};

use super::log::read_log;
use crate::machine::guest::{
    CONSOLE_LOG, Guest, GuestKind, GuestState, RUN, UML_PATH, UmlStep, path_and_name,
};
use crate::system::real::Real;
use crate::system::{FailureKind, Outcome, StepError, Watch};

/// How long a kernel may take to answer after its start; on a machine with much load it takes several seconds.
const START_LIMIT: Duration = Duration::from_mins(1);

/// How long a kernel that answers is watched, unless it reports its first process: one that finds no root panics, and ends a few seconds later.
const SETTLING: Duration = Duration::from_secs(5);

/// What a kernel prints before it starts its first process (`init/main.c`).
const INIT: &str = " as init process";

/// What to do with a kernel that does not answer.
const HANGS: &str = "the kernel hangs: end it with uml::stop(name, #{ kill: true })";

/// How often a state is asked for.
const INTERVAL: Duration = Duration::from_millis(50);

/// Performs a step on a guest.
pub(super) fn perform(
    real: &mut Real,
    step: &UmlStep,
    watch: &mut dyn Watch,
) -> Result<Outcome, StepError> {
    let failed = |kind: FailureKind| StepError::new(step, kind);
    let text = match step {
        UmlStep::CheckImages { images, .. } => {
            images.iter().try_for_each(|image| is_free(image)).map_err(failed)?;
            String::new()
        }
        UmlStep::Start(start) => return start::start(real, start, watch),
        UmlStep::Await { guest } => {
            wait_for_start(real, guest).map_err(failed)?;
            String::new()
        }
        UmlStep::Stop { guest, wait, kill } => {
            let wait = Duration::from_secs(u64::from(*wait));
            ladder::stop(real, guest, wait, *kill, watch).map_err(failed)?.to_owned()
        }
        UmlStep::Command { guest, command } => mconsole::ask(guest, command, mconsole::LIMIT)
            .map_err(|error| StepError {
                hint: (error.kind() == ErrorKind::TimedOut).then_some(HANGS),
                ..failed(FailureKind::Kernel(error.to_string()))
            })?,
    };
    Ok(Outcome { stdout: text, ..Outcome::default() })
}

/// Returns an error if a process has locked an image, as a running kernel does (fcntl(2)).
#[expect(clippy::cast_possible_truncation, reason = "the constants are less than 3")]
fn is_free(image: &str) -> Result<(), FailureKind> {
    let io = |error: String| FailureKind::Kernel(format!("image {image}: {error}"));
    let file = File::open(image).map_err(|error| io(error.to_string()))?;
    let mut lock = nix::libc::flock {
        l_type: nix::libc::F_WRLCK as nix::libc::c_short,
        l_whence: nix::libc::SEEK_SET as nix::libc::c_short,
        l_start: 0,
        l_len: 0,
        l_pid: 0,
    };
    fcntl(file.as_fd(), FcntlArg::F_GETLK(&mut lock)).map_err(|error| io(error.to_string()))?;
    match i32::from(lock.l_type) == nix::libc::F_UNLCK {
        true => Ok(()),
        false => Err(io(format!("in use by process {}", lock.l_pid))),
    }
}

/// Waits until the kernel answers, and a moment longer.
fn wait_for_start(real: &Real, guest: &str) -> Result<(), FailureKind> {
    let name = path_and_name(guest).1;
    let ended = || FailureKind::Kernel(format!("guest {name}: its kernel ended during the start"));
    let start = Instant::now();
    while mconsole::ask(guest, "version", Duration::from_secs(1)).is_err() {
        if real.is_stopped() {
            return Err(FailureKind::Interrupted);
        }
        if process::of(guest).is_none() {
            return Err(ended());
        }
        if start.elapsed() > START_LIMIT {
            let what = format!("an answer of the kernel of guest {name}");
            return Err(FailureKind::Waited { what, limit: START_LIMIT });
        }
        sleep(INTERVAL);
    }
    let answered = Instant::now();
    let log = format!("{guest}/{CONSOLE_LOG}");
    while answered.elapsed() < SETTLING && !read_log(&log).contains(INIT) {
        process::of(guest).ok_or_else(ended)?;
        sleep(INTERVAL);
    }
    Ok(())
}

/// Returns whether a directory is that of a guest: it has a root image, or a kernel has run in it.
fn is_guest(directory: &Path) -> bool {
    directory.join(RUN).is_dir() || directory.join("root.img").is_file()
}

/// Returns the guests by their directory: those in the directory of this kind, those beside the named ones, and those that run or are beside
/// them.
pub(super) fn found(named: &BTreeSet<String>) -> BTreeMap<String, Guest> {
    let processes = process::all();
    let running = processes.iter().map(|process| &process.guest);
    let places: BTreeSet<&str> =
        named.iter().chain(running).map(|guest| path_and_name(guest).0).chain([UML_PATH]).collect();
    let entries = places.into_iter().filter_map(|path| fs::read_dir(path).ok()).flatten().flatten();
    let below = entries.filter_map(|entry| entry.path().to_str().map(str::to_owned));
    // The configuration of a guest of LXC decides about a directory that looks like both.
    let stopped = below
        .filter(|directory| is_guest(Path::new(directory)))
        .filter(|directory| !Path::new(directory).join("config").exists());
    let mut found: BTreeMap<String, Guest> = stopped
        .map(|directory| (directory, Guest { kind: GuestKind::Uml, ..Guest::default() }))
        .collect();
    for process in processes {
        let console = mconsole::ask(&process.guest, "config con1", Duration::from_secs(1)).ok();
        let console = console
            .and_then(|text| Some(text.strip_prefix("pts:")?.to_owned()))
            .filter(|path| path.starts_with("/dev/pts/"));
        let guest = Guest {
            kind: GuestKind::Uml,
            state: GuestState::Running,
            init: u32::try_from(process.pid.as_raw()).ok(),
            disks: process.disks,
            console,
            ..Guest::default()
        };
        found.insert(process.guest, guest);
    }
    found
}
