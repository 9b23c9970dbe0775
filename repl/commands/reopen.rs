//! `gscript reopen`: the command of the second boot of `try`.

use std::io;
use std::path::Path;

use gscript::error::Exit;
use gscript::event::Event;
use gscript::journal::Transcript;
use gscript::machine::{Fact, FilesFact};
use gscript::recipe::answers_table;
use gscript::run::job::reopen as open_again;
use gscript::run::session::RealMachine;
use gscript::run::trial::{restore_memory, save_memory};
use gscript::system::Real;
use gscript::types::Secret;

use super::{interrupts, read_answers_file, this_machine};
use crate::cli::{LimitArgs, Values};
use crate::render::Problem;
use crate::screen::screen;

pub(crate) fn reopen(journal: &Path, memory: Option<&Path>, values: &Values) -> Exit {
    match try_reopen(journal, memory, values) {
        Ok(()) => Exit::Done,
        Err(exit) => exit,
    }
}

/// Saves the files that the first boot leaves in memory.
pub(crate) fn save(runs: &Path, archive: &Path) -> Exit {
    match try_save(runs, archive) {
        Ok(()) => Exit::Done,
        Err(exit) => exit,
    }
}

fn try_save(runs: &Path, archive: &Path) -> Result<(), Exit> {
    let (machine, mut real) = this_machine(interrupts()?, LimitArgs::default())?;
    save_memory(runs, archive, &machine, &mut real)
        .map_err(|error| not_carried("save", archive, &error))
}

fn not_carried(verb: &str, archive: &Path, error: &io::Error) -> Exit {
    let archive = archive.display();
    Problem::new(format!("failed to {verb} the files kept in memory, {archive}: {error}")).print();
    Exit::Failed
}

/// Restores the files that the first boot left in memory, and names them.
fn restore(archive: &Path) -> Result<(), Exit> {
    if !archive.exists() {
        return Ok(());
    }
    let mut real = Real::new(interrupts()?);
    let files = restore_memory(archive, &mut real)
        .map_err(|error| not_carried("restore", archive, &error))?;
    let text = format!(
        "Restored what the first boot left in memory, as from a copy on a USB stick: {}",
        files.join(", ")
    );
    screen(true).on_event(&Event::Said { text });
    Ok(())
}

fn try_reopen(path: &Path, memory: Option<&Path>, values: &Values) -> Result<(), Exit> {
    if let Some(archive) = memory {
        restore(archive)?;
    }
    let name = path.display();
    let wrong = |why: String| {
        Problem::new(format!("failed to read the journal {name}: {why}")).print();
        Exit::Usage
    };
    let transcript = Transcript::read(path).and_then(Transcript::checked);
    let records = transcript.map_err(|damaged| wrong(damaged.to_string()))?.records;
    let answers = match &values.answers {
        None => toml::Table::new(),
        Some(file) => {
            let read = read_answers_file(file)?;
            answers_table(&file.display().to_string(), &read.text)
                .map_err(|error| wrong(error.to_string()))?
        }
    };
    let secrets = |name: &str| {
        let text = answers.get(name)?.as_str()?;
        Some(Secret::new(name, text.as_bytes().to_vec()))
    };
    let interrupts = interrupts()?;
    let (machine, real) = this_machine(interrupts.clone(), LimitArgs::default())?;
    let hands = RealMachine { machine, real, listener: screen(true), interrupts };
    let result = open_again(&records, &secrets, hands);
    if let Some(failure) = result.failure {
        Problem::of(&failure, "").print();
        return Err(Exit::Failed);
    }
    let mut out = screen(true);
    let mut say = |text: String| out.on_event(&Event::Said { text });
    for fact in &result.lost {
        say(format!("LOST: {fact}"));
    }
    let files = result
        .unchanged
        .iter()
        .filter(|f| matches!(f, Fact::Files(FilesFact::File { digest: Some(_), .. })))
        .count();
    say(format!(
        "{} of {} facts of the first boot still hold, {files} of them files compared byte by byte",
        result.unchanged.len(),
        result.unchanged.len() + result.lost.len()
    ));
    if result.unmounted > 0 {
        say(format!(
            "{} facts are not checked: the recipe does not leave their filesystems mounted",
            result.unmounted
        ));
    }
    if result.lost.is_empty() && !result.unchanged.is_empty() { Ok(()) } else { Err(Exit::Failed) }
}
