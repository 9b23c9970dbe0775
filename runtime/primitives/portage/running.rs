//! What emerge builds at the moment.

use std::rc::Rc;

use serde::Serialize;

use super::emerge::{EmergeRun, emerge_log_path};
use super::history::logged_merges;
use super::program::program;
use crate::args;
use crate::error::Result;
use crate::machine::builds::emerge_log::MergeOutcome;
use crate::machine::builds::snapshots;
use crate::operation::{Answer, Effect, Planning, Query};
use crate::system::Outcome;
use crate::types::{AbsPath, Place};

args! {
    /// Returns the packages that emerge builds or installs at the moment.
    ///
    /// Each entry is a map with `name` (`category/name-version`), `phase`, `seconds` (since it was
    /// begun; nil if unknown), `memory` (the peak in bytes; nil if unknown) and `source`:
    /// `"socket"`, if Portage reports it (3.0.82 or later, with `FEATURES="observability"`), and
    /// otherwise `"log"`: a package that emerge has begun and not ended, according to its log. After
    /// a crash, such packages are in the log until they are begun again.
    ///
    /// Source: portageq(1), `jobs`; emerge(1), `--status`.
    ///
    /// ```
    /// let jobs = portage::jobs("/mnt/old");
    /// ```
    "portage.jobs" => pub struct RunningJobs {
        /// The mount point of the system; `/` for the running system.
        pub root: AbsPath,
    }
}

/// A package that is being built, as scripts see it.
#[derive(Debug, Clone, Serialize)]
pub struct JobInfo {
    name: String,
    phase: String,
    seconds: Option<u64>,
    memory: Option<u64>,
    source: &'static str,
}

impl Query for RunningJobs {
    type Output = Vec<JobInfo>;

    fn effects(&self) -> Vec<Effect> {
        EmergeRun::effects(&self.root)
    }

    fn answer(&self, cx: &mut Planning<'_>) -> Result<Answer<Vec<JobInfo>>> {
        let log =
            Place::new(&AbsPath::assume_valid(emerge_log_path(&self.root, cx)), Some(&self.root));
        let merges = logged_merges(&log, None, cx)?.unwrap_or_default();
        let open = merges.into_iter().filter(|one| one.outcome == MergeOutcome::Unfinished);
        let logged: Vec<JobInfo> = open
            .map(|merge| JobInfo {
                name: merge.package,
                phase: "build".into(),
                seconds: None,
                memory: merge.memory,
                source: "log",
            })
            .collect();
        let cmd = program(&self.root, "portageq", cx)?.args(["jobs", "--json"]);
        let read = move |outcome: &Outcome| {
            let published = published(&outcome.stdout);
            Ok(if published.is_empty() { logged.clone() } else { published })
        };
        // An earlier Portage does not know the command.
        let cmd = cmd.accept_any_exit_code();
        Ok(Answer::Ask { cmd: Box::new(cmd), assumed: Vec::new(), read: Rc::new(read) })
    }
}

fn published(text: &str) -> Vec<JobInfo> {
    let tasks = snapshots(text).into_iter().flat_map(|snapshot| snapshot.tasks);
    tasks
        .map(|task| JobInfo {
            phase: task.phase().to_owned(),
            seconds: Some(task.seconds()),
            memory: task.resources.mem_peak,
            name: task.cpv,
            source: "socket",
        })
        .collect()
}
