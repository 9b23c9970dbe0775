//! Editing configuration files of an installed system, for primitives that know their format.

use std::fmt;
use std::path::Path;

use super::file::{FileRule, replace, text};
use crate::config::make_conf::SourcedText;
use crate::config::{append, shell};
use crate::error::Result;
use crate::machine::files::{FileContents, FileStatus};
use crate::machine::{FilesFact, is_below};
use crate::operation::{Effect, FilesEffect, Plan, Planning};
use crate::system::{Cmd, FilesStep, Step};
use crate::types::{AbsPath, Mode, Place, sha256};

pub(super) fn writes(root: &AbsPath, path: &str) -> Effect {
    Effect::Files(FilesEffect::Writes { path: system_file(root, path).to_string() })
}

/// Returns the place of a file of the system.
pub(super) fn system_file(root: &AbsPath, path: &str) -> Place {
    Place::new(&AbsPath::assume_valid(path), Some(root))
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
        if exists(&system_file(root, path), cx)? != Some(false) {
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
/// the plan has no steps, only a fact. If the file cannot be read yet, the plan shows the lines that
/// the change adds to an empty file.
pub(super) fn edit(
    place: Place,
    cx: &Planning<'_>,
    change: impl FnOnce(&str) -> Result<String>,
) -> Result<Plan<()>> {
    let place = resolve_links(place, cx)?;
    let old = text(&place, cx)?;
    let mut sets = String::new();
    let content = match &old {
        Some(FileContents::Unknown(why)) => {
            // An error about what is missing in the empty file does not concern the real one.
            sets = change("").unwrap_or_default();
            FileContents::Unknown(why.clone())
        }
        None => FileContents::Known(change("")?.into_bytes()),
        Some(FileContents::Known(bytes)) => match std::str::from_utf8(bytes) {
            Ok(text) => FileContents::Known(change(text)?.into_bytes()),
            Err(_) => return Err(FileRule::NotText { place }.into()),
        },
    };
    let unknown = matches!(content, FileContents::Unknown(_));
    let plan = changed(place, old, content, sets, None, cx)?;
    // An unknown file may or may not already contain the change.
    Ok(if unknown { plan.always() } else { plan })
}

/// Returns the plan that gives a file this content, whatever it contains now.
pub(super) fn set_whole(place: Place, cx: &Planning<'_>, content: String) -> Result<Plan<()>> {
    whole(place, cx, content, None)
}

/// Like [`set_whole`], for a file that only its owner may read.
pub(super) fn set_private(place: Place, cx: &Planning<'_>, content: String) -> Result<Plan<()>> {
    whole(place, cx, content, Some(Mode::new(0o600)))
}

fn whole(place: Place, cx: &Planning<'_>, content: String, mode: Option<Mode>) -> Result<Plan<()>> {
    let place = resolve_links(place, cx)?;
    let old = text(&place, cx)?;
    changed(place, old, FileContents::Known(content.into_bytes()), String::new(), mode, cx)
}

/// Returns the plan that replaces the content of a file, in a directory that may be missing.
fn changed(
    place: Place,
    old: Option<FileContents>,
    content: FileContents,
    sets: String,
    mode: Option<Mode>,
    cx: &Planning<'_>,
) -> Result<Plan<()>> {
    if let (Some(FileContents::Known(old)), FileContents::Known(new)) = (&old, &content)
        && old == new
        && mode.is_none()
    {
        let digest = Some(sha256(new));
        return Ok(Plan::steps(Vec::new()).makes(FilesFact::File { place, digest, mode }));
    }
    let directory = place.parent();
    let missing = exists(&directory, cx)? == Some(false);
    let mut plan = replace(place, old, content, mode, sets);
    if missing {
        plan.steps.insert(
            0,
            Step::Files(FilesStep::MakeDir { place: directory, mode: Mode::new(0o755) }),
        );
    }
    Ok(plan)
}

/// Returns what is at a place or at the target of a link there.
pub(super) fn target(place: &Place, cx: &Planning<'_>) -> Result<FileStatus> {
    match cx.look(place)? {
        FileStatus::Link { .. } => match cx.files.resolve_place(place, true) {
            Ok(resolved) => cx.look(&resolved.place),
            // A link that leads nowhere is like a missing file.
            Err(_) => Ok(FileStatus::Missing),
        },
        status => Ok(status),
    }
}

/// Returns the contents of an included file. Files that are not regular, and those of kernel
/// filesystems, are not opened: reading them may never end.
pub(super) fn included(place: &Place, cx: &Planning<'_>) -> Result<SourcedText> {
    Ok(match target(place, cx)? {
        FileStatus::Missing => SourcedText::Missing,
        FileStatus::File { .. } if cx.files.resolve_place(place, true)?.kernel.is_none() => {
            match text(place, cx)? {
                Some(FileContents::Known(bytes)) => {
                    SourcedText::Known(String::from_utf8_lossy(&bytes).into_owned())
                }
                _ => SourcedText::Unknown,
            }
        }
        _ => SourcedText::Unknown,
    })
}

/// Returns the plan that sets variables in a file of shell assignments. A variable that an included
/// file sets again is set after it, at the end of the file.
pub(super) fn assign(
    place: Place,
    cx: &Planning<'_>,
    values: &[(&str, String)],
) -> Result<Plan<()>> {
    assign_with(place, cx, values, |text, name, value| {
        shell::set(text, name, &shell::quoted(value)).map_err(|why| why.to_string())
    })
}

/// Like [`assign`], for a file with a format of its own for values. `set` returns the content with
/// a variable set to a value, or why the file cannot be read.
pub(super) fn assign_with(
    place: Place,
    cx: &Planning<'_>,
    values: &[(&str, String)],
    set: impl Fn(&str, &str, &str) -> std::result::Result<String, String>,
) -> Result<Plan<()>> {
    let at = place.clone();
    let mut warnings = Vec::new();
    let plan = edit(place, cx, |text| {
        let mut text = text.to_owned();
        for (name, value) in values {
            let changed = set(&text, name, value).map_err(|why| unreadable(&at, &why))?;
            text = match set_again(&at, &changed, name, cx, &mut warnings)? {
                true => append(&text, &format!("{name}={}", shell::quoted(value))),
                false => changed,
            };
        }
        Ok(text)
    })?;
    Ok(warnings.into_iter().fold(plan, |plan, warning| plan.warn(Some(warning))))
}

/// Returns whether a file includes another one, after the last assignment of a variable, that sets
/// it again. One that cannot be read is reported.
fn set_again(
    place: &Place,
    text: &str,
    name: &str,
    cx: &Planning<'_>,
    warnings: &mut Vec<String>,
) -> Result<bool> {
    let unread = |why: shell::Unclosed| unreadable(place, &why);
    let set_at = shell::last(text, name).map_err(unread)?.map_or(0, |(line, _)| line);
    for (line, path) in shell::included(text).map_err(unread)? {
        if line < set_at {
            continue;
        }
        let plain = path.starts_with('/') && !path.contains('$');
        let other = Place { root: place.root.clone(), path: path.clone().into() };
        match if plain { included(&other, cx)? } else { SourcedText::Unknown } {
            SourcedText::Known(text) if matches!(shell::last(&text, name), Ok(None)) => {}
            SourcedText::Known(_) => return Ok(true),
            SourcedText::Missing => {}
            SourcedText::Unknown => warnings.push(format!(
                "{place}:{line}: includes {path}, which cannot be read: it may set {name} again"
            )),
        }
    }
    Ok(false)
}

/// Returns the error for a file of shell assignments that cannot be parsed.
pub(super) fn unreadable(place: &Place, why: &impl fmt::Display) -> crate::error::Error {
    FileRule::Damaged { place: place.clone(), why: why.to_string() }.into()
}

/// Returns a command of the system at a root, run in a chroot.
pub(super) fn command(root: &AbsPath, program: &str, cx: &Planning<'_>) -> Result<Cmd> {
    let root = super::chroot::mounted_root(root, cx)?;
    Ok(Cmd::inside(root, program))
}
