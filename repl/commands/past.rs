//! Earlier runs: found by name or journal, or as the newest.

use std::collections::BTreeSet;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

use gscript::error::Exit;
use gscript::journal::{
    Damaged, Journal, RunState, Transcript, Untrusted, check_owner, open_own, ownerless_filesystem,
};
use gscript::machine::Machine;
use gscript::run::resume::{MissingDevice, Names};
use gscript::types::printable;

use crate::render::Problem;
use crate::screen::{print_stderr, style};
use crate::state::{list_runs, runs};

/// Finds a run: by journal, by the directory of a journal, by name, or the newest that is `wanted`.
pub(super) fn find(
    run: Option<&str>,
    directory: Option<&Path>,
    wanted: impl Fn(&Transcript) -> bool,
) -> Result<Transcript, Exit> {
    let directory = directory.map_or_else(own_runs, |directory| Ok(directory.to_path_buf()))?;
    if let Some(run) = run {
        let places = [Path::new(run).to_owned(), Path::new(run).join("journal.jsonl")];
        let named = [directory.join(run).join("journal.jsonl")];
        if let Some(path) = places
            .iter()
            .chain(&named)
            .find(|path| path.symlink_metadata().is_ok_and(|found| !found.is_dir()))
        {
            return open(path);
        }
        Problem::new(format!("{}: no run {run}", directory.display()))
            .help("list the runs: gscript log; or give the path of the journal")
            .print();
        return Err(Exit::Usage);
    }
    for (path, _) in list_runs(&directory) {
        let transcript = open(&path)?;
        if wanted(&transcript) {
            return Ok(transcript);
        }
    }
    Problem::new(format!("{}: no such run", directory.display()))
        .help("list the runs: gscript log; or give the path of the journal")
        .print();
    Err(Exit::Usage)
}

/// Returns the directory of this user's runs.
pub(super) fn own_runs() -> Result<PathBuf, Exit> {
    runs().map_err(|error| journal_error(&error))
}

/// Reads a journal that only this user or root could have written.
pub(super) fn open(path: &Path) -> Result<Transcript, Exit> {
    let untrusted = |untrusted: Untrusted| {
        let mut problem = Problem::new(format!("journal {}: {untrusted}", path.display()));
        let exit = match untrusted {
            Untrusted::ForeignOwner { .. } | Untrusted::WritableByOthers { .. } => Exit::Refused,
            _ => Exit::Usage,
        };
        problem.help = untrusted.remedy();
        problem.nothing_changed();
        problem.print();
        exit
    };
    let file = open_own(path).map_err(untrusted)?;
    // The directory gives the run its name, and contains the log.
    let path = &std::fs::canonicalize(path).unwrap_or_else(|_| path.to_owned());
    let directory = path.parent().unwrap_or(Path::new("/"));
    if let Ok(found) = directory.metadata() {
        check_owner(directory, &found).or_else(allow_sticky_directory).map_err(untrusted)?;
    }
    if let Some(kind) = ownerless_filesystem(&file) {
        print_stderr(&style().yellow(&format!(
            "warning: {} is on {kind}, which stores no owners: anyone with access to the medium \
             may have changed it",
            printable(&path.display().to_string())
        )));
    }
    let transcript = Transcript::of(path, &file).and_then(Transcript::checked);
    transcript.map_err(|damaged| print_damage(path, &damaged))
}

/// Accepts a directory like /tmp with the sticky bit, where users cannot replace each other's
/// files.
fn allow_sticky_directory(untrusted: Untrusted) -> Result<(), Untrusted> {
    let sticky = |path: &Path| path.metadata().is_ok_and(|found| found.mode() & 0o1000 != 0);
    match &untrusted {
        Untrusted::WritableByOthers { path } if sticky(path) => Ok(()),
        _ => Err(untrusted),
    }
}

fn print_damage(path: &Path, damaged: &Damaged) -> Exit {
    let name = path.display();
    // The first line names the disks of the run, even if a later line is damaged.
    let head = Transcript::head_of(path);
    let effects = head.iter().flat_map(|head| &head.effects);
    let disks: BTreeSet<&str> = effects
        .filter_map(|bound| Some(bound.target.as_ref()?.identity.path.as_str()))
        .filter(|path| head.iter().any(|head| head.devices.iter().any(|one| one.path == *path)))
        .collect();
    Problem::new(format!("{name}: unusable journal: {damaged}"))
        .help(damaged.remedy(&disks.into_iter().collect::<Vec<_>>()))
        .print();
    Exit::Usage
}

/// Refuses a run that is still running.
pub(super) fn not_running(transcript: &Transcript) -> Result<(), Exit> {
    if transcript.state() != RunState::Running {
        return Ok(());
    }
    Problem::new(format!("{} is running", transcript.name()))
        .help("wait until it ends, or stop it")
        .print();
    Err(Exit::Refused)
}

/// Finds the current names of the run's devices.
pub(super) fn names(transcript: &Transcript, machine: &Machine) -> Result<Names, Exit> {
    Names::find(transcript, machine).map_err(|gone| {
        let MissingDevice { then, now } = *gone;
        let mut problem = Problem::new(format!("{then} of the run is not connected"));
        if let Some(now) = now {
            problem.notes.push(("state", format!("{} is {now}", then.path)));
        }
        problem.help("connect it, check with lsblk, and run the command again").print();
        Exit::Refused
    })
}

/// Opens the journal of a run that is to be continued.
pub(super) fn reopen(transcript: &Transcript) -> Result<Journal, Exit> {
    let home = own_runs()?;
    Journal::reopen(&transcript.path).map(|journal| journal.with_home(home)).map_err(|error| {
        Problem::new(error.to_string()).help("list the runs: gscript log").print();
        Exit::Failed
    })
}

/// Reports that the journal or log of a run cannot be created.
pub(super) fn journal_error(error: &dyn std::fmt::Display) -> Exit {
    Problem::new(format!("failed to create the journal: {error}"))
        .help("choose a writable directory with free space: --journal DIR")
        .print();
    Exit::Failed
}
