//! The mounts of a run in their order, and the files that it made below them.

use std::collections::BTreeSet;

use crate::journal::{Record, valid_records};
use crate::machine::{Fact, FilesFact, Lifetime, MountOrigin, StorageFact, is_below};
use crate::types::Place;

/// A mount that a run made.
struct PastMount<'a> {
    call: u64,
    at: &'a str,
    origin: &'a MountOrigin,
    /// Whether it was unmounted later.
    ended: bool,
}

impl PastMount<'_> {
    /// Returns the device, if the mount has one.
    fn device(&self) -> Option<&str> {
        match self.origin {
            MountOrigin::Device { device, .. } => Some(device),
            _ => None,
        }
    }

    /// Returns the path below another mount of the same device for a path below this mount.
    fn path_below(&self, other: &Self, path: &str) -> Option<String> {
        let (
            MountOrigin::Device { device, part, .. },
            MountOrigin::Device { device: other_device, part: other_part, .. },
        ) = (self.origin, other.origin)
        else {
            return None;
        };
        if device != other_device || part.is_some() != other_part.is_some() {
            return None;
        }
        let start = |part: &Option<String>| {
            part.as_deref().map_or("", |part| part.trim_end_matches('/')).to_owned()
        };
        let inside = format!("{}{}", start(part), path.strip_prefix(self.at)?);
        let rest = inside.strip_prefix(&start(other_part))?;
        (rest.is_empty() || rest.starts_with('/')).then(|| format!("{}{rest}", other.at))
    }
}

/// The mounts of a run, and its lasting facts, each with the mount that it was made below.
#[derive(Default)]
pub(super) struct MountHistory<'a> {
    mounts: Vec<PastMount<'a>>,
    facts: Vec<(&'a Fact, Option<usize>)>,
}

impl<'a> MountHistory<'a> {
    /// Reads the history from the records of a run.
    pub(super) fn of(records: &'a [Record]) -> Self {
        let mut history = Self::default();
        for record in valid_records(records) {
            let Record::Done { call, facts, .. } = record else { continue };
            for fact in facts {
                history.add(*call, fact);
            }
        }
        history
    }

    fn add(&mut self, call: u64, fact: &'a Fact) {
        if let Fact::Storage(StorageFact::Holds { device, .. }) = fact {
            // A new filesystem contains none of the files of the previous one.
            let mounts = &self.mounts;
            let is_on = |index: usize| mounts[index].device() == Some(device.as_str());
            self.facts.retain(|(_, below)| !below.is_some_and(is_on));
        }
        match fact {
            Fact::Storage(StorageFact::Unmounted { at }) => {
                for mount in self.mounts.iter_mut().filter(|mount| is_below(mount.at, at)) {
                    mount.ended = true;
                }
            }
            Fact::Storage(StorageFact::Mounted { at, origin, .. }) => {
                self.mounts.push(PastMount { call, at, origin, ended: false });
            }
            _ if fact.lifetime() == Lifetime::Lasting => {
                let below = match fact {
                    Fact::Files(files) => self.mount_of(&files.at().outside().to_string_lossy()),
                    _ => None,
                };
                self.facts.push((fact, below));
            }
            _ => {}
        }
    }

    /// Returns the mount that contains a path at this moment.
    fn mount_of(&self, path: &str) -> Option<usize> {
        let here = self.mounts.iter().enumerate();
        let here = here.filter(|(_, mount)| !mount.ended && is_below(path, mount.at));
        here.max_by_key(|(_, mount)| mount.at.len()).map(|(index, _)| index)
    }

    /// Returns the calls that mounted a device which was later unmounted and mounted elsewhere.
    pub(super) fn temporary(&self) -> BTreeSet<u64> {
        self.ended_before(|mount, later| {
            mount.device().is_some() && mount.device() == later.device()
        })
    }

    /// Returns the calls whose mount point was later used by another mount.
    pub(super) fn replaced(&self) -> BTreeSet<u64> {
        self.ended_before(|mount, later| mount.at == later.at)
    }

    /// Returns the calls of ended mounts for which one of the later mounts matches.
    fn ended_before(
        &self,
        matches: impl Fn(&PastMount<'_>, &PastMount<'_>) -> bool,
    ) -> BTreeSet<u64> {
        let ended = self.mounts.iter().enumerate().filter(|(_, mount)| mount.ended);
        let ended = ended.filter(|(index, mount)| {
            self.mounts[index + 1..].iter().any(|later| matches(mount, later))
        });
        ended.map(|(_, mount)| mount.call).collect()
    }

    /// Returns the lasting facts, in order, with files at their paths of the end of the run. Also
    /// returns the number of those on filesystems that are not mounted then.
    pub(super) fn facts_at_end(&self) -> (Vec<Fact>, usize) {
        let replaced = self.replaced();
        let mut unmounted = 0;
        let facts = self.facts.iter().filter_map(|(fact, below)| {
            let mount = below.map(|index| &self.mounts[index]);
            let Some(mount) = mount.filter(|mount| replaced.contains(&mount.call)) else {
                return Some((*fact).clone());
            };
            let moved = self.moved(fact, mount);
            unmounted += usize::from(moved.is_none());
            moved
        });
        let facts = facts.collect();
        (facts, unmounted)
    }

    /// Returns the fact about a file below an ended mount where the device is mounted at the end.
    fn moved(&self, fact: &Fact, mount: &PastMount<'_>) -> Option<Fact> {
        let Fact::Files(files) = fact else { return None };
        let path = files.at().outside();
        let path = path.to_str()?;
        let mut still = self.mounts.iter().filter(|other| !other.ended);
        let path = still.find_map(|other| mount.path_below(other, path))?;
        let mut files: FilesFact = files.clone();
        *files.at_mut() = Place::here(path);
        Some(Fact::Files(files))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::machine::Content;

    fn mounted(device: &str, at: &str, part: Option<&str>) -> Fact {
        let origin = MountOrigin::Device {
            device: device.into(),
            kind: "btrfs".into(),
            part: part.map(str::to_owned),
        };
        let options = BTreeSet::new();
        Fact::Storage(StorageFact::Mounted { at: at.into(), origin, options })
    }

    fn unmounted(at: &str) -> Fact {
        Fact::Storage(StorageFact::Unmounted { at: at.into() })
    }

    fn formatted(device: &str) -> Fact {
        let content = Content::Filesystem {
            kind: "ext4".into(),
            uuid: "0".into(),
            label: None,
            member: None,
        };
        Fact::Storage(StorageFact::Holds { device: device.into(), content })
    }

    fn dir(path: &str) -> Fact {
        Fact::Files(FilesFact::Dir { place: Place::here(path) })
    }

    fn history(facts: &[Fact]) -> MountHistory<'_> {
        let mut history = MountHistory::default();
        for (call, fact) in facts.iter().enumerate() {
            history.add(call as u64, fact);
        }
        history
    }

    #[test]
    fn files_are_found_where_their_device_is_mounted_at_the_end() {
        let whole = Some("/");
        let facts = [
            mounted("/dev/home", "/mnt", whole),
            dir("/mnt/precious"),
            dir("/mnt/@new/etc"),
            unmounted("/mnt"),
            mounted("/dev/root", "/mnt", whole),
            dir("/mnt/etc"),
            mounted("/dev/home", "/mnt/home", whole),
            mounted("/dev/home", "/mnt/new", Some("/@new")),
        ];
        let past = history(&facts);
        assert_eq!(past.replaced(), [0].into());
        assert_eq!(past.temporary(), [0].into());
        let (found, unmounted) = past.facts_at_end();
        assert_eq!(found, [dir("/mnt/home/precious"), dir("/mnt/home/@new/etc"), dir("/mnt/etc")]);
        assert_eq!(unmounted, 0);
    }

    #[test]
    fn a_subvolume_contains_only_its_own_files() {
        let facts = [
            mounted("/dev/a", "/mnt", Some("/")),
            dir("/mnt/@/etc"),
            dir("/mnt/@home"),
            unmounted("/mnt"),
            mounted("/dev/a", "/mnt", Some("/@")),
        ];
        let past = history(&facts);
        assert_eq!(past.facts_at_end(), (vec![dir("/mnt/etc")], 1));
    }

    #[test]
    fn a_new_filesystem_has_no_files() {
        let mount = mounted("/dev/a", "/mnt", Some("/"));
        let facts = [
            mount.clone(),
            dir("/mnt/old"),
            unmounted("/mnt"),
            formatted("/dev/a"),
            mount,
            dir("/mnt/new"),
        ];
        let (found, unmounted) = history(&facts).facts_at_end();
        assert_eq!((found, unmounted), (vec![formatted("/dev/a"), dir("/mnt/new")], 0));
    }

    #[test]
    fn a_mount_point_that_is_free_at_the_end_is_used_again() {
        let facts = [mounted("/dev/a", "/key", None), dir("/key/x"), unmounted("/key")];
        let past = history(&facts);
        assert!(past.replaced().is_empty() && past.temporary().is_empty());
        assert_eq!(past.facts_at_end(), (vec![dir("/key/x")], 0));
    }
}
