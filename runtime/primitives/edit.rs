//! Changing a text file of an installed system, for primitives that know its format.

use std::path::Path;

use super::file::{FileRule, replace, text};
use crate::config::shell;
use crate::error::Result;
use crate::machine::files::{Look, Text};
use crate::machine::{FilesFact, is_below};
use crate::operation::{Effect, FilesEffect, Plan, Planning};
use crate::system::{Cmd, FilesStep, Step};
use crate::types::{AbsPath, Mode, Place, sha256};

/// What a change of this file means.
pub(super) fn writes(root: &AbsPath, path: &str) -> Effect {
    Effect::Files(FilesEffect::Writes { path: there(root, path).to_string() })
}

/// The place of one of the system's own files.
pub(super) fn there(root: &AbsPath, path: &str) -> Place {
    Place::new(&AbsPath::known(path), Some(root))
}

/// Whether something is there; `None` where a simulation can't know.
pub(super) fn exists(place: &Place, cx: &Planning<'_>) -> Result<Option<bool>> {
    Ok(match cx.look(place)? {
        Look::Unknown(_) => None,
        look => Some(look != Look::Missing),
    })
}

/// Whether certainly none of these files is in the root: distributions do not agree where programs are.
pub(super) fn none_of(root: &AbsPath, paths: &[&str], cx: &Planning<'_>) -> Result<bool> {
    for path in paths {
        if exists(&there(root, path), cx)? != Some(false) {
            return Ok(false);
        }
    }
    Ok(true)
}

/// The file that a link leads to, inside the same root: it is what is to change, and not the link. What a
/// chroot shows of the running system is not.
fn followed(first: Place, cx: &Planning<'_>) -> Result<Place> {
    let mut place = first.clone();
    // A chain that is longer goes in a circle (path_resolution(7)); reading it tells so.
    for _ in 0..40 {
        let Look::Link { to } = cx.look(&place)? else { break };
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

/// The plan that changes a text file, and makes it if it is missing. Where it is so already, it only
/// has a fact.
pub(super) fn edit(
    place: Place,
    cx: &Planning<'_>,
    change: impl FnOnce(&str) -> Result<String>,
) -> Result<Plan<()>> {
    let place = followed(place, cx)?;
    let old = text(&place, cx)?;
    let content = match &old {
        Some(Text::Unknown(why)) => Text::Unknown(why.clone()),
        None => Text::Known(change("")?.into_bytes()),
        Some(Text::Known(bytes)) => match std::str::from_utf8(bytes) {
            Ok(text) => Text::Known(change(text)?.into_bytes()),
            Err(_) => return Err(FileRule::NotText { place }.into()),
        },
    };
    if let (Some(Text::Known(old)), Text::Known(new)) = (&old, &content)
        && old == new
    {
        let digest = Some(sha256(new));
        return Ok(Plan::steps(Vec::new()).makes(FilesFact::File { place, digest, mode: None }));
    }
    let folder = place.parent();
    let missing = exists(&folder, cx)? == Some(false);
    let unknown = matches!(content, Text::Unknown(_));
    let mut plan = replace(place, old, content, None);
    if missing {
        plan.steps
            .insert(0, Step::Files(FilesStep::MakeDir { place: folder, mode: Mode::new(0o755) }));
    }
    // Nobody knows whether an unknown text has it already.
    Ok(if unknown { plan.always() } else { plan })
}

/// The plan that sets variables in a file of assignments.
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

/// A file of assignments that can't be read.
pub(super) fn unreadable(place: &Place, why: &shell::Unclosed) -> crate::error::Error {
    FileRule::Damaged { place: place.clone(), why: why.to_string() }.into()
}

/// A program of the system at a root: in a chroot, or as it is where that is the running one.
pub(super) fn command(root: &AbsPath, program: &str, cx: &Planning<'_>) -> Result<Cmd> {
    let root = super::chroot::mounted_root(root, cx)?;
    Ok(Cmd::inside(root, program))
}
