//! Resolves places: effects name the place behind symbolic links and bind mounts, and the steps use
//! that place.

use std::path::PathBuf;

use super::cached_files::CachedFiles;
use crate::error::{Exit, Result, Rule};
use crate::machine::files::{Files, ResolvedPath};
use crate::machine::origin::kernel_directory;
use crate::machine::{Fact, MountOrigin, StorageFact, StorageRelease, is_below};
use crate::operation::{Effect, FilesEffect, Plan, ProgramEffect, StorageEffect, Undo};
use crate::primitives::file::FileRule;
use crate::run::environment::Environment;
use crate::run::ledger::Ledger;
use crate::system::{FilesStep, Step, StorageStep};
use crate::types::{Map, Place, Value};

/// A place that file actions must not change.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "{place}: {what} belongs to the kernel and cannot be changed with file actions{}",
    also(place, origin)
)]
struct KernelPlace {
    place: String,
    origin: String,
    what: String,
}

fn also(place: &str, origin: &str) -> String {
    if place == origin { String::new() } else { format!(" (the place is {origin})") }
}

impl Rule for KernelPlace {
    fn remedy(&self) -> Option<String> {
        Some(
            "give a file on a disk; use the dedicated primitives for devices and kernel settings"
                .into(),
        )
    }

    fn exit(&self) -> Exit {
        Exit::Refused
    }
}

/// Directories for temporary mounts, which contain no part of the running system.
const TEMPORARY_MOUNT_DIRECTORIES: [&str; 3] = ["/media", "/mnt", "/run/media"];

/// A resolver of paths in the present state of a run.
pub(super) struct Places<'a> {
    environment: &'a Environment,
    /// The facts that this run made until the next reboot.
    made: &'a [Fact],
}

impl<'a> Places<'a> {
    /// Creates a resolver for the present state of a run.
    pub(super) fn of(environment: &'a Environment, ledger: &'a Ledger) -> Self {
        Self { environment, made: ledger.releasable() }
    }

    /// Replaces device names and paths in effects by canonical ones.
    pub(super) fn canonical(&self, effects: Vec<Effect>, args: &Map) -> Result<Vec<Effect>> {
        let path = |device: String| self.environment.machine().canonical(&device);
        let words = |what: &str| -> String {
            if let Some(unmount) = self.with_real_mount_point(what) {
                return unmount;
            }
            what.split(' ').map(|word| path(word.to_owned())).collect::<Vec<_>>().join(" ")
        };
        // A run may release its own resources without approval.
        let own = |effect: &Effect| match effect {
            Effect::Program(ProgramEffect::Ends { what }) => self
                .made
                .iter()
                .filter_map(Fact::release)
                .any(|release| release.to_string() == words(what)),
            _ => false,
        };
        let canonical = |effect| match effect {
            Effect::Program(ProgramEffect::Ends { what }) => {
                Ok(Effect::Program(ProgramEffect::Ends { what: words(&what) }))
            }
            other => self.with_real_path(other.on(path), args),
        };
        effects.into_iter().filter(|effect| !own(effect)).map(canonical).collect()
    }

    /// Resolves a path; below `root`, it is resolved as seen from that root.
    fn resolve(&self, path: &str, root: Option<&str>, follow: bool) -> Result<ResolvedPath> {
        let inside = root.filter(|root| *root != "/" && is_below(path, root));
        let place = match inside {
            Some(root) => {
                let inner = path.strip_prefix(root).filter(|inner| !inner.is_empty());
                Place { root: root.into(), path: inner.unwrap_or("/").into() }
            }
            None => Place::here(path),
        };
        Ok(self.environment.files().resolve_place(&place, follow)?)
    }

    /// Returns the path of a place in effects. Below a mount point of this run, it is the mount
    /// point.
    fn effect_path(&self, reach: &ResolvedPath) -> String {
        let origin = self.origin(reach);
        let mounts = self.made.iter().filter_map(|fact| match fact {
            Fact::Storage(StorageFact::Mounted { at, .. }) if is_below(&origin, at) => Some(at),
            _ => None,
        });
        mounts.min_by_key(|at| at.len()).cloned().unwrap_or(origin)
    }

    fn origin(&self, reach: &ResolvedPath) -> String {
        let seen = reach.place.to_string();
        match self.on_own_filesystem(&seen) {
            true => seen,
            false => reach.origin.to_string_lossy().into_owned(),
        }
    }

    /// Returns whether a path is on a filesystem that this run mounted from a device which the
    /// running system does not use itself. A USB stick that a desktop has also mounted is such a
    /// device.
    fn on_own_filesystem(&self, path: &str) -> bool {
        let mounts = self.made.iter().filter_map(|fact| match fact {
            Fact::Storage(StorageFact::Mounted { at, origin, .. }) if is_below(path, at) => {
                Some((at, origin))
            }
            _ => None,
        });
        let Some((_, MountOrigin::Device { device, .. })) = mounts.max_by_key(|(at, _)| at.len())
        else {
            return false;
        };
        let made = |at: &str| {
            self.made.iter().any(|fact| matches!(fact, Fact::Storage(StorageFact::Mounted { at: own, .. }) if own == at))
        };
        let of_system = |mount: &&crate::machine::Mount| {
            mount.source == *device
                && !made(&mount.at)
                && !TEMPORARY_MOUNT_DIRECTORIES.iter().any(|top| is_below(&mount.at, top))
        };
        !self.environment.machine().storage.mounts.iter().any(|mount| of_system(&mount))
    }

    /// Replaces the path of an effect by its resolved path.
    fn with_real_path(&self, effect: Effect, args: &Map) -> Result<Effect> {
        let given = |wanted: &str| {
            let value = args.iter().find(|(name, _)| name == wanted);
            value.and_then(|(_, value)| value.as_text())
        };
        let root = given("root");
        Ok(match effect {
            Effect::Files(FilesEffect::Writes { path }) => Effect::Files(FilesEffect::Writes {
                path: self.effect_path(&self.resolve(&path, root, false)?),
            }),
            Effect::Files(FilesEffect::Reads { path }) => {
                let root = given("from_root").or(root);
                Effect::Files(FilesEffect::Reads {
                    path: self.origin(&self.resolve(&path, root, true)?),
                })
            }
            Effect::Storage(StorageEffect::Mounts { at }) => {
                Effect::Storage(StorageEffect::Mounts {
                    at: self.origin(&self.resolve(&at, root, true)?),
                })
            }
            Effect::Program(ProgramEffect::Runs { program, root }) if root != "/" => {
                let root = self.origin(&self.resolve(&root, None, true)?);
                Effect::Program(ProgramEffect::Runs { program, root })
            }
            other => other,
        })
    }

    /// Returns the `umount` command with the resolved mount point.
    fn with_real_mount_point(&self, what: &str) -> Option<String> {
        let at = unquoted(what.strip_prefix("umount ")?);
        let reach = self.resolve(&at, None, true).ok()?;
        Some(
            crate::machine::Release::Storage(StorageRelease::Unmount {
                at: reach.place.to_string(),
            })
            .to_string(),
        )
    }

    /// Refuses a place in a root if a symbolic link leads from it to a part of the running system
    /// that is mounted in the root. An explicit path to such a part is allowed.
    fn must_stay_inside(&self, place: &Place, follow: bool) -> Result<()> {
        if place.root.as_os_str() == "/" {
            return Ok(());
        }
        let files = self.environment.files();
        let reach = files.resolve_place(place, follow)?;
        if reach.place.path == place.path {
            return Ok(());
        }
        let root = reach.place.root.to_string_lossy();
        let top = self.origin(&files.resolve_place(&Place::here(&*root), true)?);
        let outside = |path: &str| !is_below(path, &root) && !is_below(path, &top);
        let both = place.path.components().zip(reach.place.path.components());
        let shared: PathBuf = both.take_while(|(a, b)| a == b).map(|(a, _)| a).collect();
        let named = Place { root: reach.place.root.clone(), path: shared };
        if outside(&self.origin(&reach))
            && !outside(&self.origin(&files.resolve_place(&named, false)?))
        {
            return Err(FileRule::LeadsOutside { place: place.clone(), to: reach.place }.into());
        }
        Ok(())
    }

    /// Resolves the places in all steps, facts and undo steps of a plan, refuses places that file
    /// actions must not change, and adds effects that the action did not declare: writes, and
    /// further devices of a mount.
    pub(super) fn follow_links(
        &self,
        plan: &mut Plan<Value>,
        effects: &mut Vec<Effect>,
    ) -> Result<()> {
        let files = self.environment.files();
        for step in &plan.steps {
            if let Some((place, follow)) = step.written() {
                self.must_stay_inside(place, follow)?;
            }
        }
        let cached_files = CachedFiles::new(files);
        for step in &mut plan.steps {
            step.follow_links(&cached_files)?;
        }
        for fact in &mut plan.makes {
            fact.follow_links(&cached_files)?;
        }
        if let Undo::Steps(steps) = &mut plan.undo {
            for step in steps {
                step.follow_links(&cached_files)?;
            }
        }
        for step in &plan.steps {
            let Some((place, follow)) = step.written() else { continue };
            let reach = cached_files.resolve_place(place, follow)?;
            refuse_kernel_place(&reach)?;
            let path = self.effect_path(&reach);
            // Creating the directories above a file is part of writing the file.
            let above = matches!(step, Step::Files(FilesStep::MakeDir { .. }));
            if !effects.iter().any(|effect| includes(effect, &path, &reach, above)) {
                effects.push(Effect::Files(FilesEffect::Writes { path }));
            }
        }
        for step in &plan.steps {
            let Step::Storage(StorageStep::Mount(call)) = step else { continue };
            for device in call.named_devices() {
                let uses = StorageEffect::Uses { device: device.to_owned() }.into();
                if !effects.contains(&uses) {
                    effects.push(uses);
                }
            }
        }
        Ok(())
    }
}

fn refuse_kernel_place(reach: &ResolvedPath) -> Result<()> {
    let what = match (&reach.kernel, kernel_directory(&reach.origin)) {
        (Some(kind), _) => kind.clone(),
        (None, Some(place)) => place.to_owned(),
        (None, None) => return Ok(()),
    };
    let origin = reach.origin.to_string_lossy().into_owned();
    Err(KernelPlace { place: reach.place.to_string(), origin, what }.into())
}

/// Returns whether an effect includes writing to a place, or creating a directory above the path
/// that it writes.
fn includes(effect: &Effect, path: &str, reach: &ResolvedPath, above: bool) -> bool {
    match effect {
        Effect::Files(FilesEffect::Writes { path: top })
        | Effect::Storage(StorageEffect::Mounts { at: top }) => {
            is_below(path, top) || (above && is_below(top, path))
        }
        // A program that runs in a root can write everywhere in that root.
        Effect::Program(ProgramEffect::Runs { root, .. }) => {
            root != "/" && (is_below(path, root) || reach.place.outside().starts_with(root))
        }
        _ => false,
    }
}

/// Removes the single quotes of a shell word.
fn unquoted(word: &str) -> String {
    word.trim_matches('\'').replace(r"'\''", "'")
}
