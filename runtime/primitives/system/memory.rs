//! The memory of the running system.

use crate::args;
use crate::error::Result;
use crate::operation::{Answer, Planning, Query};
use crate::primitives::file::known_text;
use crate::types::Place;

args! {
    /// Returns the size of the memory in bytes, as far as the kernel can use it.
    ///
    /// Swap for hibernation must be at least this large. 0 for a described machine, whose memory is
    /// unknown.
    ///
    /// Source: proc(5), `MemTotal`.
    ///
    /// ```
    /// print(system::memory());
    /// ```
    "system.memory" => pub struct Memory {}
}

/// Returns `MemTotal` in bytes from the contents of `/proc/meminfo`.
pub(super) fn total(meminfo: &str) -> Option<u64> {
    let line = meminfo.lines().find_map(|line| line.strip_prefix("MemTotal:"))?;
    let kib: u64 = line.trim().strip_suffix("kB")?.trim().parse().ok()?;
    kib.checked_mul(1024)
}

impl Query for Memory {
    type Output = u64;

    fn answer(&self, cx: &mut Planning<'_>) -> Result<Answer<u64>> {
        let found = known_text(&Place::here("/proc/meminfo"), cx)?.as_deref().and_then(total);
        Ok(found.map_or(Answer::Assumed(0), Answer::Known))
    }
}

#[cfg(test)]
mod tests {
    #[test]
    fn the_size_is_read() {
        let meminfo = "MemTotal:       24590956 kB\nMemFree:          812 kB\n";
        assert_eq!(super::total(meminfo), Some(24_590_956 << 10));
        assert_eq!(super::total("MemFree: 1 kB\n"), None);
    }
}
