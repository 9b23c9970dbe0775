//! Editing configuration files of an installed system, for primitives that know their format.

use std::path::Path;

use super::file::{FileRule, replace, text};
use crate::config::shell;
use crate::error::Result;
use crate::machine::files::{FileContents, FileStatus};
use crate::machine::{FilesFact, is_below};
use crate::operation::{Effect, FilesEffect, Plan, Planning};
use crate::system::{Cmd, FilesStep, Step};
use crate::types::{AbsPath, Mode, Place, sha256};

pub(super) fn writes(root: &AbsPath, path: &str) -> Effect {
    Effect::Files(FilesEffect::Writes { path: there(root, path).to_string() })
}

/// Returns the place of a file of the system.
pub(super) fn there(root: &AbsPath, path: &str) -> Place {
    Place::new(&AbsPath::known(path), Some(root))
}

/// Returns whether a path exists; `None` if a simulation cannot know.
pub(super) fn exists(place: &Place, cx: &Planning<'_>) -> Result<Option<bool>> {
    Ok(match cx.look(place)? {
        FileStatus::Unknown(_) => None,
        look => Some(look != FileStatus::Missing),
    })
}

/// Returns whether certainly none of these files exists in the root. Distributions install programs
/// at different paths.
pub(super) fn none_of(root: &AbsPath, paths: &[&str], cx: &Planning<'_>) -> Result<bool> {
    for path in paths {
        if exists(&there(root, path), cx)? != Some(false) {
            return Ok(false);
        }
    }
    Ok(true)
}

/// Resolves links inside the root, because the target must be edited, not the link. Targets on
/// filesystems that the chroot shares with the running system are rejected.
fn resolve_links(first: Place, cx: &Planning<'_>) -> Result<Place> {
    let mut place = first.clone();
    // Longer chains are loops (path_resolution(7)); reading the file reports the error.
    for _ in 0..40 {
        let FileStatus::Link { to } = cx.look(&place)? else { break };
        let above = place.path.parent().unwrap_or(Path::new("/")).to_owned();
        place.path = above.join(to);
    }
    let on = |place: &Place| {
        let path = place.outside().to_string_lossy().into_owned();
        let mounts = cx.machine.storage.mounts.iter().filter(|mount| is_below(&path, &mount.at));
        mounts.max_by_key(|mount| mount.at.len())
    };
    match on(&place) {
        Some(mount)
            if place != first
                && place.root != Path::new("/")
                && !mount.source.starts_with("/dev/")
                && Some(mount) != on(&first) =>
        {
            Err(FileRule::LeadsOutside { place: first, to: place }.into())
        }
        _ => Ok(place),
    }
}

/// Returns the plan that edits a text file or creates a missing one. If the content is unchanged,
/// the plan has no steps, only a fact.
pub(super) fn edit(
    place: Place,
    cx: &Planning<'_>,
    change: impl FnOnce(&str) -> Result<String>,
) -> Result<Plan<()>> {
    let place = resolve_links(place, cx)?;
    let old = text(&place, cx)?;
    let content = match &old {
        Some(FileContents::Unknown(why)) => FileContents::Unknown(why.clone()),
        None => FileContents::Known(change("")?.into_bytes()),
        Some(FileContents::Known(bytes)) => match std::str::from_utf8(bytes) {
            Ok(text) => FileContents::Known(change(text)?.into_bytes()),
            Err(_) => return Err(FileRule::NotText { place }.into()),
        },
    };
    if let (Some(FileContents::Known(old)), FileContents::Known(new)) = (&old, &content)
        && old == new
    {
        let digest = Some(sha256(new));
        return Ok(Plan::steps(Vec::new()).makes(FilesFact::File { place, digest, mode: None }));
    }
    let directory = place.parent();
    let missing = exists(&directory, cx)? == Some(false);
    let unknown = matches!(content, FileContents::Unknown(_));
    let mut plan = replace(place, old, content, None);
    if missing {
        plan.steps.insert(
            0,
            Step::Files(FilesStep::MakeDir { place: directory, mode: Mode::new(0o755) }),
        );
    }
    // An unknown file may or may not already contain the change.
    Ok(if unknown { plan.always() } else { plan })
}

/// Returns the plan that sets variables in a file of shell assignments.
pub(super) fn assign(
    place: Place,
    cx: &Planning<'_>,
    values: &[(&str, String)],
) -> Result<Plan<()>> {
    let at = place.clone();
    edit(place, cx, move |text| {
        let set = |text: String, (name, value): &(&str, String)| {
            shell::set(&text, name, &shell::quoted(value))
        };
        values.iter().try_fold(text.to_owned(), set).map_err(|why| unreadable(&at, &why))
    })
}

/// Returns the error for a file of shell assignments that cannot be parsed.
pub(super) fn unreadable(place: &Place, why: &shell::Unclosed) -> crate::error::Error {
    FileRule::Damaged { place: place.clone(), why: why.to_string() }.into()
}

/// Returns a command of the system at a root, run in a chroot.
pub(super) fn command(root: &AbsPath, program: &str, cx: &Planning<'_>) -> Result<Cmd> {
    let root = super::chroot::mounted_root(root, cx)?;
    Ok(Cmd::inside(root, program))
}
