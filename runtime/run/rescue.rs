//! What keeps a machine from being used, and the calls that mend it one by one: the guide's chapter
//! "If You Get Stuck", for a machine as it is found.

use std::collections::BTreeSet;
use std::path::Path;

use crate::machine::files::{Files, Text};
use crate::machine::probe::unescape;
use crate::machine::{Content, Device, Kind, Machine, is_below};
use crate::types::{Map, Place, Secret, Size, Value};

/// Something to know, and what can be done about it.
#[derive(Debug, Clone, PartialEq)]
pub struct Finding {
    /// What is the matter.
    pub why: String,
    /// The primitive that mends it with its arguments by name, where one does.
    pub call: Option<(&'static str, Map)>,
}

/// The name under which a session asks for what opens a container.
pub const PASSPHRASE: &str = "passphrase";

/// From this share of its room on a filesystem counts as full.
const FULL_PERCENT: u64 = 95;

/// Looks at a machine that is to be mended, with its root at this place.
pub fn look(machine: &Machine, files: &dyn Files, root: &str) -> Vec<Finding> {
    let look = Look { machine, files, root };
    let mut found = Vec::new();
    look.containers(&mut found);
    look.arrays_and_groups(&mut found);
    match machine.storage.mounts.iter().any(|mount| mount.at == root) {
        false => look.roots(&mut found),
        true => {
            look.fstab(&mut found);
            look.binds(&mut found);
            look.room(&mut found);
        }
    }
    found
}

struct Look<'a> {
    machine: &'a Machine,
    files: &'a dyn Files,
    root: &'a str,
}

/// A line of the installed system's fstab.
struct Line {
    source: String,
    at: String,
    kind: String,
    options: String,
}

fn text(value: &str) -> Value {
    Value::Text(value.to_owned())
}

fn call(name: &'static str, args: &[(&str, Value)]) -> (&'static str, Map) {
    (name, args.iter().map(|(name, value)| ((*name).to_owned(), value.clone())).collect())
}

fn short(device: &str) -> String {
    device.trim_start_matches("/dev/").trim_start_matches("mapper/").replace('/', "-")
}

impl Look<'_> {
    fn containers(&self, found: &mut Vec<Finding>) {
        for device in self.machine.storage.devices.values() {
            let closed = self.machine.children(&device.path).is_empty();
            if matches!(device.content, Some(Content::Luks { .. })) && closed {
                let path = &device.path;
                let secret = Value::Secret(Secret::new(PASSPHRASE, Vec::new()));
                let name = format!("hdd_{}", short(path));
                found.push(Finding {
                    why: format!("{path} is an encrypted partition that is closed"),
                    call: Some(call(
                        "luks.open",
                        &[("device", text(path)), ("name", text(&name)), (PASSPHRASE, secret)],
                    )),
                });
            }
        }
    }

    fn arrays_and_groups(&self, found: &mut Vec<Finding>) {
        let mut arrays = BTreeSet::new();
        for device in self.machine.storage.devices.values() {
            if let Some(Content::RaidMember { name, .. }) = &device.content
                && !name.is_empty()
                && self.machine.array(name).is_none()
                && arrays.insert(name)
            {
                found.push(Finding {
                    why: format!("the array {name} is not running"),
                    call: Some(call("md.assemble", &[("name", text(name))])),
                });
            }
        }
        for (name, group) in &self.machine.storage.groups {
            if group.volumes.values().any(|volume| !volume.active && volume.has_device()) {
                found.push(Finding {
                    why: format!("the volume group {name} is not active"),
                    call: Some(call("lvm.vg_activate", &[("name", text(name))])),
                });
            }
        }
    }

    /// Filesystems that may be the root: called so, or the only one.
    fn roots(&self, found: &mut Vec<Finding>) {
        let may_be = |device: &&Device| {
            let kinds = ["ext4", "ext3", "ext2", "xfs", "btrfs", "f2fs"];
            matches!(&device.content, Some(Content::Filesystem { kind, .. }) if kinds.contains(&kind.as_str()))
                && self.machine.uses(&device.path).is_empty()
        };
        let all: Vec<&Device> = self.machine.storage.devices.values().filter(may_be).collect();
        let called: Vec<&Device> = all.iter().copied().filter(|d| is_called_root(d)).collect();
        let candidates = if called.is_empty() { all } else { called };
        if let [device] = candidates.as_slice() {
            let path = &device.path;
            found.push(Finding {
                why: format!("{path} may be the root, and is not mounted; damage shows before"),
                call: Some(call("fs.check", &[("device", text(path))])),
            });
            found.push(Finding {
                why: format!("{path} may be the root, and is not mounted"),
                call: Some(call("mount.mount", &[("device", text(path)), ("at", text(self.root))])),
            });
        } else {
            found.extend(candidates.iter().map(|device| Finding {
                why: format!(
                    "{} may be the root: if it is, mount it at {}",
                    device.path, self.root
                ),
                call: None,
            }));
        }
    }

    fn lines(&self) -> Vec<Line> {
        let place = Place { root: self.root.into(), path: "/etc/fstab".into() };
        let Ok(Text::Known(bytes)) = self.files.read(&place) else { return Vec::new() };
        let text = String::from_utf8_lossy(&bytes).into_owned();
        let lines = text.lines().filter(|line| !line.trim_start().starts_with('#'));
        lines
            .filter_map(|line| {
                let mut words = line.split_whitespace().map(unescape);
                let (source, at) = (words.next()?, words.next()?);
                let kind = words.next().unwrap_or_default();
                Some(Line { source, at, kind, options: words.next().unwrap_or_default() })
            })
            .collect()
    }

    fn device_of(&self, source: &str) -> Option<&Device> {
        let source = source.replace('"', "");
        let path = match source.split_once('=') {
            Some((how @ ("UUID" | "LABEL" | "PARTUUID" | "PARTLABEL"), value)) => {
                format!("/dev/disk/by-{}/{value}", how.to_lowercase())
            }
            _ => source,
        };
        self.machine.find(&path)
    }

    fn fstab(&self, found: &mut Vec<Finding>) {
        let mut lines = self.lines();
        if lines.is_empty() {
            let why = format!("there is no /etc/fstab in {}: is it the root?", self.root);
            found.push(Finding { why, call: None });
        }
        lines.sort_by_key(|line| line.at.matches('/').count());
        for Line { source, at, kind, options } in lines {
            let of_device = source.starts_with("/dev/") || source.contains('=');
            if !of_device || kind == "nfs" {
                continue;
            }
            let Some(device) = self.device_of(&source) else {
                let optional =
                    options.split(',').any(|option| ["noauto", "nofail"].contains(&option));
                if !optional {
                    let why = format!("fstab names {source} for {at}, and there is no such device");
                    found.push(Finding { why, call: None });
                }
                continue;
            };
            if kind == "swap" {
                if !self.machine.storage.swaps.contains_key(&device.path) {
                    found.push(Finding {
                        why: format!("{} is the system's swap, and is not used", device.path),
                        call: Some(call("mount.swap_on", &[("device", text(&device.path))])),
                    });
                }
                continue;
            }
            let inside = format!("{}{at}", self.root);
            let there = self.machine.storage.mounts.iter().any(|mount| mount.at == inside);
            if at != "/" && !there && device.content.is_some() {
                found.push(Finding {
                    why: format!("fstab has {} at {at}, and it is not mounted", device.path),
                    call: Some(call(
                        "mount.mount",
                        &[("device", text(&device.path)), ("at", text(&inside))],
                    )),
                });
            }
        }
    }

    /// What a chroot needs of the running system.
    fn binds(&self, found: &mut Vec<Finding>) {
        let inside = |name: &str| format!("{}/{name}", self.root);
        let missing: Vec<&str> = ["proc", "sys", "dev", "run"]
            .into_iter()
            .filter(|name| {
                !self.machine.storage.mounts.iter().any(|mount| mount.at == inside(name))
            })
            .collect();
        if !missing.is_empty() {
            found.push(Finding {
                why: format!("{} has no {}, which a chroot needs", self.root, missing.join(", ")),
                call: Some(call("chroot.prepare", &[("root", text(self.root))])),
            });
        }
    }

    /// A kernel that no longer fits into /boot is a usual reason for a machine that does not start.
    fn room(&self, found: &mut Vec<Finding>) {
        let mounts = self.machine.storage.mounts.iter();
        for mount in mounts.filter(|m| is_below(&m.at, self.root) && m.source.starts_with("/dev/"))
        {
            let Some((free, all)) = self.files.room(Path::new(&mount.at)) else { continue };
            if all > 0 && free * 100 < all * (100 - FULL_PERCENT) {
                let why = format!(
                    "{} is full: {} of {} are free",
                    mount.at,
                    Size::bytes(free),
                    Size::bytes(all)
                );
                found.push(Finding { why, call: None });
            }
        }
    }
}

fn is_called_root(device: &Device) -> bool {
    let label = match &device.content {
        Some(Content::Filesystem { label: Some(label), .. }) => label.as_str(),
        _ => "",
    };
    let volume = match &device.kind {
        Kind::Logical { volume, .. } => volume.as_str(),
        Kind::Partition(entry) => entry.name.as_deref().unwrap_or_default(),
        _ => "",
    };
    [label, volume].contains(&"root")
}
