//! Files that actions must not lose: those in use, and those without which a container cannot be
//! opened again: detached LUKS headers, and what `/etc/crypttab` names.

use std::path::Path;

use crate::config::{crypttab, fstab};
use crate::error::{InUse, Result};
use crate::machine::files::{FileContents, FileStatus};
use crate::machine::is_below;
use crate::machine::probe::{LUKS_UUID_END, luks_uuid};
use crate::operation::{Effect, StorageEffect};
use crate::run::environment::Environment;
use crate::system::{FilesStep, Step};
use crate::types::Place;

/// Refuses to overwrite or remove a file that is in use: an active swap file, the file of a loop
/// device, or the header of an open container. The kernel protects only the first: it keeps a
/// removed file until the loop device is detached, and does not know where a header was read from.
pub(super) fn check_files(environment: &Environment, steps: &[Step]) -> Result<()> {
    for place in steps.iter().filter_map(lost_file) {
        let (device, machine) = (place.to_string(), environment.machine());
        let header = machine.has_detached_headers().then(|| header_in(environment, place));
        let (uses, releases) = machine.file_uses(&device, header.flatten().as_deref());
        if !uses.is_empty() {
            return Err(InUse { device, uses, releases, system: false }.into());
        }
    }
    Ok(())
}

/// Returns the file whose contents are lost with a step.
fn lost_file(step: &Step) -> Option<&Place> {
    match step {
        Step::Files(
            FilesStep::Write { place, .. }
            | FilesStep::Copy { to: place, .. }
            | FilesStep::Link { place, .. }
            | FilesStep::Remove { place },
        ) => Some(place),
        _ => None,
    }
}

/// Returns the UUID of the LUKS header in a file.
fn header_in(environment: &Environment, place: &Place) -> Option<String> {
    let files = environment.files();
    match files.file_status(place).ok()? {
        FileStatus::File { .. } | FileStatus::Unknown(_) => {}
        FileStatus::Missing
        | FileStatus::Dir { .. }
        | FileStatus::Link { .. }
        | FileStatus::Other => return None,
    }
    match files.first_bytes(place, LUKS_UUID_END).ok()? {
        FileContents::Known(bytes) => luks_uuid(&bytes),
        FileContents::Unknown(_) => {
            let saved = environment.machine().saved_header(&place.to_string());
            saved?.uuid().map(str::to_owned)
        }
    }
}

/// Returns warnings about headers, keys and data that are lost although an `/etc/crypttab` names
/// them and nothing on the devices shows it: that of the running system, or of a mounted one.
pub(super) fn boot_warnings(
    environment: &Environment,
    steps: &[Step],
    effects: &[Effect],
) -> Vec<String> {
    let exists = |place: &&Place| {
        environment.files().file_status(place).is_ok_and(|status| status != FileStatus::Missing)
    };
    let existing = steps.iter().filter_map(lost_file).filter(exists);
    let loss = Loss {
        environment,
        files: existing.map(Place::to_string).collect(),
        devices: effects.iter().filter_map(destroyed).collect(),
    };
    if loss.files.is_empty() && loss.devices.is_empty() {
        return Vec::new();
    }
    // Systems are on devices: looking into every pseudo filesystem for every file takes its time.
    let mounts = environment.machine().storage.mounts.iter();
    let mounts = mounts.filter(|mount| mount.source.starts_with('/'));
    let mut roots: Vec<&str> = mounts.map(|mount| mount.at.as_str()).chain(["/"]).collect();
    roots.sort_unstable();
    roots.dedup();
    roots.into_iter().flat_map(|root| loss.warnings(root)).collect()
}

fn destroyed(effect: &Effect) -> Option<&str> {
    match effect {
        Effect::Storage(StorageEffect::Destroys { device }) => Some(device),
        _ => None,
    }
}

/// What is lost with an action.
struct Loss<'a> {
    environment: &'a Environment,
    files: Vec<String>,
    devices: Vec<&'a str>,
}

impl Loss<'_> {
    /// Returns the warnings about the entries in the table of the system at a mount point.
    fn warnings(&self, root: &str) -> Vec<String> {
        let table = Place { root: root.into(), path: "/etc/crypttab".into() };
        let Some(text) = self.text(&table) else { return Vec::new() };
        let mut warnings = Vec::new();
        for fields in text.lines().filter_map(crypttab::fields) {
            let [name, container, ..] = fields.as_slice() else { continue };
            // The data is lost with the container, with or without its header.
            if let Some(lost) = fstab::device_path(container).and_then(|path| self.device(&path)) {
                if !crypttab::has_random_key(&fields) && self.looks_blank(&lost) {
                    warnings.push(format!(
                        "{lost} looks blank, but has the data of {name}, according to {table}"
                    ));
                }
                continue;
            }
            for needed in crypttab::needed_files(&fields) {
                let Some(lost) = self.lost(root, &needed) else { continue };
                let what = needed.what;
                warnings.push(format!(
                    "{lost} has the {what} of {name}, according to {table}: without it, {name} may be impossible to open"
                ));
            }
        }
        warnings
    }

    /// Returns whether nothing shows that a device has data: a container without a header there.
    fn looks_blank(&self, path: &str) -> bool {
        let device = self.environment.machine().find(path);
        device.is_some_and(|device| device.content.is_none() && device.table.is_none())
    }

    /// Returns the lost file or device with what an entry names.
    fn lost(&self, root: &str, needed: &crypttab::NeededFile<'_>) -> Option<String> {
        let machine = self.environment.machine();
        if is_below(needed.path, "/dev") {
            return self.device(needed.path);
        }
        let file = Place { root: root.into(), path: needed.path.into() };
        let Some(device) = needed.device.and_then(fstab::device_path) else {
            return self.file(&file).or_else(|| self.device(&self.source_at_boot(&file)?));
        };
        let path = &machine.find(&device)?.path;
        let mounted = machine.storage.mounts.iter().filter(|mount| mount.source == *path);
        let mut files =
            mounted.map(|mount| Place { root: (&mount.at).into(), path: needed.path.into() });
        files.find_map(|file| self.file(&file)).or_else(|| self.device(path))
    }

    /// Returns a file if it is lost.
    fn file(&self, file: &Place) -> Option<String> {
        let real = self.environment.files().resolve_place(file, true).ok()?.place.to_string();
        self.files.iter().find(|lost| **lost == real).cloned()
    }

    /// Returns the canonical path of a device if it is lost.
    fn device(&self, path: &str) -> Option<String> {
        let machine = self.environment.machine();
        let device = machine.find(path)?;
        let lost = self.devices.iter().any(|top| machine.depends_on(&device.path, top));
        lost.then(|| device.path.clone())
    }

    /// Returns the device on which a file of a system is at boot, according to its `/etc/fstab`.
    fn source_at_boot(&self, file: &Place) -> Option<String> {
        let text = self.text(&Place { root: file.root.clone(), path: "/etc/fstab".into() })?;
        let entries = text.lines().filter_map(fstab::fields);
        let around = entries
            .filter(|fields| fields.get(1).is_some_and(|at| file.path.starts_with(Path::new(at))));
        let nearest = around.max_by_key(|fields| fields[1].len())?;
        fstab::device_path(&nearest[0])
    }

    fn text(&self, place: &Place) -> Option<String> {
        match self.environment.files().read(place).ok()? {
            FileContents::Known(bytes) => Some(String::from_utf8_lossy(&bytes).into_owned()),
            FileContents::Unknown(_) => None,
        }
    }
}
