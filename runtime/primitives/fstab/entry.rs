//! Setting and removing one entry of `/etc/fstab`.

use super::{FSTAB, FstabEntry, FstabRule};
use crate::args;
use crate::config::fstab::{self, FstabFields};
use crate::error::Result;
use crate::machine::{Device, Machine};
use crate::operation::{Action, Effect, Plan, Planning};
use crate::primitives::edit::{edit, exists, system_file, writes};
use crate::types::{AbsPath, DevicePath, FstabPlace, FstabSource};

args! {
    /// Sets the entry of a mount point or of a swap area in the `/etc/fstab` of a system.
    ///
    /// An existing entry is replaced completely: options that are not given have their defaults. A
    /// new entry is added after the entries of its parent directories and before those of
    /// directories below it, because mount(8) follows the order of the file. All other lines are
    /// unchanged. Undo restores the previous file.
    ///
    /// An entry for swap has no mount point: `at` is `none`, and the entry that names the same
    /// device, by its path or by an identifier, is replaced. Another swap area gets an entry of its
    /// own, unless `replaces` names one. Two matching entries are rejected.
    ///
    /// Source: fstab(5), mount(8).
    ///
    /// ```
    /// fstab::set("/mnt/old", #{ at: "/home", device: "/dev/vg_live/data", options: "noatime", pass: 2 });
    /// fstab::set("/mnt/old", #{ at: "none", source: "/swapfile", kind: "swap" }, #{ replaces: "/dev/sda3" });
    /// ```
    "fstab.set" => pub struct Set {
        /// The mount point of the system.
        pub root: AbsPath,
        /// The entry, as in the list of `fstab.write`.
        pub entry: FstabEntry,
        /// The first field of the entry to replace, as `fstab.entries` returns it: for swap on
        /// another device, or to select one of several entries with the same mount point.
        pub replaces: Option<FstabSource>,
    }
}

args! {
    /// Removes one entry from the `/etc/fstab` of a system.
    ///
    /// All other lines are unchanged. Nothing is done if there is no such entry. Two matching
    /// entries are rejected. Undo restores the previous file.
    ///
    /// An entry for swap has no mount point: it is selected with `at: "none"` and its `device` or
    /// its `source`.
    ///
    /// Source: fstab(5).
    ///
    /// ```
    /// fstab::remove("/mnt/old", "/home");
    /// fstab::remove("/mnt/old", "none", #{ source: "/dev/sda3" });
    /// fstab::remove("/mnt/old", "none", #{ device: "/dev/sda1" });
    /// ```
    "fstab.remove" => pub struct Remove {
        /// The mount point of the system.
        pub root: AbsPath,
        /// The mount point of the entry; `none` for swap.
        pub at: FstabPlace,
        /// The first field of the entry, as `fstab.entries` returns it. If `at` is `none`, either
        /// this or `device` is required; otherwise it selects one of several entries with the same
        /// mount point.
        pub source: Option<FstabSource>,
        /// The device of the entry, whether the entry names it by its path, UUID or label.
        pub device: Option<DevicePath>,
    }
}

/// Returns the device that the first field of an entry names, if this machine has it.
fn device_of<'a>(source: &str, machine: &'a Machine) -> Option<&'a Device> {
    let Some((tag, value)) = source.split_once('=') else { return machine.find(source) };
    let tag = ["UUID", "LABEL", "PARTUUID", "PARTLABEL", "ID"].into_iter().find(|t| *t == tag)?;
    machine.find(&format!("/dev/disk/by-{}/{}", tag.to_lowercase(), value.trim_matches('"')))
}

impl Set {
    /// Returns whether an entry is replaced.
    fn replaces(&self, found: &FstabFields<'_>, source: &str, machine: &Machine) -> bool {
        if !found.is_at(&self.entry.at) {
            return false;
        }
        let device = |source: &str| device_of(source, machine).map(|d| d.path.as_str());
        let same = || {
            found.source() == source
                || device(found.source()).is_some_and(|path| device(source) == Some(path))
        };
        match &self.replaces {
            // After the first run, the new entry is there instead of the replaced one.
            Some(replaced) => found.source() == replaced.as_str() || same(),
            None => self.entry.at.starts_with('/') || same(),
        }
    }
}

impl Action for Set {
    type Output = ();

    fn effects(&self) -> Vec<Effect> {
        vec![writes(&self.root, FSTAB)]
    }

    fn plan(&self, cx: &mut Planning<'_>) -> Result<Plan<()>> {
        let line = self.entry.line(cx)?;
        let source = fstab::fields(&line).unwrap_or_default().swap_remove(0);
        let place = system_file(&self.root, FSTAB);
        edit(place.clone(), cx, |text| {
            let is_it = |found: &FstabFields<'_>| self.replaces(found, &source, cx.machine);
            Ok(fstab::set(text, &line, is_it).map_err(|lines| FstabRule::Several {
                place,
                entry: if self.entry.at.starts_with('/') {
                    self.entry.at.to_string()
                } else {
                    source.clone()
                },
                lines,
                select: "replaces",
            })?)
        })
    }
}

impl Action for Remove {
    type Output = ();

    fn effects(&self) -> Vec<Effect> {
        vec![writes(&self.root, FSTAB)]
    }

    fn plan(&self, cx: &mut Planning<'_>) -> Result<Plan<()>> {
        let device = self.device.as_ref().map(|device| cx.device(device)).transpose()?;
        let path = device.map(|device| device.path.as_str());
        let entry = match (self.at.starts_with('/'), self.source.as_deref().or(path)) {
            (true, _) => self.at.to_string(),
            (false, Some(source)) => source.to_owned(),
            (false, None) => return Err(FstabRule::NoSource.into()),
        };
        let place = system_file(&self.root, FSTAB);
        if exists(&place, cx)? == Some(false) {
            return Ok(Plan::already(format!("{place} does not exist")));
        }
        let is_it = |found: &FstabFields<'_>| {
            let named = || device_of(found.source(), cx.machine).map(|device| device.path.as_str());
            found.is_at(&self.at)
                && self.source.as_deref().is_none_or(|source| source == found.source())
                && path.is_none_or(|path| named() == Some(path))
        };
        edit(place.clone(), cx, |text| {
            let several = |lines| FstabRule::Several { place, entry, lines, select: "source" };
            Ok(fstab::remove(text, is_it).map_err(several)?)
        })
    }
}
