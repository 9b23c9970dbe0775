//! How long a list of packages takes to build.

use std::rc::Rc;

use serde::Serialize;

use super::emerge::{EmergeRun, emerge_log_path};
use super::history::logged_merges;
use super::make_conf::value;
use super::outcome;
use super::pretend::READING;
use super::program::program;
use crate::args;
use crate::error::Result;
use crate::machine::builds::{Durations, PlannedBuild, schedule};
use crate::operation::{Answer, Effect, Planning, Query};
use crate::system::Outcome;
use crate::types::{AbsPath, Atom, Jobs, Place};

args! {
    /// Returns how long emerge would take to build packages, with all that they require.
    ///
    /// The list and its order are those of `emerge --pretend --tree`; the durations are the medians
    /// of the latest builds in the log of emerge. The map has `seconds` (with this many jobs; nil if
    /// no package was built before), `sequential` (with one job), `critical_seconds` and `critical`
    /// (the longest chain of packages that wait for each other, which more jobs do not shorten),
    /// `jobs`, `builds` (a list of maps with `name` and `seconds`, nil if unknown) and `unknown` (the
    /// packages that were not built before; they count as an average one).
    ///
    /// Source: emerge(1), `--pretend`, `--tree`, `--jobs`; guide PE, `qlop`.
    ///
    /// ```
    /// let plan = portage::estimate("/mnt/old", ["sys-fs/cryptsetup"], #{ jobs: 4 });
    /// print(plan.seconds);
    /// ```
    "portage.estimate" => pub struct BuildEstimate {
        /// The mount point of the system; `/` for the running system.
        pub root: AbsPath,
        /// The packages, as atoms or as sets such as `@world`.
        pub packages: Vec<Atom>,
        /// The number of packages to build in parallel; by default as configured in make.conf.
        pub jobs: Option<Jobs>,
        /// Whether to update the packages to the best available version.
        pub update: bool = false,
        /// Whether to consider the whole dependency tree.
        pub deep: bool = false,
        /// Whether to rebuild packages whose USE flags have changed.
        pub newuse: bool = false,
    }
}

/// An estimate as scripts see it.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct EstimateInfo {
    seconds: Option<u64>,
    sequential: Option<u64>,
    critical_seconds: Option<u64>,
    critical: Vec<String>,
    jobs: usize,
    builds: Vec<EstimatedBuild>,
    unknown: Vec<String>,
}

/// A build of an estimate as scripts see it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct EstimatedBuild {
    name: String,
    seconds: Option<u64>,
}

/// A line of the tree.
#[derive(Debug, PartialEq, Eq)]
struct TreeEntry<'a> {
    /// The number of packages above it.
    depth: usize,
    name: &'a str,
    /// Whether it is built or installed, rather than there already.
    is_merged: bool,
    is_binary: bool,
}

/// Parses `[ebuild  N    ]   app-misc/one-1::gentoo USE="x"`.
fn entry(line: &str) -> Option<TreeEntry<'_>> {
    let (sign, rest) = line.strip_prefix('[')?.split_once("] ")?;
    let (is_merged, is_binary) = match sign.split(' ').next()? {
        "ebuild" => (true, false),
        "binary" => (true, true),
        "nomerge" => (false, false),
        _ => return None,
    };
    let name = rest.trim_start().split([' ', ':']).next().filter(|name| name.contains('/'))?;
    Some(TreeEntry { depth: rest.len() - rest.trim_start().len(), name, is_merged, is_binary })
}

/// Returns the builds of a tree, each of which requires those below it.
fn builds<'a>(text: &'a str, durations: &Durations) -> Vec<(&'a str, Option<u64>, Vec<usize>)> {
    let mut found: Vec<(&str, Option<u64>, Vec<usize>)> = Vec::new();
    // The indices of the entries above the present one; `None` for those that are not built.
    let mut above: Vec<Option<usize>> = Vec::new();
    for entry in text.lines().filter_map(entry) {
        above.truncate(entry.depth);
        let index = entry.is_merged.then(|| {
            let known = found.iter().position(|(name, ..)| *name == entry.name);
            known.unwrap_or_else(|| {
                let seconds = durations.expected(entry.name, entry.is_binary);
                found.push((entry.name, seconds, Vec::new()));
                found.len() - 1
            })
        });
        let parent = above.iter().rev().find_map(|index| *index);
        if let (Some(parent), Some(index)) = (parent, index) {
            found[parent].2.push(index);
        }
        above.push(index);
    }
    found
}

/// Returns the estimate of the output of `emerge --pretend --tree`.
fn estimate(text: &str, durations: &Durations, jobs: usize) -> EstimateInfo {
    let builds = builds(text, durations);
    let known: Vec<u64> = builds.iter().filter_map(|(_, seconds, _)| *seconds).collect();
    let count = u64::try_from(known.len()).unwrap_or(u64::MAX);
    let average = known.iter().sum::<u64>().checked_div(count);
    let planned: Vec<PlannedBuild> = builds
        .iter()
        .map(|(_, seconds, requires)| PlannedBuild {
            seconds: seconds.or(average).unwrap_or_default(),
            requires: requires.clone(),
        })
        .collect();
    let is_known = average.is_some() || builds.is_empty();
    let plan = schedule(&planned, jobs);
    let name = |index: usize| builds[index].0.to_owned();
    EstimateInfo {
        seconds: is_known.then_some(plan.seconds),
        sequential: is_known.then(|| planned.iter().map(|build| build.seconds).sum()),
        critical_seconds: is_known.then_some(plan.critical_seconds),
        critical: plan.critical.into_iter().map(name).collect(),
        jobs,
        unknown: builds.iter().filter(|one| one.1.is_none()).map(|one| one.0.to_owned()).collect(),
        builds: builds
            .iter()
            .map(|(name, seconds, _)| EstimatedBuild {
                name: (*name).to_owned(),
                seconds: *seconds,
            })
            .collect(),
    }
}

/// Returns N in the last `--jobs=N` or `-jN` of options of emerge.
fn jobs_of(options: &str) -> Option<usize> {
    let mut words = options.split_whitespace().rev();
    words.find_map(|word| word.strip_prefix("--jobs=").or(word.strip_prefix("-j"))?.parse().ok())
}

impl Query for BuildEstimate {
    type Output = EstimateInfo;

    // emerge itself only reads here, but its log has to be read as well.
    fn effects(&self) -> Vec<Effect> {
        EmergeRun::effects(&self.root)
    }

    fn answer(&self, cx: &mut Planning<'_>) -> Result<Answer<EstimateInfo>> {
        let log =
            Place::new(&AbsPath::assume_valid(emerge_log_path(&self.root, cx)), Some(&self.root));
        let durations = Durations::of(&logged_merges(&log, None, cx)?.unwrap_or_default());
        let configured = value(&self.root, "EMERGE_DEFAULT_OPTS", cx)?;
        let configured = configured.as_deref().and_then(jobs_of).unwrap_or(1);
        let asked = self.jobs.and_then(|jobs| usize::try_from(jobs.get()).ok());
        let jobs = asked.unwrap_or(configured);
        let flags = [("--update", self.update), ("--deep", self.deep), ("--newuse", self.newuse)];
        let flags = flags.iter().filter(|(_, on)| *on).map(|(flag, _)| *flag);
        let cmd = program(&self.root, "emerge", cx)?
            .args(["--pretend", "--tree", "--quiet", "--ask=n", "--color=n", "--getbinpkg=n"])
            .args(flags)
            .args(self.packages.iter().map(ToString::to_string))
            .accept_any_exit_code()
            .only_reads(&READING);
        let root = self.root.to_string();
        let read = move |outcome: &Outcome| match outcome.code {
            0 => Ok(estimate(&outcome.stdout, &durations, jobs)),
            _ => Err(outcome::failure_reason(outcome, &root)),
        };
        let assumed = EstimateInfo { jobs, ..EstimateInfo::default() };
        Ok(Answer::Ask { cmd: Box::new(cmd), assumed, read: Rc::new(read) })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::machine::builds::emerge_log::merges;

    #[test]
    fn a_tree_is_estimated() {
        let tree = "\
[ebuild  N    ] app-misc/four-1 
[nomerge      ] app-misc/three-1 
[ebuild  N    ]  app-misc/two-1  USE=\"x\"
[ebuild     U ]   app-misc/one-1::gentoo [0.9]
";
        let log = "\
1:  >>> emerge (1 of 1) app-misc/one-0.9 to /
11:  ::: completed emerge (1 of 1) app-misc/one-0.9 to /
12:  >>> emerge (1 of 1) app-misc/two-1 to /
32:  ::: completed emerge (1 of 1) app-misc/two-1 to /
";
        let found = estimate(tree, &Durations::of(&merges(log)), 2);
        assert_eq!((found.seconds, found.sequential), (Some(30), Some(45)));
        assert_eq!(found.critical, ["app-misc/one-1", "app-misc/two-1"]);
        assert_eq!(found.unknown, ["app-misc/four-1"]);
        assert_eq!(estimate(tree, &Durations::default(), 2).seconds, None);
        assert_eq!(estimate("", &Durations::default(), 2).seconds, Some(0));
        assert_eq!(jobs_of("--ask --jobs=3 --load-average=2"), Some(3));
        assert_eq!(jobs_of("--ask -j4"), Some(4));
        assert_eq!(jobs_of("--jobs"), None);
    }
}
