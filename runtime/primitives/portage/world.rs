//! Updating the whole system.

use super::emerge::{EmergeRun, emerge_plan};
use super::report::BuildReport;
use crate::args;
use crate::error::Result;
use crate::operation::{Action, Effect, Plan, Planning};
use crate::types::{AbsPath, Jobs};

args! {
    /// Updates all packages of a system: `emerge --update --deep --newuse --with-bdeps=y @world`.
    ///
    /// The plan lists the packages, if the system has an ebuild repository when it is planned.
    /// Returns the same map as `portage.emerge`. Cannot be undone: merged packages stay installed.
    /// Afterwards `portage.depclean` removes what nothing requires any more, and
    /// `portage.pending_updates` lists new versions of configuration files.
    ///
    /// Source: emerge(1), `--update`, `--deep`, `--newuse`, `--with-bdeps`.
    ///
    /// ```
    /// portage::world("/mnt/old", #{ jobs: 4, keep_going: true });
    /// ```
    "portage.world" => pub struct World {
        /// The mount point of the system; `/` for the running system.
        pub root: AbsPath,
        /// Whether to rebuild packages only if USE flags that were set differ, and not if the ebuild
        /// has other ones (`--changed-use`).
        pub changed_use: bool = false,
        /// Whether to continue with other packages after a failure.
        pub keep_going: bool = false,
        /// The number of packages to build in parallel, from 1 to 4096; by default as configured in
        /// make.conf.
        pub jobs: Option<Jobs>,
        /// Whether packages that fail are returned in `failed`, rather than being an error.
        pub accept_failure: bool = false,
    }
}

impl Action for World {
    type Output = BuildReport;

    fn effects(&self) -> Vec<Effect> {
        EmergeRun::effects(&self.root)
    }

    fn plan(&self, cx: &mut Planning<'_>) -> Result<Plan<BuildReport>> {
        let flags = if self.changed_use { "--changed-use" } else { "--newuse" };
        let fixed = ["--update", "--deep", flags, "--with-bdeps=y"].map(str::to_owned);
        let more = self.keep_going.then(|| "--keep-going".to_owned());
        let jobs = self.jobs.map(|jobs| format!("--jobs={}", jobs.get()));
        let options = fixed.into_iter().chain(more).chain(jobs).collect();
        let packages = ["@world".to_owned()];
        let run = EmergeRun::new(&self.root, options, &packages);
        emerge_plan(&EmergeRun { accept_failure: self.accept_failure, ..run }, cx)
    }
}
