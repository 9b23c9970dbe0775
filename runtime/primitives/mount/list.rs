//! Listing mounts and their use of space.

use std::path::Path;

use serde::Serialize;

use crate::args;
use crate::error::Result;
use crate::machine::is_below;
use crate::operation::{Answer, Planning, Query};
use crate::types::AbsPath;

args! {
    /// Lists the mounts at a directory and below it.
    ///
    /// Returns a list of maps with `source` (a device, or the name of a pseudo-filesystem), `at`,
    /// `kind`, `part` (the mounted subvolume or directory of the filesystem, `/` for all of it, empty
    /// for a default subvolume in a plan), `read_only`, `used` (the percentage of its space that is
    /// in use) and `free` (the bytes that are free); both are nil if they are unknown, as in a plan.
    ///
    /// Source: mountinfo in proc(5), statvfs(3).
    ///
    /// ```
    /// let mounts = mount::list("/mnt");
    /// ```
    "mount.list" => pub struct List {
        /// The directory.
        pub below: AbsPath,
    }
}

/// A mount as scripts see it.
#[derive(Debug, Serialize)]
pub struct MountInfo {
    source: String,
    at: String,
    kind: String,
    part: String,
    read_only: bool,
    used: Option<u64>,
    free: Option<u64>,
}

impl Query for List {
    type Output = Vec<MountInfo>;

    fn answer(&self, cx: &mut Planning<'_>) -> Result<Answer<Self::Output>> {
        let below = self.below.to_string();
        let mounts = cx.machine.storage.mounts.iter().filter(|mount| is_below(&mount.at, &below));
        let room = |at: &str| cx.files.free_and_total_bytes(Path::new(at));
        let used = |at: &str| {
            let (free, all) = room(at)?;
            free.checked_mul(100)?.checked_div(all).map(|percent| 100 - percent.min(100))
        };
        let listed: Vec<MountInfo> = mounts
            .map(|mount| MountInfo {
                source: mount.source.clone(),
                at: mount.at.clone(),
                kind: mount.kind.clone(),
                part: mount.part.clone(),
                read_only: mount.options.contains("ro"),
                used: used(&mount.at),
                free: room(&mount.at).map(|(free, _)| free),
            })
            .collect();
        // The space in use changes between any two queries.
        Ok(Answer::Assumed(listed))
    }
}
