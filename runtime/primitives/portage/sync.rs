//! Downloading ebuild repositories.

use super::emerge::EmergeRun;
use super::outcome;
use super::program::program;
use super::repository::{RepositoryInfo, repositories};
use super::rule::PortageRule;
use crate::args;
use crate::error::Result;
use crate::operation::{Action, Effect, Plan, Planning, Undo};
use crate::system::Outcome;
use crate::types::{AbsPath, RepoName};

args! {
    /// Downloads the current content of the ebuild repositories of a system.
    ///
    /// A repository that is not configured, or has no `sync-type`, is an error; so is a system
    /// without any that can be synchronized. Cannot be undone: the previous content is not kept.
    ///
    /// Source: emerge(1), `--sync`.
    ///
    /// ```
    /// portage::sync_repository("/mnt/old");
    /// portage::sync_repository("/mnt/old", #{ repository: "gentoo" });
    /// ```
    "portage.sync_repository" => pub struct SyncRepository {
        /// The mount point of the system; `/` for the running system.
        pub root: AbsPath,
        /// The name of the repository; by default all whose `auto-sync` is not `no`.
        pub repository: Option<RepoName>,
    }
}

impl SyncRepository {
    /// Checks that there is a repository that Portage can synchronize.
    fn check(&self, known: &[RepositoryInfo]) -> Result<()> {
        let names = || known.iter().map(|one| one.name.clone()).collect();
        match &self.repository {
            Some(name) => match known.iter().find(|one| one.name == name.as_str()) {
                None => {
                    let name = name.to_string();
                    Err(PortageRule::UnknownRepository { name, known: names() }.into())
                }
                Some(one) if one.sync_type.is_empty() => {
                    Err(PortageRule::NotSynced { names: vec![name.to_string()] }.into())
                }
                Some(_) => Ok(()),
            },
            None if known.iter().all(|one| one.sync_type.is_empty()) => {
                Err(PortageRule::NotSynced { names: names() }.into())
            }
            None => Ok(()),
        }
    }
}

impl Action for SyncRepository {
    type Output = ();

    fn effects(&self) -> Vec<Effect> {
        EmergeRun::effects(&self.root)
    }

    fn plan(&self, cx: &mut Planning<'_>) -> Result<Plan<()>> {
        let (known, complete) = repositories(&self.root, cx)?;
        if complete {
            self.check(&known)?;
        }
        let cmd = program(&self.root, "emerge", cx)?
            .args(["--sync", "--ask=n", "--color=n", "--nospinner"])
            .args(self.repository.iter().map(ToString::to_string))
            .limit(None)
            .accept_any_exit_code()
            .may_change_any_file();
        let root = self.root.to_string();
        let read = move |outcomes: &[Outcome]| match outcomes.last() {
            Some(outcome) if outcome.code != 0 => Err(outcome::failure_reason(outcome, &root)),
            _ => Ok(()),
        };
        let plan = Plan::run(cmd).undo(Undo::Impossible("the previous content is not kept"));
        Ok(plan.reads((), read))
    }
}
