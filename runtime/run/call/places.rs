//! Places are what they are: an effect names the place behind links and bind mounts, and the steps go to
//! just that place.

use std::path::PathBuf;

use super::led::Led;
use crate::error::{Exit, Result, Rule};
use crate::machine::files::{Files, Reach};
use crate::machine::origin::kernel_place;
use crate::machine::{Fact, MountOrigin, StorageFact, StorageRelease, is_below};
use crate::operation::{Effect, FilesEffect, Plan, ProgramEffect, StorageEffect, Undo};
use crate::primitives::file::FileRule;
use crate::run::ground::Ground;
use crate::run::ledger::Ledger;
use crate::system::{FilesStep, Step};
use crate::types::{Map, Place, Value};

/// A place that no file action changes.
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

/// Where filesystems are mounted for a while, in which nothing of the running system is.
const FOR_A_WHILE: [&str; 3] = ["/media", "/mnt", "/run/media"];

/// The places that paths stand for, as far as a run has come.
pub(super) struct Places<'a> {
    ground: &'a Ground,
    /// What this run made until the next reboot.
    made: &'a [Fact],
}

impl<'a> Places<'a> {
    /// Returns the places of a run that has made this.
    pub(super) fn of(ground: &'a Ground, ledger: &'a Ledger) -> Self {
        Self { ground, made: ledger.made() }
    }

    /// Replaces the names of devices and files by what they stand for.
    pub(super) fn canonical(&self, effects: Vec<Effect>, args: &Map) -> Result<Vec<Effect>> {
        let path = |device: String| self.ground.machine().canonical(&device);
        let words = |what: &str| -> String {
            if let Some(unmount) = self.at_real_mount(what) {
                return unmount;
            }
            what.split(' ').map(|word| path(word.to_owned())).collect::<Vec<_>>().join(" ")
        };
        // What this run made itself it may end without asking.
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
            other => self.at_real_place(other.on(path), args),
        };
        effects.into_iter().filter(|effect| !own(effect)).map(canonical).collect()
    }

    /// The place that a path stands for, seen from a root where it is in one.
    fn reached(&self, path: &str, root: Option<&str>, follow: bool) -> Result<Reach> {
        let inside = root.filter(|root| *root != "/" && is_below(path, root));
        let place = match inside {
            Some(root) => {
                let inner = path.strip_prefix(root).filter(|inner| !inner.is_empty());
                Place { root: root.into(), path: inner.unwrap_or("/").into() }
            }
            None => Place::here(path),
        };
        Ok(self.ground.files().reach(&place, follow)?)
    }

    /// The path that effects name a place by. Below something that this run mounted it belongs to that tree.
    fn known_as(&self, reach: &Reach) -> String {
        let origin = self.origin(reach);
        let mounts = self.made.iter().filter_map(|fact| match fact {
            Fact::Storage(StorageFact::Mounted { at, .. }) if is_below(&origin, at) => Some(at),
            _ => None,
        });
        mounts.min_by_key(|at| at.len()).cloned().unwrap_or(origin)
    }

    fn origin(&self, reach: &Reach) -> String {
        let seen = reach.place.to_string();
        match self.on_own_filesystem(&seen) {
            true => seen,
            false => reach.origin.to_string_lossy().into_owned(),
        }
    }

    /// Whether a path lies on a filesystem that this run mounted from a device, of which the running system
    /// uses nothing itself: a stick that a desktop has mounted as well is one.
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
                && !FOR_A_WHILE.iter().any(|top| is_below(&mount.at, top))
        };
        !self.ground.machine().storage.mounts.iter().any(|mount| of_system(&mount))
    }

    /// An effect on files with the real place of its path.
    fn at_real_place(&self, effect: Effect, args: &Map) -> Result<Effect> {
        let given = |wanted: &str| {
            let value = args.iter().find(|(name, _)| name == wanted);
            value.and_then(|(_, value)| value.as_text())
        };
        let root = given("root");
        Ok(match effect {
            Effect::Files(FilesEffect::Writes { path }) => Effect::Files(FilesEffect::Writes {
                path: self.known_as(&self.reached(&path, root, false)?),
            }),
            Effect::Files(FilesEffect::Reads { path }) => {
                let root = given("from_root").or(root);
                Effect::Files(FilesEffect::Reads {
                    path: self.origin(&self.reached(&path, root, true)?),
                })
            }
            Effect::Storage(StorageEffect::Mounts { at }) => {
                Effect::Storage(StorageEffect::Mounts {
                    at: self.origin(&self.reached(&at, root, true)?),
                })
            }
            Effect::Program(ProgramEffect::Runs { program, root }) if root != "/" => {
                let root = self.origin(&self.reached(&root, None, true)?);
                Effect::Program(ProgramEffect::Runs { program, root })
            }
            other => other,
        })
    }

    /// The command that ends a mount, with the mount point that its path leads to.
    fn at_real_mount(&self, what: &str) -> Option<String> {
        let at = unquoted(what.strip_prefix("umount ")?);
        let reach = self.reached(&at, None, true).ok()?;
        Some(
            crate::machine::Release::Storage(StorageRelease::Unmount {
                at: reach.place.to_string(),
            })
            .to_string(),
        )
    }

    /// Refuses a place in a root from which a link leads to what the root is shown of the running system.
    /// Who names a path there means it.
    fn must_stay_inside(&self, place: &Place, follow: bool) -> Result<()> {
        if place.root.as_os_str() == "/" {
            return Ok(());
        }
        let files = self.ground.files();
        let reach = files.reach(place, follow)?;
        if reach.place.path == place.path {
            return Ok(());
        }
        let root = reach.place.root.to_string_lossy();
        let top = self.origin(&files.reach(&Place::here(&*root), true)?);
        let outside = |path: &str| !is_below(path, &root) && !is_below(path, &top);
        let both = place.path.components().zip(reach.place.path.components());
        let shared: PathBuf = both.take_while(|(a, b)| a == b).map(|(a, _)| a).collect();
        let named = Place { root: reach.place.root.clone(), path: shared };
        if outside(&self.origin(&reach)) && !outside(&self.origin(&files.reach(&named, false)?)) {
            return Err(FileRule::LeadsOutside { place: place.clone(), to: reach.place }.into());
        }
        Ok(())
    }

    /// Leads every step, fact and undo of a plan to the real places, refuses those that are no place for
    /// files, and adds what is written beyond the effects that the action announced.
    pub(super) fn follow_links(
        &self,
        plan: &mut Plan<Value>,
        effects: &mut Vec<Effect>,
    ) -> Result<()> {
        let files = self.ground.files();
        for step in &plan.steps {
            if let Some((place, follow)) = step.written() {
                self.must_stay_inside(place, follow)?;
            }
        }
        let led = Led::new(files);
        for step in &mut plan.steps {
            step.follow_links(&led)?;
        }
        for fact in &mut plan.makes {
            fact.follow_links(&led)?;
        }
        if let Undo::Steps(steps) = &mut plan.undo {
            for step in steps {
                step.follow_links(&led)?;
            }
        }
        for step in &plan.steps {
            let Some((place, follow)) = step.written() else { continue };
            let reach = led.reach(place, follow)?;
            refuse_kernel_place(&reach)?;
            let path = self.known_as(&reach);
            // Directories above what is written are part of writing it.
            let above = matches!(step, Step::Files(FilesStep::MakeDir { .. }));
            if !effects.iter().any(|effect| includes(effect, &path, &reach, above)) {
                effects.push(Effect::Files(FilesEffect::Writes { path }));
            }
        }
        Ok(())
    }
}

fn refuse_kernel_place(reach: &Reach) -> Result<()> {
    let what = match (&reach.kernel, kernel_place(&reach.origin)) {
        (Some(kind), _) => kind.clone(),
        (None, Some(place)) => place.to_owned(),
        (None, None) => return Ok(()),
    };
    let origin = reach.origin.to_string_lossy().into_owned();
    Err(KernelPlace { place: reach.place.to_string(), origin, what }.into())
}

/// Whether an effect includes writing to a place, or making a directory above what it writes.
fn includes(effect: &Effect, path: &str, reach: &Reach, above: bool) -> bool {
    match effect {
        Effect::Files(FilesEffect::Writes { path: top })
        | Effect::Storage(StorageEffect::Mounts { at: top }) => {
            is_below(path, top) || (above && is_below(top, path))
        }
        // A program that runs in a root can write everything there.
        Effect::Program(ProgramEffect::Runs { root, .. }) => {
            root != "/" && (is_below(path, root) || reach.place.outside().starts_with(root))
        }
        _ => false,
    }
}

/// The word that a shell would read, of those that need no more than single quotes.
fn unquoted(word: &str) -> String {
    word.trim_matches('\'').replace(r"'\''", "'")
}
