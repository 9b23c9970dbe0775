//! The configuration of a guest (lxc.container.conf(5)).

use std::collections::BTreeMap;

use crate::machine::cgroup::{CgroupLimit, CgroupLimits};
use crate::machine::guest::entry::Guest;

/// Returns the prefix of the keys of a version of control groups. LXC ignores those of the other one with a warning.
pub const fn cgroup_prefix(legacy: bool) -> &'static str {
    if legacy { "lxc.cgroup." } else { "lxc.cgroup2." }
}

/// Returns the guest that a configuration describes. Later lines replace earlier ones.
pub fn config_of(text: &str) -> Guest {
    let mut guest = Guest::default();
    let mut values: BTreeMap<&str, &str> = BTreeMap::new();
    for line in text.lines().filter(|line| !line.trim_start().starts_with('#')) {
        if let Some((key, value)) = line.split_once('=') {
            values.insert(key.trim(), value.trim());
        }
    }
    let rootfs = values.get("lxc.rootfs.path");
    guest.rootfs = rootfs.map(|path| path.strip_prefix("dir:").unwrap_or(path).to_owned());
    // A key of the version that the kernel does not have is ignored by LXC; a later one here wins.
    for legacy in [true, false] {
        guest.limits.extend(limits(&values, legacy));
    }
    guest
}

fn limits(values: &BTreeMap<&str, &str>, legacy: bool) -> CgroupLimits {
    let value = |limit: CgroupLimit| {
        let of = |file: &&str| {
            values.get(format!("{}{file}", cgroup_prefix(legacy)).as_str()).map(|text| bytes(text))
        };
        let texts: Vec<String> = limit.files(legacy).iter().map(of).collect::<Option<_>>()?;
        let texts: Vec<&str> = texts.iter().map(String::as_str).collect();
        Some((limit, limit.parse(&texts, legacy)?))
    };
    CgroupLimit::ALL.into_iter().filter_map(value).collect()
}

/// Returns a size with a suffix in bytes; any other value as it is.
fn bytes(text: &str) -> String {
    let (number, suffix) = text.split_at(text.len() - usize::from(text.ends_with(['K', 'M', 'G'])));
    let shift = match suffix {
        "K" => 10,
        "M" => 20,
        "G" => 30,
        _ => 0,
    };
    let size = number.parse::<u64>().ok().and_then(|number| number.checked_shl(shift));
    size.map_or_else(|| text.to_owned(), |size| size.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn limits_and_root_are_read() {
        let text = "# lxc.cgroup2.pids.max = 1\nlxc.rootfs.path = dir:/var/lib/lxc/web/rootfs\n\
                    lxc.cgroup2.pids.max = 20\nlxc.cgroup2.devices.allow = c 1:3 rwm\n\
                    lxc.cgroup.memory.limit_in_bytes=64M\nlxc.cgroup2.cpu.max = 50000 100000\n";
        let guest = config_of(text);
        assert_eq!(guest.rootfs.as_deref(), Some("/var/lib/lxc/web/rootfs"));
        let wanted = [
            (CgroupLimit::MemoryMax, "67108864"),
            (CgroupLimit::PidsMax, "20"),
            (CgroupLimit::CpuMax, "50000 100000"),
        ];
        assert_eq!(guest.limits, wanted.map(|(limit, value)| (limit, value.to_owned())).into());
        let legacy = "lxc.cgroup.cpu.cfs_period_us = 100000\nlxc.cgroup.cpu.cfs_quota_us = 50000\n";
        assert_eq!(config_of(legacy).limits[&CgroupLimit::CpuMax], "50000 100000");
    }
}
