//! Limits of control groups (cgroups(7)), of both versions.

use std::path::{Component, Path};

/// A control group of a process.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ProcessGroup {
    /// The controllers of a hierarchy of version 1; none for version 2.
    controllers: Vec<String>,
    /// The path below the mount point of the hierarchy.
    path: String,
}

/// A file with a limit.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LimitFile {
    /// The path of the file.
    pub path: String,
    /// The path of the file with the period in which the limit applies.
    pub period: Option<String>,
    /// The format of the file.
    pub kind: LimitKind,
}

/// The format of a limit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LimitKind {
    /// `cpu.max`.
    Quota,
    /// `cpu.cfs_quota_us`, with `cpu.cfs_period_us`.
    QuotaOfPeriod,
    /// `memory.max` or `memory.limit_in_bytes`.
    Memory,
}

/// A limit of a group.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Limit {
    /// As many processors, rounded up.
    Processors(u64),
    /// As many bytes.
    Memory(u64),
}

/// Returns the groups in the content of `/proc/self/cgroup`.
pub fn of_process(text: &str) -> Vec<ProcessGroup> {
    let group = |line: &str| {
        let mut fields = line.splitn(3, ':').skip(1);
        let controllers = fields.next()?.split(',').filter(|name| !name.is_empty());
        let controllers = controllers.map(str::to_owned).collect();
        // Without a namespace for control groups, the path of a container leads out of what is mounted there.
        let path = fields.next().filter(|path| !Path::new(path).components().any(is_parent))?;
        Some(ProcessGroup { controllers, path: path.to_owned() })
    };
    text.lines().filter_map(group).collect()
}

fn is_parent(component: Component<'_>) -> bool {
    component == Component::ParentDir
}

impl ProcessGroup {
    /// Returns the files that may have a limit of the group or of one that it is in.
    pub fn limits(&self) -> Vec<LimitFile> {
        let has = |name: &str| self.controllers.iter().any(|controller| controller == name);
        let mut files = Vec::new();
        for above in Path::new(&self.path).ancestors() {
            let below = above.to_string_lossy();
            let in_group = |mount: &str, file: &str| {
                format!("/sys/fs/cgroup{mount}{}/{file}", below.trim_end_matches('/'))
            };
            if self.controllers.is_empty() {
                for mount in ["", "/unified"] {
                    let quota = in_group(mount, "cpu.max");
                    files.push(LimitFile { path: quota, period: None, kind: LimitKind::Quota });
                    let memory = in_group(mount, "memory.max");
                    files.push(LimitFile { path: memory, period: None, kind: LimitKind::Memory });
                }
            }
            if has("cpu") {
                files.push(LimitFile {
                    path: in_group("/cpu", "cpu.cfs_quota_us"),
                    period: Some(in_group("/cpu", "cpu.cfs_period_us")),
                    kind: LimitKind::QuotaOfPeriod,
                });
            }
            if has("memory") {
                let path = in_group("/memory", "memory.limit_in_bytes");
                files.push(LimitFile { path, period: None, kind: LimitKind::Memory });
            }
        }
        files
    }
}

impl LimitKind {
    /// Returns the limit in the content of the file; `None` if there is none.
    pub fn limit(self, content: &str, period: Option<&str>) -> Option<Limit> {
        let content = content.trim();
        let share = |quota: &str, period: &str| {
            let (quota, period): (u64, u64) = (quota.parse().ok()?, period.parse().ok()?);
            (period > 0).then(|| Limit::Processors(quota.div_ceil(period).max(1)))
        };
        match self {
            Self::Quota => {
                let (quota, period) = content.split_once(' ')?;
                share(quota, period)
            }
            Self::QuotaOfPeriod => share(content, period?.trim()),
            Self::Memory => content.parse().ok().map(Limit::Memory),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn limits_of_both_versions_are_read() {
        let quota = |text: &str| LimitKind::Quota.limit(text, None);
        assert_eq!(quota("250000 100000\n"), Some(Limit::Processors(3)));
        assert_eq!(quota("max 100000\n"), None);
        let old = |text: &str| LimitKind::QuotaOfPeriod.limit(text, Some("100000\n"));
        assert_eq!(old("50000\n"), Some(Limit::Processors(1)));
        assert_eq!(old("-1\n"), None);
        assert_eq!(LimitKind::Memory.limit("max\n", None), None);
        assert_eq!(LimitKind::Memory.limit("1073741824\n", None), Some(Limit::Memory(1 << 30)));
    }

    #[test]
    fn a_limit_of_a_group_above_counts() {
        let groups =
            of_process("3:cpu,cpuacct:/a/b\n1:name=systemd:/x\n0::/s.slice\n9:memory:/..\n");
        let paths: Vec<String> =
            groups.iter().flat_map(ProcessGroup::limits).map(|file| file.path).collect();
        assert_eq!(
            paths,
            [
                "/sys/fs/cgroup/cpu/a/b/cpu.cfs_quota_us",
                "/sys/fs/cgroup/cpu/a/cpu.cfs_quota_us",
                "/sys/fs/cgroup/cpu/cpu.cfs_quota_us",
                "/sys/fs/cgroup/s.slice/cpu.max",
                "/sys/fs/cgroup/s.slice/memory.max",
                "/sys/fs/cgroup/unified/s.slice/cpu.max",
                "/sys/fs/cgroup/unified/s.slice/memory.max",
                "/sys/fs/cgroup/cpu.max",
                "/sys/fs/cgroup/memory.max",
                "/sys/fs/cgroup/unified/cpu.max",
                "/sys/fs/cgroup/unified/memory.max",
            ]
        );
    }
}
