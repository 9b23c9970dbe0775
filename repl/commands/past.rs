//! Runs of the past: found by their name, their journal, or because they are the newest.

use std::collections::BTreeSet;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

use gscript::error::Exit;
use gscript::journal::{
    Damaged, Journal, RunState, Story, Untrusted, open_own, owned, without_owners,
};
use gscript::machine::Machine;
use gscript::run::resume::{Gone, Names};
use gscript::types::printable;

use crate::render::Problem;
use crate::screen::{style, tell};
use crate::state::{runs, stories};

/// The run that is meant: a journal, a folder with one, a name, or the newest that is wanted.
pub(super) fn find(
    run: Option<&str>,
    folder: Option<&Path>,
    wanted: impl Fn(&Story) -> bool,
) -> Result<Story, Exit> {
    let folder = folder.map_or_else(own_runs, |folder| Ok(folder.to_path_buf()))?;
    if let Some(run) = run {
        let places = [Path::new(run).to_owned(), Path::new(run).join("journal.jsonl")];
        let named = [folder.join(run).join("journal.jsonl")];
        if let Some(path) = places
            .iter()
            .chain(&named)
            .find(|path| path.symlink_metadata().is_ok_and(|found| !found.is_dir()))
        {
            return open(path);
        }
        Problem::new(format!("there is no run {run} in {}", folder.display()))
            .help("list them: gscript log, or name the journal file")
            .print();
        return Err(Exit::Usage);
    }
    for (path, _) in stories(&folder) {
        let story = open(&path)?;
        if wanted(&story) {
            return Ok(story);
        }
    }
    Problem::new(format!("there is no such run in {}", folder.display()))
        .help("list the runs: gscript log; a journal elsewhere is named by its path")
        .print();
    Err(Exit::Usage)
}

/// The directory of this user's runs.
pub(super) fn own_runs() -> Result<PathBuf, Exit> {
    runs().map_err(|error| unrecorded(&error))
}

/// Reads a journal that this user, or root, has written, and nobody else could.
pub(super) fn open(path: &Path) -> Result<Story, Exit> {
    let untrusted = |untrusted: Untrusted| {
        let mut problem = Problem::new(format!("journal {}: {untrusted}", path.display()));
        let exit = match untrusted {
            Untrusted::Foreign { .. } | Untrusted::Open { .. } => Exit::Refused,
            _ => Exit::Usage,
        };
        problem.help = untrusted.remedy();
        problem.notes.push(("state", "nothing has been changed".into()));
        problem.print();
        exit
    };
    let file = open_own(path).map_err(untrusted)?;
    // Its directory tells the name of the run, and has the log.
    let path = &std::fs::canonicalize(path).unwrap_or_else(|_| path.to_owned());
    let folder = path.parent().unwrap_or(Path::new("/"));
    if let Ok(found) = folder.metadata() {
        owned(folder, &found).or_else(shared).map_err(untrusted)?;
    }
    if let Some(kind) = without_owners(&file) {
        tell(&style().yellow(&format!(
            "warning: {} is on {kind}, which has no owners: whoever had the medium may have changed it",
            printable(&path.display().to_string())
        )));
    }
    let story = Story::of(path, &file).and_then(Story::checked);
    story.map_err(|damaged| unusable(path, &damaged))
}

/// A directory like /tmp, in which each user's files are their own.
fn shared(untrusted: Untrusted) -> Result<(), Untrusted> {
    let sticky = |path: &Path| path.metadata().is_ok_and(|found| found.mode() & 0o1000 != 0);
    match &untrusted {
        Untrusted::Open { path } if sticky(path) => Ok(()),
        _ => Err(untrusted),
    }
}

fn unusable(path: &Path, damaged: &Damaged) -> Exit {
    let name = path.display();
    // The first line says which disks they were, also where a later one is damaged.
    let head = Story::head_of(path);
    let effects = head.iter().flat_map(|head| &head.effects);
    let disks: BTreeSet<&str> = effects
        .filter_map(|bound| Some(bound.target.as_ref()?.identity.path.as_str()))
        .filter(|path| head.iter().any(|head| head.devices.iter().any(|one| one.path == *path)))
        .collect();
    Problem::new(format!("the journal {name} can't be used: {damaged}"))
        .help(damaged.remedy(&disks.into_iter().collect::<Vec<_>>()))
        .print();
    Exit::Usage
}

/// A run that goes on is left alone.
pub(super) fn not_running(story: &Story) -> Result<(), Exit> {
    if story.state() != RunState::Running {
        return Ok(());
    }
    Problem::new(format!("{} is running", story.name()))
        .help("wait until it is done, or stop it")
        .print();
    Err(Exit::Refused)
}

/// Where the devices of the run are now.
pub(super) fn names(story: &Story, machine: &Machine) -> Result<Names, Exit> {
    Names::find(story, machine).map_err(|gone| {
        let Gone { then, now } = *gone;
        let mut problem = Problem::new(format!("{then} of the run is not there"));
        if let Some(now) = now {
            problem.notes.push(("now", format!("{} is {now}", then.path)));
        }
        problem.help("connect it, see lsblk, and try again").print();
        Exit::Refused
    })
}

/// The journal, to be gone on with.
pub(super) fn reopen(story: &Story) -> Result<Journal, Exit> {
    let home = own_runs()?;
    Journal::reopen(&story.path).map(|journal| journal.with_home(home)).map_err(|error| {
        Problem::new(error.to_string()).help("see the runs: gscript log").print();
        Exit::Failed
    })
}

/// Tells that the journal or log of a run can't be kept.
pub(super) fn unrecorded(error: &dyn std::fmt::Display) -> Exit {
    Problem::new(format!("can't keep a record of the run: {error}"))
        .help("name a folder that can be written to and has room: --journal DIR")
        .print();
    Exit::Failed
}
