//! A journal on a medium that the run itself mounts, but which is now mounted at another directory.
//! The journal is copied to the state directory, because the medium cannot be unmounted while its
//! journal is in use.

use std::fs::{self, DirBuilder, File, OpenOptions};
use std::io;
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::PathBuf;

use gscript::error::Exit;
use gscript::journal::Transcript;
use gscript::machine::{Fact, Machine, MountOrigin, StorageFact};
use gscript::run::resume::{Names, live_actions};
use gscript::types::{printable, quote};

use crate::render::Problem;
use crate::state::runs;

/// Refuses a run whose journal is on such a medium, and prints the commands to type.
pub(super) fn refuse_own_mount(
    transcript: &Transcript,
    names: &Names,
    machine: &Machine,
) -> Result<(), Exit> {
    let Some((device, at, wanted)) = find_conflicting_mount(transcript, names, machine) else {
        return Ok(());
    };
    let why = format!(
        "the journal is on {device}, which is mounted at {}, and the run mounts it at {}",
        printable(&at),
        printable(&wanted)
    );
    let mut problem = Problem::new(why);
    match copy_to_state(transcript) {
        Ok(journal) => {
            let copy = format!(
                "nothing has been changed; the journal was copied to {}",
                journal.display()
            );
            problem.notes.push(("state", copy));
            let journal = quote(&journal.to_string_lossy());
            problem.help(format!("umount {} && gscript resume {journal}", quote(&at))).print();
        }
        Err(error) => {
            problem.nothing_changed();
            problem.notes.push(("copying the journal", error.to_string()));
            problem
                .help(format!(
                    "copy {} to another filesystem than {device}, run umount {}, and resume the \
                     copy",
                    transcript.path.display(),
                    quote(&at)
                ))
                .print();
        }
    }
    Err(Exit::Refused)
}

/// Returns the device with the journal, its mount point, and the mount point required by the run.
fn find_conflicting_mount(
    transcript: &Transcript,
    names: &Names,
    machine: &Machine,
) -> Option<(String, String, String)> {
    let path = fs::canonicalize(&transcript.path).ok()?;
    let covers =
        machine.storage.mounts.iter().rev().filter(|mount| mount.covers(&path.to_string_lossy()));
    let mount = covers.max_by_key(|mount| mount.at.len())?;
    let device = machine.find(&mount.source)?;
    let live = live_actions(&transcript.records);
    let places: Vec<&str> = live
        .iter()
        .flat_map(|one| &one.facts)
        .filter_map(|fact| match fact {
            Fact::Storage(StorageFact::Mounted {
                at,
                origin: MountOrigin::Device { device: then, .. },
                ..
            }) => {
                let now = machine.find(&names.now(then))?;
                (now.path == device.path).then_some(at.as_str())
            }
            _ => None,
        })
        .collect();
    let wanted =
        places.iter().find(|at| !machine.storage.mounts.iter().any(|mount| mount.at == **at))?;
    Some((device.path.clone(), mount.at.clone(), (*wanted).to_owned()))
}

/// Copies the journal to the state directory, and returns the copy. An existing copy is unchanged.
fn copy_to_state(transcript: &Transcript) -> io::Result<PathBuf> {
    let directory = runs()?.join(transcript.name());
    let copy = directory.join("journal.jsonl");
    if copy.exists() {
        return Ok(copy);
    }
    DirBuilder::new().recursive(true).mode(0o700).create(&directory)?;
    let new = copy.with_extension("new");
    let mut from = File::open(&transcript.path)?;
    let mut to =
        OpenOptions::new().write(true).create(true).truncate(true).mode(0o600).open(&new)?;
    io::copy(&mut from, &mut to)?;
    to.sync_all()?;
    fs::rename(&new, &copy)?;
    to.sync_all()?;
    Ok(copy)
}
