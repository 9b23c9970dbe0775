//! What a program on the running system can use.

use serde::Serialize;

use super::memory::total;
use crate::args;
use crate::config::cgroup;
use crate::error::Result;
use crate::operation::{Answer, Planning, Query};
use crate::primitives::file::known_text;
use crate::types::Place;

args! {
    /// Returns how many processors and how much memory programs on the running system can use.
    ///
    /// The map has `processors`, the number of hardware threads, and `memory` in bytes. Limits of
    /// the control groups of gscript (`cpuset.cpus`, `cpu.max`, `memory.max` and those of version
    /// 1), as in a container, are taken into account. Both are 0 on a machine that is only
    /// described.
    ///
    /// Source: proc_pid_status(5), `Cpus_allowed_list`; proc(5), `MemTotal`; cgroups(7); guide PE,
    /// "Determining Hardware Limits On Parallelism".
    ///
    /// ```
    /// let capacity = system::capacity();
    /// print(capacity.processors);
    /// ```
    "system.capacity" => pub struct Capacity {}
}

/// Processors and memory, as `system.capacity` returns them.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
pub struct CapacityInfo {
    /// The number of hardware threads.
    pub processors: u64,
    /// The amount of memory in bytes.
    pub memory: u64,
}

/// Returns the number of processors in `Cpus_allowed_list: 0-3,8` of `/proc/self/status`.
fn allowed(status: &str) -> Option<u64> {
    let ranges = status.lines().find_map(|line| line.strip_prefix("Cpus_allowed_list:"))?;
    let count = |range: &str| {
        let (first, last) = range.split_once('-').unwrap_or((range, range));
        let (first, last): (u64, u64) = (first.parse().ok()?, last.parse().ok()?);
        last.checked_sub(first)?.checked_add(1)
    };
    ranges.trim().split(',').map(count).sum()
}

impl Query for Capacity {
    type Output = CapacityInfo;

    fn answer(&self, cx: &mut Planning<'_>) -> Result<Answer<CapacityInfo>> {
        let read = |path: &str| known_text(&Place::here(path), cx);
        let processors = read("/proc/self/status")?.as_deref().and_then(allowed);
        let memory = read("/proc/meminfo")?.as_deref().and_then(total);
        let (Some(processors), Some(memory)) = (processors, memory) else {
            return Ok(Answer::Assumed(CapacityInfo::default()));
        };
        let mut found = CapacityInfo { processors, memory };
        for group in cgroup::of_process(&read("/proc/self/cgroup")?.unwrap_or_default()) {
            for file in group.limits() {
                let Some(content) = read(&file.path)? else { continue };
                let period = file.period.as_deref().map(&read).transpose()?.flatten();
                match file.kind.limit(&content, period.as_deref()) {
                    Some(cgroup::Limit::Processors(most)) => {
                        found.processors = found.processors.min(most);
                    }
                    Some(cgroup::Limit::Memory(most)) => found.memory = found.memory.min(most),
                    None => {}
                }
            }
        }
        Ok(Answer::Known(found))
    }
}

#[cfg(test)]
mod tests {
    #[test]
    fn allowed_processors_are_counted() {
        assert_eq!(super::allowed("Name:\tx\nCpus_allowed_list:\t0-3,8,10-11\n"), Some(7));
        assert_eq!(super::allowed("Cpus_allowed_list:\t0\n"), Some(1));
        assert_eq!(super::allowed("Cpus_allowed_list:\t3-1\n"), None);
        assert_eq!(super::allowed("Name:\tx\n"), None);
    }
}
