//! Installing packages.

use std::rc::Rc;

use super::outcome;
use crate::args;
use crate::error::Result;
use crate::operation::{Action, Answer, Effect, Plan, Planning, Query, Undo};
use crate::primitives::edit::command;
use crate::system::{Cmd, Outcome};
use crate::types::{AbsPath, Atom, Jobs};

args! {
    /// Installs packages, inside the system that they are for. It never asks. When a package fails, the
    /// error names it, its log and what comes next; when Portage wants settings changed first (use
    /// flags, keywords, licences), the error has the calls that change them.
    ///
    /// Source: emerge(1); guide ER, `emerge -av …`; guide PE.
    ///
    /// ```
    /// portage::emerge("/mnt/old", ["sys-fs/cryptsetup", "app-crypt/gnupg"], #{ noreplace: true, jobs: 4 });
    /// ```
    "portage.emerge" => pub struct Emerge {
        /// The mount point of the system.
        pub root: AbsPath,
        /// Packages, atoms, sets such as `@world`.
        pub packages: Vec<Atom>,
        /// Whether what is installed already is left out.
        pub noreplace: bool = false,
        /// Whether the packages stay out of the list of what was asked for.
        pub oneshot: bool = false,
        /// Whether the newest versions are wanted.
        pub update: bool = false,
        /// Whether dependencies of dependencies count as well.
        pub deep: bool = false,
        /// Whether packages whose use flags have changed are made again.
        pub newuse: bool = false,
        /// Whether the others are made although one fails.
        pub keep_going: bool = false,
        /// Whether binary packages are fetched.
        pub getbinpkg: bool = false,
        /// Whether settings that are in the way are changed: use flags, keywords, licences.
        pub autounmask: bool = false,
        /// How many packages at a time; as make.conf says when absent. 1 for packages that need it.
        pub jobs: Option<Jobs>,
        /// The load above which no further package is begun.
        pub load_average: Option<Jobs>,
    }
}

args! {
    /// Goes on with packages that an `emerge` that failed has left, once what it failed by is set right;
    /// `skip_first` leaves that package out. Portage remembers one list only: a second failure of
    /// another `emerge` in between loses it.
    ///
    /// Source: emerge(1), `--resume`; guide PE, "Dealing With Failed Builds".
    ///
    /// ```
    /// portage::resume("/mnt/old", #{ skip_first: true });
    /// ```
    "portage.resume" => pub struct Resume {
        /// The mount point of the system.
        pub root: AbsPath,
        /// Whether the package that failed is left out.
        pub skip_first: bool = false,
    }
}

args! {
    /// Tells whether a package that fits an atom is installed.
    ///
    /// Source: portageq(1), `has_version`.
    ///
    /// ```
    /// let new_enough = portage::has_version("/mnt/old", ">=sys-fs/cryptsetup-2.6");
    /// ```
    "portage.has_version" => pub struct HasVersion {
        /// The mount point of the system.
        pub root: AbsPath,
        /// The atom.
        pub atom: Atom,
    }
}

/// A run of emerge.
pub(in crate::primitives) struct Merging<'a> {
    pub(in crate::primitives) root: &'a AbsPath,
    pub(in crate::primitives) options: Vec<String>,
    pub(in crate::primitives) packages: &'a [String],
    pub(in crate::primitives) autounmask: bool,
}

impl Merging<'_> {
    /// What it means.
    pub(in crate::primitives) fn effects(root: &AbsPath) -> Vec<Effect> {
        Effect::runs("emerge", &root.to_string())
    }
}

/// The plan of a run of emerge.
pub(in crate::primitives) fn merging(run: &Merging<'_>, cx: &Planning<'_>) -> Result<Plan<()>> {
    // EMERGE_DEFAULT_OPTS may ask; what a build says is in its log; without --autounmask it does not
    // tell which keywords would do.
    let mut cmd = command(run.root, "emerge", cx)?
        .args(["--ask=n", "--color=n", "--nospinner", "--quiet-build=y", "--autounmask=y"])
        .args(run.options.iter().cloned());
    if run.autounmask {
        // Written at once instead of into a file that etc-update would have to merge.
        cmd = cmd.env("CONFIG_PROTECT_MASK", "/etc/portage").args([
            "--autounmask=y",
            "--autounmask-write=y",
            "--autounmask-continue=y",
        ]);
    }
    let cmd: Cmd = cmd.args(run.packages.iter().cloned()).limit(None).any_code().anything();
    let root = run.root.to_string();
    let read = move |outcomes: &[Outcome]| match outcomes.last() {
        Some(outcome) if outcome.code != 0 => Err(outcome::why(outcome, &root).into()),
        _ => Ok(()),
    };
    Ok(Plan::run(cmd).undo(Undo::Impossible("merged packages stay installed")).reads((), read))
}

impl Action for Emerge {
    type Output = ();

    fn effects(&self) -> Vec<Effect> {
        Merging::effects(&self.root)
    }

    fn plan(&self, cx: &mut Planning<'_>) -> Result<Plan<()>> {
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
        merging(&Merging { root, options, packages, autounmask: self.autounmask }, cx)
    }
}

impl Action for Resume {
    type Output = ();

    fn effects(&self) -> Vec<Effect> {
        Merging::effects(&self.root)
    }

    fn plan(&self, cx: &mut Planning<'_>) -> Result<Plan<()>> {
        let skip = self.skip_first.then(|| "--skipfirst".to_owned());
        let options = ["--resume".to_owned()].into_iter().chain(skip).collect();
        merging(&Merging { root: &self.root, options, packages: &[], autounmask: false }, cx)
    }
}

impl Query for HasVersion {
    type Output = bool;

    fn effects(&self) -> Vec<Effect> {
        Effect::runs("portageq", &self.root.to_string())
    }

    fn answer(&self, cx: &mut Planning<'_>) -> Result<Answer<bool>> {
        let cmd =
            command(&self.root, "portageq", cx)?.args(["has_version", "/", self.atom.as_str()]);
        let read = |outcome: &Outcome| match outcome.code {
            0 => Ok(true),
            1 => Ok(false),
            // An atom that it does not understand, a root that is none.
            _ => Err(outcome::why(outcome, "/").into()),
        };
        Ok(Answer::Ask { cmd: cmd.any_code(), guess: false, read: Rc::new(read) })
    }
}
