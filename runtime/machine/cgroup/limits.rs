//! The limits of a control group, and their formats in both versions.
//!
//! In the model, a limit has the format of version 2 (Documentation/admin-guide/cgroup-v2.rst of
//! the kernel), without the word `default` of weights.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::pids::{pid_ranges, pids_of};
use super::throughput::{self, MAX, Throughput};

/// Limits with their values.
pub type CgroupLimits = BTreeMap<CgroupLimit, String>;

/// The period of a quota of processor time in microseconds: the default of the kernel.
const PERIOD: u64 = 100_000;

/// The largest size of a page. The kernel rounds memory down to whole pages.
const LARGEST_PAGE: u64 = 64 << 10;
const USUAL_PAGE: u64 = 4 << 10;

/// A limit of a control group, named after its file in version 2.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum CgroupLimit {
    /// The most memory; processes are killed at it.
    #[serde(rename = "memory.max")]
    MemoryMax,
    /// The memory from which processes are slowed down.
    #[serde(rename = "memory.high")]
    MemoryHigh,
    /// The most swap.
    #[serde(rename = "memory.swap.max")]
    SwapMax,
    /// The most processes and threads.
    #[serde(rename = "pids.max")]
    PidsMax,
    /// The share of processor time.
    #[serde(rename = "cpu.weight")]
    CpuWeight,
    /// The most processor time.
    #[serde(rename = "cpu.max")]
    CpuMax,
    /// The share of the throughput of disks.
    #[serde(rename = "io.weight")]
    IoWeight,
    /// The most throughput of single devices.
    #[serde(rename = "io.max")]
    IoMax,
    /// The processors that may be used.
    #[serde(rename = "cpuset.cpus")]
    Cpus,
    /// The memory nodes that may be used.
    #[serde(rename = "cpuset.mems")]
    Mems,
}

impl CgroupLimit {
    /// All limits.
    pub const ALL: [Self; 10] = [
        Self::MemoryMax,
        Self::MemoryHigh,
        Self::SwapMax,
        Self::PidsMax,
        Self::CpuWeight,
        Self::CpuMax,
        Self::IoWeight,
        Self::IoMax,
        Self::Cpus,
        Self::Mems,
    ];

    /// Returns the name of the file in version 2.
    pub const fn file(self) -> &'static str {
        match self {
            Self::MemoryMax => "memory.max",
            Self::MemoryHigh => "memory.high",
            Self::SwapMax => "memory.swap.max",
            Self::PidsMax => "pids.max",
            Self::CpuWeight => "cpu.weight",
            Self::CpuMax => "cpu.max",
            Self::IoWeight => "io.weight",
            Self::IoMax => throughput::FILE,
            Self::Cpus => "cpuset.cpus",
            Self::Mems => "cpuset.mems",
        }
    }

    /// Returns the controller that imposes the limit.
    pub fn controller(self) -> &'static str {
        self.file().split_once('.').map_or(self.file(), |(controller, _)| controller)
    }

    /// Returns the files with the limit, in the order in which they are written; none if the
    /// version does not have it.
    pub const fn files(self, legacy: bool) -> &'static [&'static str] {
        match self {
            Self::MemoryMax if legacy => &["memory.limit_in_bytes"],
            Self::MemoryMax => &["memory.max"],
            Self::PidsMax => &["pids.max"],
            Self::CpuWeight if legacy => &["cpu.shares"],
            Self::CpuWeight => &["cpu.weight"],
            Self::CpuMax if legacy => &["cpu.cfs_period_us", "cpu.cfs_quota_us"],
            Self::CpuMax => &["cpu.max"],
            Self::IoMax if legacy => &throughput::LEGACY_FILES,
            Self::IoMax => &[throughput::FILE],
            Self::Cpus => &["cpuset.cpus"],
            Self::Mems => &["cpuset.mems"],
            Self::MemoryHigh | Self::SwapMax | Self::IoWeight if legacy => &[],
            Self::MemoryHigh => &["memory.high"],
            Self::SwapMax => &["memory.swap.max"],
            Self::IoWeight => &["io.weight"],
        }
    }

    /// Returns the value in a group that was just created.
    pub fn initial(self) -> String {
        match self {
            Self::MemoryMax | Self::MemoryHigh | Self::SwapMax | Self::PidsMax => MAX.into(),
            Self::CpuWeight | Self::IoWeight => "100".into(),
            Self::CpuMax => format!("{MAX} {PERIOD}"),
            Self::IoMax | Self::Cpus | Self::Mems => String::new(),
        }
    }

    /// Returns the texts to write to [`Self::files`].
    pub fn texts(self, value: &str, legacy: bool) -> Vec<String> {
        let unlimited = |text: &str| if text == MAX { "-1".to_owned() } else { text.to_owned() };
        match self {
            Self::MemoryMax if legacy => vec![unlimited(value)],
            Self::CpuWeight if legacy => {
                let weight: u64 = value.parse().unwrap_or(100);
                vec![(weight * 1024 / 100).max(2).to_string()]
            }
            Self::CpuMax if legacy => {
                let (quota, period) = value.split_once(' ').unwrap_or((value, "100000"));
                vec![period.to_owned(), unlimited(quota)]
            }
            _ => vec![value.to_owned()],
        }
    }

    /// Returns the value in the contents of [`Self::files`]; `None` if it is not understood.
    pub fn parse(self, texts: &[&str], legacy: bool) -> Option<String> {
        let first = texts.first()?.trim();
        Some(match self {
            // Version 1 prints the largest multiple of a page.
            Self::MemoryMax if legacy => {
                let bytes: u64 = first.parse().ok()?;
                if bytes >= i64::MAX.cast_unsigned() / LARGEST_PAGE * LARGEST_PAGE {
                    MAX.into()
                } else {
                    bytes.to_string()
                }
            }
            Self::CpuWeight if legacy => {
                let shares: u64 = first.parse().ok()?;
                ((shares * 100 + 512) / 1024).max(1).to_string()
            }
            Self::CpuMax if legacy => {
                let quota = texts.get(1)?.trim();
                let quota = if quota.starts_with('-') { MAX } else { quota };
                format!("{quota} {first}")
            }
            // With paths instead of numbers; of several reads, the last one counts.
            Self::IoMax if legacy => {
                let last = texts.len().checked_sub(throughput::LEGACY_FILES.len())?;
                Throughput::parse_legacy(&texts[last..]).to_string()
            }
            Self::IoMax => Throughput::parse(texts.last()?).to_string(),
            Self::IoWeight => first.lines().next()?.trim_start_matches("default ").to_owned(),
            _ => first.to_owned(),
        })
    }

    /// Returns what the kernel makes of a value: memory in whole pages, lists as ranges.
    #[must_use]
    pub fn settled(self, value: &str) -> String {
        match self {
            Self::MemoryMax | Self::MemoryHigh | Self::SwapMax => match value.parse::<u64>() {
                Ok(bytes) => (bytes / USUAL_PAGE * USUAL_PAGE).to_string(),
                Err(_) => value.to_owned(),
            },
            Self::Cpus | Self::Mems => {
                pids_of(value).map_or_else(|| value.to_owned(), |numbers| pid_ranges(&numbers))
            }
            _ => value.to_owned(),
        }
    }

    /// Returns whether two values are the same on a kernel with pages of any size.
    pub fn same(self, one: &str, other: &str) -> bool {
        let pages = |text: &str| match self {
            Self::MemoryMax | Self::MemoryHigh | Self::SwapMax => text.parse::<u64>().ok(),
            _ => None,
        };
        match (pages(one), pages(other)) {
            (Some(one), Some(other)) => one.abs_diff(other) < LARGEST_PAGE,
            _ => self.settled(one) == self.settled(other),
        }
    }

    /// Returns the quota of a percentage of one processor.
    pub fn quota(percent: Option<u64>) -> String {
        match percent {
            Some(percent) => format!("{} {PERIOD}", percent * PERIOD / 100),
            None => Self::CpuMax.initial(),
        }
    }

    /// Returns the percentage of one processor in a quota; `None` if there is no limit.
    pub fn percent(quota: &str) -> Option<u64> {
        let (quota, period) = quota.split_once(' ')?;
        let (quota, period): (u64, u64) = (quota.parse().ok()?, period.parse().ok()?);
        (quota * 100).checked_div(period)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_survive_both_formats() {
        let values = [
            (CgroupLimit::MemoryMax, "67108864"),
            (CgroupLimit::PidsMax, "20"),
            (CgroupLimit::CpuMax, "150000 100000"),
            (CgroupLimit::CpuMax, "max 100000"),
            (CgroupLimit::Cpus, "0-1"),
        ];
        for (limit, value) in values {
            for legacy in [false, true] {
                let texts = limit.texts(value, legacy);
                assert_eq!(texts.len(), limit.files(legacy).len(), "{limit:?}");
                let texts: Vec<&str> = texts.iter().map(String::as_str).collect();
                assert_eq!(limit.parse(&texts, legacy).as_deref(), Some(value), "{limit:?}");
            }
        }
        for weight in [1, 2, 99, 100, 101, 10_000] {
            let texts = CgroupLimit::CpuWeight.texts(&weight.to_string(), true);
            let read = CgroupLimit::CpuWeight.parse(&[&texts[0]], true);
            assert_eq!(read, Some(weight.to_string()));
        }
        assert_eq!(CgroupLimit::MemoryMax.texts("max", true), ["-1"]);
        let unlimited = CgroupLimit::MemoryMax.parse(&["9223372036854771712\n"], true);
        assert_eq!(unlimited.as_deref(), Some("max"));
        assert_eq!(
            CgroupLimit::IoWeight.parse(&["default 50\n8:0 20\n"], false).as_deref(),
            Some("50")
        );
        assert_eq!(
            CgroupLimit::CpuMax.parse(&["100000", "-1"], true).as_deref(),
            Some("max 100000")
        );
    }

    #[test]
    fn the_kernel_rounds_memory_and_joins_ranges() {
        assert_eq!(CgroupLimit::MemoryMax.settled("100000"), "98304");
        assert!(CgroupLimit::MemoryMax.same("100000", "65536"));
        assert!(!CgroupLimit::MemoryMax.same("max", "65536"));
        assert!(!CgroupLimit::PidsMax.same("20", "21"));
        assert_eq!(CgroupLimit::Cpus.settled("0,1,3"), "0-1,3");
        assert_eq!(CgroupLimit::quota(Some(50)), "50000 100000");
        assert_eq!(CgroupLimit::percent("50000 100000"), Some(50));
        assert_eq!(CgroupLimit::percent(&CgroupLimit::quota(None)), None);
    }

    #[test]
    fn controllers_are_those_of_the_files() {
        let of = |limit: CgroupLimit| limit.controller();
        assert_eq!(
            CgroupLimit::ALL.map(of).join(" "),
            "memory memory memory pids cpu cpu io io cpuset cpuset"
        );
    }
}
