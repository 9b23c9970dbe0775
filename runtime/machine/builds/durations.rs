//! How long packages took to build.

use std::collections::{HashMap, VecDeque};

use super::emerge_log::{Merge, MergeOutcome, package_name};

/// The number of the latest builds of a package that count.
const RECENT: usize = 9;

/// The durations of earlier builds, by package.
#[derive(Debug, Clone, Default)]
pub struct Durations {
    /// The latest durations in seconds, by `category/name`, of builds from sources and of binary
    /// packages.
    recent: HashMap<String, [VecDeque<u64>; 2]>,
}

impl Durations {
    /// Returns the durations of these merges.
    pub fn of<'a>(merges: impl IntoIterator<Item = &'a Merge>) -> Self {
        let mut all = Self::default();
        merges.into_iter().for_each(|merge| all.add(merge));
        all
    }

    /// Adds a merge, if it is complete.
    pub fn add(&mut self, merge: &Merge) {
        let Some(seconds) = merge.ended.and_then(|ended| ended.checked_sub(merge.started)) else {
            return;
        };
        if merge.outcome != MergeOutcome::Merged {
            return;
        }
        let name = package_name(&merge.package).to_owned();
        let recent = &mut self.recent.entry(name).or_default()[usize::from(merge.binary)];
        if recent.len() == RECENT {
            recent.pop_front();
        }
        recent.push_back(seconds);
    }

    /// Returns the median of the latest builds of a package, of any version, in seconds; `None` if
    /// it was never built. A median, because builds beside others take longer.
    pub fn expected(&self, package: &str, binary: bool) -> Option<u64> {
        let recent = &self.recent.get(package_name(package))?[usize::from(binary)];
        let mut sorted: Vec<u64> = recent.iter().copied().collect();
        sorted.sort_unstable();
        sorted.get(sorted.len() / 2).copied()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::machine::builds::emerge_log::merges;

    #[test]
    fn versions_are_separated_from_names() {
        for (package, name) in [
            ("app-misc/one-1", "app-misc/one"),
            ("app-misc/one-1.2_rc3-r4", "app-misc/one"),
            ("x11-libs/gtk+-3.24.41-r1", "x11-libs/gtk+"),
            ("media-fonts/font-misc-100dpi-2", "media-fonts/font-misc-100dpi"),
            ("dev-libs/lib-9999", "dev-libs/lib"),
            ("app-misc/one", "app-misc/one"),
            ("dev-lang/python-exec-2.4", "dev-lang/python-exec"),
        ] {
            assert_eq!(package_name(package), name);
        }
    }

    #[test]
    fn the_median_of_recent_builds_is_expected() {
        let mut log = "1: Started emerge on: x\n".to_owned();
        for (at, seconds) in [(100, 5), (200, 50), (300, 7)] {
            log += &format!("{at}:  >>> emerge (1 of 1) a/one-{at} to /\n");
            log += &format!("{}:  ::: completed emerge (1 of 1) a/one-{at} to /\n", at + seconds);
        }
        log += "400:  >>> emerge (1 of 1) a/two-1 to /\n401:  *** terminating.\n";
        let durations = Durations::of(&merges(&log));
        assert_eq!(durations.expected("a/one-9", false), Some(7));
        assert_eq!(durations.expected("a/one-9", true), None);
        assert_eq!(durations.expected("a/two-1", false), None);
    }
}
