//! `cgroup.stat`: what a group uses.

use serde::Serialize;

use super::seen::{SeenGroups, now};
use super::values::CgroupName;
use crate::args;
use crate::error::Result;
use crate::operation::{Answer, Planning, Query};

args! {
    /// Returns what a control group uses.
    ///
    /// Returns a map with `memory` and `memory_peak` (in bytes), `oom_kills` (how many processes
    /// were killed at the limit), `pids` (processes and threads), `pids_refused` (how often a
    /// process could not be started at the limit), and `cpu_ms` (used processor time in
    /// milliseconds). What the kernel does not count, or the group has no controller for, is nil.
    ///
    /// Source: cgroups(7); Documentation/admin-guide/cgroup-v2.rst and cgroup-v1/ of the kernel.
    ///
    /// ```
    /// let used = cgroup::stat("/");
    /// ```
    "cgroup.stat" => pub struct GroupStat {
        /// The path of the group.
        pub group: CgroupName,
    }
}

/// What a group uses, as scripts see it.
#[derive(Debug, Default, Serialize)]
pub struct GroupUse {
    memory: Option<u64>,
    memory_peak: Option<u64>,
    oom_kills: Option<u64>,
    pids: Option<u64>,
    pids_refused: Option<u64>,
    cpu_ms: Option<u64>,
}

/// Returns the number of a line `NAME NUMBER`.
fn field(text: &str, name: &str) -> Option<u64> {
    let of = |line: &str| line.strip_prefix(name)?.strip_prefix(' ')?.trim().parse().ok();
    text.lines().find_map(of)
}

impl Query for GroupStat {
    type Output = GroupUse;

    fn answer(&self, cx: &mut Planning<'_>) -> Result<Answer<GroupUse>> {
        let seen = SeenGroups::of(cx)?;
        seen.group(&self.group)?;
        if !cx.files.is_this_machine() {
            return Ok(Answer::Assumed(GroupUse::default()));
        }
        let read = |controller: &str, new: &str, old: &str| {
            let (directory, legacy) = seen.all.directory_of(controller, self.group.as_str())?;
            now(cx, &format!("{directory}/{}", if legacy { old } else { new }))
        };
        let number = |text: Option<String>| text.and_then(|text| text.trim().parse().ok());
        let nanoseconds: Option<u64> = number(read("cpuacct", "none", "cpuacct.usage"));
        let microseconds =
            read("cpu", "cpu.stat", "none").and_then(|text| field(&text, "usage_usec"));
        Ok(Answer::Known(GroupUse {
            memory: number(read("memory", "memory.current", "memory.usage_in_bytes")),
            memory_peak: number(read("memory", "memory.peak", "memory.max_usage_in_bytes")),
            oom_kills: read("memory", "memory.events", "memory.oom_control")
                .and_then(|text| field(&text, "oom_kill")),
            pids: number(read("pids", "pids.current", "pids.current")),
            pids_refused: read("pids", "pids.events", "pids.events")
                .and_then(|text| field(&text, "max")),
            cpu_ms: microseconds
                .map(|time| time / 1000)
                .or_else(|| nanoseconds.map(|time| time / 1_000_000)),
        }))
    }
}
