//! Runs of the past: found by their name, their journal, or because they are the newest.

use std::collections::BTreeSet;
use std::path::Path;

use gscript::error::Exit;
use gscript::journal::{Damaged, Journal, State, Story};
use gscript::machine::Machine;
use gscript::resume::{Gone, Names};

use crate::render::Problem;
use crate::state::{runs, stories};

/// The run that is meant: a journal, a folder with one, a name, or the newest that is wanted.
pub(super) fn find(
    run: Option<&str>,
    folder: Option<&Path>,
    wanted: impl Fn(&Story) -> bool,
) -> Result<Story, Exit> {
    let folder = folder.map_or_else(runs, Path::to_path_buf);
    if let Some(run) = run {
        let places = [Path::new(run).to_owned(), Path::new(run).join("journal.jsonl")];
        let named = [folder.join(run).join("journal.jsonl")];
        if let Some(path) = places.iter().chain(&named).find(|path| path.is_file()) {
            return Story::read(path).map_err(|damaged| unusable(path, &damaged));
        }
        Problem::new(format!("there is no run {run} in {}", folder.display()))
            .help("list them: gscript log, or name the journal file")
            .print();
        return Err(Exit::Usage);
    }
    for (path, story) in stories(&folder) {
        let story = story.map_err(|damaged| unusable(&path, &damaged))?;
        if wanted(&story) {
            return Ok(story);
        }
    }
    Problem::new(format!("there is no such run in {}", folder.display()))
        .help("list the runs: gscript log; a journal elsewhere is named by its path")
        .print();
    Err(Exit::Usage)
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
    if story.state() != State::Running {
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
    Journal::reopen(&story.path).map(|journal| journal.with_home(runs())).map_err(|error| {
        Problem::new(error.to_string()).help("see the runs: gscript log").print();
        Exit::Failed
    })
}
