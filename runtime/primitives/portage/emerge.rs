//! Installing packages.

use std::rc::Rc;

use super::make_conf::value;
use super::outcome;
use super::pretend;
use super::program::program;
use super::report::{BuildReport, report};
use crate::args;
use crate::error::Result;
use crate::operation::{Action, Answer, Effect, Plan, Planning, Query, Undo};
use crate::system::{Cmd, Outcome};
use crate::types::{AbsPath, Atom, Jobs};

args! {
    /// Installs packages in a system with emerge, without prompting.
    ///
    /// The plan lists the packages, if the system has an ebuild repository when it is planned
    /// (see `portage.pretend`). If a package fails, the error names the package, its log and the next
    /// step. If Portage requires changed settings (USE flags, keywords, licenses), the error lists the
    /// calls that make them; `portage.accept` makes all of them. Returns a map with `ok`, `built` (a list of packages as `category/name-version`),
    /// `failed` (a list of maps with `name` and `log`, the path of its build log), and `dropped`,
    /// what was not built because of others (a list of maps with `name` and `requires`, a list
    /// of atoms). Cannot be undone: merged packages stay installed.
    ///
    /// Source: emerge(1); guide ER, `emerge -av …`; guide PE.
    ///
    /// ```
    /// portage::emerge("/mnt/old", ["sys-fs/cryptsetup", "app-crypt/gnupg"], #{ noreplace: true, jobs: 4 });
    /// ```
    "portage.emerge" => pub struct Emerge {
        /// The mount point of the system; `/` for the running system.
        pub root: AbsPath,
        /// The packages, as atoms or as sets such as `@world`.
        pub packages: Vec<Atom>,
        /// Whether to skip packages that are already installed.
        pub noreplace: bool = false,
        /// Whether to leave the packages out of the world file.
        pub oneshot: bool = false,
        /// Whether to update the packages to the best available version.
        pub update: bool = false,
        /// Whether to consider the whole dependency tree.
        pub deep: bool = false,
        /// Whether to rebuild packages whose USE flags have changed.
        pub newuse: bool = false,
        /// Whether to continue with other packages after a failure.
        pub keep_going: bool = false,
        /// Whether to download binary packages.
        pub getbinpkg: bool = false,
        /// The number of packages to build in parallel, from 1 to 4096; by default as configured in
        /// make.conf. Use 1 for packages that require it.
        pub jobs: Option<Jobs>,
        /// The load average above which no further build is started; by default as configured in
        /// make.conf.
        pub load_average: Option<Jobs>,
        /// The number of jobs within each build (`MAKEOPTS`), from 1 to 4096; by default as
        /// configured in make.conf.
        pub make_jobs: Option<Jobs>,
        /// Whether packages that fail are returned in `failed`, rather than being an error.
        pub accept_failure: bool = false,
    }
}

args! {
    /// Resumes an emerge run that failed.
    ///
    /// Fix the cause first, or set `skip_first`. Portage remembers only the most recent list: if
    /// another run of emerge fails in between, the list is lost. Returns the same map as
    /// `portage.emerge`. Cannot be undone: merged packages stay installed.
    ///
    /// Source: emerge(1), `--resume`; guide PE, "Dealing With Failed Builds".
    ///
    /// ```
    /// portage::resume("/mnt/old", #{ skip_first: true });
    /// ```
    "portage.resume" => pub struct Resume {
        /// The mount point of the system; `/` for the running system.
        pub root: AbsPath,
        /// Whether to skip the package that failed.
        pub skip_first: bool = false,
        /// Whether packages that fail are returned in `failed`, rather than being an error.
        pub accept_failure: bool = false,
    }
}

args! {
    /// Returns whether a package that matches an atom is installed.
    ///
    /// Source: portageq(1), `has_version`.
    ///
    /// ```
    /// let new_enough = portage::has_version("/mnt/old", ">=sys-fs/cryptsetup-2.6");
    /// ```
    "portage.has_version" => pub struct HasVersion {
        /// The mount point of the system; `/` for the running system.
        pub root: AbsPath,
        /// The atom, optionally with a version: `">=sys-fs/cryptsetup-2.6"`.
        pub atom: Atom,
    }
}

pub(in crate::primitives) struct EmergeRun<'a> {
    pub(in crate::primitives) root: &'a AbsPath,
    pub(in crate::primitives) options: Vec<String>,
    pub(in crate::primitives) packages: &'a [String],
    pub(in crate::primitives) make_jobs: Option<Jobs>,
    pub(in crate::primitives) accept_failure: bool,
}

impl<'a> EmergeRun<'a> {
    pub(in crate::primitives) fn new(
        root: &'a AbsPath,
        options: Vec<String>,
        packages: &'a [String],
    ) -> Self {
        Self { root, options, packages, make_jobs: None, accept_failure: false }
    }

    pub(in crate::primitives) fn effects(root: &AbsPath) -> Vec<Effect> {
        Effect::runs("emerge", &root.to_string())
    }
}

/// Returns the log of emerge inside the root.
pub(super) fn emerge_log_path(root: &AbsPath, cx: &Planning<'_>) -> String {
    // Portage itself reports a make.conf that cannot be read.
    let directory = value(root, "EMERGE_LOG_DIR", cx).ok().flatten();
    let directory = directory.filter(|path| path.starts_with('/'));
    format!("{}/emerge.log", directory.as_deref().unwrap_or("/var/log"))
}

/// Returns the plan of a run of emerge.
pub(in crate::primitives) fn emerge_plan(
    run: &EmergeRun<'_>,
    cx: &Planning<'_>,
) -> Result<Plan<BuildReport>> {
    // EMERGE_DEFAULT_OPTS may contain --ask. The output of a build is in its log. Without
    // --autounmask, emerge does not report which keywords are required.
    let cmd = program(run.root, "emerge", cx)?
        .args(["--ask=n", "--color=n", "--nospinner", "--quiet-build=y", "--autounmask=y"])
        .args(run.options.iter().cloned());
    let cmd: Cmd = cmd
        .args(run.packages.iter().cloned())
        .limit(None)
        .accept_any_exit_code()
        .may_change_any_file()
        .follow_builds(emerge_log_path(run.root, cx));
    let cmd = match run.make_jobs {
        Some(jobs) => cmd.env("MAKEOPTS", format!("-j{}", jobs.get())),
        None => cmd,
    };
    let (root, accept_failure) = (run.root.to_string(), run.accept_failure);
    let read = move |outcomes: &[Outcome]| {
        let Some(outcome) = outcomes.last() else { return Ok(BuildReport::default()) };
        let report = report(outcome);
        // Without a package that failed, emerge has not begun.
        let is_accepted = accept_failure && !report.failed.is_empty();
        match report.ok || is_accepted {
            true => Ok(report),
            false => Err(outcome::failure_reason(outcome, &root)),
        }
    };
    let planned = BuildReport { ok: true, ..BuildReport::default() };
    let preview = pretend::preview(run.root, &run.options, run.packages, cx)?;
    let plan = Plan::run(cmd).undo(Undo::Impossible("merged packages stay installed"));
    Ok(plan.preview(Some(preview)).reads(planned, read))
}

impl Action for Emerge {
    type Output = BuildReport;

    fn effects(&self) -> Vec<Effect> {
        EmergeRun::effects(&self.root)
    }

    fn plan(&self, cx: &mut Planning<'_>) -> Result<Plan<BuildReport>> {
        let flags = [
            ("--noreplace", self.noreplace),
            ("--oneshot", self.oneshot),
            ("--update", self.update),
            ("--deep", self.deep),
            ("--newuse", self.newuse),
            ("--keep-going", self.keep_going),
            ("--getbinpkg", self.getbinpkg),
        ];
        let flags = flags.iter().filter(|(_, on)| *on).map(|(flag, _)| (*flag).to_owned());
        let jobs = self.jobs.map(|jobs| format!("--jobs={}", jobs.get()));
        let load = self.load_average.map(|load| format!("--load-average={}", load.get()));
        let options = flags.chain(jobs).chain(load).collect();
        let packages: Vec<String> = self.packages.iter().map(ToString::to_string).collect();
        let (root, packages) = (&self.root, packages.as_slice());
        let Self { make_jobs, accept_failure, .. } = *self;
        let run = EmergeRun::new(root, options, packages);
        emerge_plan(&EmergeRun { make_jobs, accept_failure, ..run }, cx)
    }
}

impl Action for Resume {
    type Output = BuildReport;

    fn effects(&self) -> Vec<Effect> {
        EmergeRun::effects(&self.root)
    }

    fn plan(&self, cx: &mut Planning<'_>) -> Result<Plan<BuildReport>> {
        let skip = self.skip_first.then(|| "--skipfirst".to_owned());
        let options = ["--resume".to_owned()].into_iter().chain(skip).collect();
        let run = EmergeRun::new(&self.root, options, &[]);
        emerge_plan(&EmergeRun { accept_failure: self.accept_failure, ..run }, cx)
    }
}

impl Query for HasVersion {
    type Output = bool;

    fn effects(&self) -> Vec<Effect> {
        Effect::runs("portageq", &self.root.to_string())
    }

    fn answer(&self, cx: &mut Planning<'_>) -> Result<Answer<bool>> {
        let cmd =
            program(&self.root, "portageq", cx)?.args(["has_version", "/", self.atom.as_str()]);
        let read = |outcome: &Outcome| match outcome.code {
            0 => Ok(true),
            1 => Ok(false),
            // The atom or the root is invalid.
            _ => Err(outcome::failure_reason(outcome, "/")),
        };
        Ok(Answer::Ask {
            cmd: Box::new(cmd.accept_any_exit_code()),
            assumed: false,
            read: Rc::new(read),
        })
    }
}
