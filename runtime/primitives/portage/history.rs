//! What Portage has built: its log of merges, and the logs of builds.

use serde::Serialize;

use super::emerge::EmergeRun;
use super::explain::BuildErrorInfo;
use super::rule::PortageRule;
use crate::args;
use crate::error::Result;
use crate::machine::builds::emerge_log::{Merge, MergeLog};
use crate::machine::builds::package_name;
use crate::machine::files::FileContents;
use crate::operation::{Answer, Effect, FilesEffect, Planning, Query};
use crate::primitives::file::{read_pieces, text};
use crate::types::{AbsPath, Atom, Place};

args! {
    /// Returns the packages that emerge has merged, or tried to, in the order in which it began them.
    ///
    /// Each entry is a map with `name` (`category/name-version`), `outcome`, `started` and
    /// `ended` (in seconds since 1970; `ended` is nil if unknown), `seconds` (nil if unknown),
    /// `binary` (whether it was a binary package), `atom` (`category/name`) and `memory` (the peak
    /// of its build in bytes, which Portage 3.0.82 logs with `FEATURES="cgroup"`; otherwise nil). The outcome is `"merged"`; `"failed"`, if the run ended unsuccessfully
    /// without it; `"interrupted"`, if the run was ended or the package was begun again; or
    /// `"unfinished"`, if the log does not tell: emerge may still be running. Portage does not log
    /// a failure: it is known because the end of the package is missing.
    ///
    /// Source: emerge(1), `/var/log/emerge.log`; guide PE, `qlop`.
    ///
    /// ```
    /// let merges = portage::history("/mnt/old", #{ name: "sys-fs/cryptsetup" });
    /// ```
    "portage.history" => pub struct History {
        /// The mount point of the system; `/` for the running system.
        pub root: AbsPath,
        /// Only this package, as `category/name`; by default all.
        pub name: Option<Atom>,
        /// The path of the log inside the system (`EMERGE_LOG_DIR`).
        pub log: AbsPath = "/var/log/emerge.log",
    }
}

args! {
    /// Returns the first real error in the build log of a package, with a remedy.
    ///
    /// The phase in which the ebuild died decides which lines count: what make, ninja and the ebuild
    /// report at the end is a consequence. The map has `kind` (`"compiler"`, `"linker"`,
    /// `"configure"`, `"header"`, `"dependency"`, `"program"`, `"patch"`, `"test"`, `"fetch"`,
    /// `"checksum"`, `"sandbox"`, `"collision"`, `"space"`, `"memory"`, `"ebuild"`, or `"unknown"`), `phase`, `line` (its
    /// number in the log), `text`, `context` (the lines around it), `remedy`, `atom`
    /// (`category/name`) and `jobs`, the number of jobs of the latest make or ninja in the log (nil
    /// if unknown).
    ///
    /// Needs the same approval as running emerge, whose output the log is.
    ///
    /// Source: guide PE, "Dealing With Failed Builds"; `build.log` in `PORTAGE_TMPDIR`.
    ///
    /// ```
    /// let error = portage::build_error("/mnt/old", "app-misc/broken-1", "/var/tmp/portage/app-misc/broken-1/temp/build.log");
    /// print(error.text);
    /// ```
    "portage.build_error" => pub struct BuildErrorQuery {
        /// The mount point of the system; `/` for the running system.
        pub root: AbsPath,
        /// The package as `category/name-version`, for the remedy.
        pub name: Atom,
        /// The path of the log inside the system.
        pub log: AbsPath,
    }
}

/// A merge as scripts see it.
#[derive(Debug, Serialize)]
pub struct MergeInfo {
    name: String,
    outcome: &'static str,
    started: u64,
    ended: Option<u64>,
    seconds: Option<u64>,
    binary: bool,
    atom: String,
    memory: Option<u64>,
}

pub(super) fn reads(place: &Place) -> Vec<Effect> {
    vec![Effect::Files(FilesEffect::Reads { path: place.to_string() })]
}

impl History {
    fn place(&self) -> Place {
        Place::new(&self.log, Some(&self.root))
    }
}

impl From<Merge> for MergeInfo {
    fn from(merge: Merge) -> Self {
        let Merge { package, binary, started, ended, outcome, memory } = merge;
        let atom = package_name(&package).to_owned();
        let seconds = ended.and_then(|ended| ended.checked_sub(started));
        Self {
            name: package,
            outcome: outcome.word(),
            started,
            ended,
            seconds,
            binary,
            atom,
            memory,
        }
    }
}

/// Returns the merges in a log, or only those of one package, as `category/name`. There are none if
/// the log does not exist; `None` if a simulation cannot know.
pub(super) fn logged_merges(
    place: &Place,
    wanted: Option<&str>,
    cx: &Planning<'_>,
) -> Result<Option<Vec<Merge>>> {
    let mut log = MergeLog::of(wanted);
    let known = read_pieces(place, cx, &mut |piece| log.add(piece))?;
    Ok(known.then(|| log.into_merges()))
}

impl Query for History {
    type Output = Vec<MergeInfo>;

    fn effects(&self) -> Vec<Effect> {
        reads(&self.place())
    }

    fn answer(&self, cx: &mut Planning<'_>) -> Result<Answer<Vec<MergeInfo>>> {
        let wanted = self.name.as_ref().map(Atom::as_str);
        Ok(match logged_merges(&self.place(), wanted, cx)? {
            None => Answer::Assumed(Vec::new()),
            Some(merges) => Answer::Known(merges.into_iter().map(MergeInfo::from).collect()),
        })
    }
}

impl Query for BuildErrorQuery {
    type Output = BuildErrorInfo;

    // The log is what emerge has printed, so running emerge is what has to be approved.
    fn effects(&self) -> Vec<Effect> {
        EmergeRun::effects(&self.root)
    }

    fn answer(&self, cx: &mut Planning<'_>) -> Result<Answer<BuildErrorInfo>> {
        let place = Place::new(&self.log, Some(&self.root));
        if place.path.extension().is_none_or(|extension| extension != "log") {
            return Err(PortageRule::NotLog { place }.into());
        }
        let log = match text(&place, cx)? {
            None => return Err(PortageRule::NoLog { place }.into()),
            Some(FileContents::Unknown(_)) => {
                return Ok(Answer::Assumed(BuildErrorInfo::default()));
            }
            Some(FileContents::Known(bytes)) => String::from_utf8_lossy(&bytes).into_owned(),
        };
        Ok(Answer::Known(BuildErrorInfo::of(&self.root, self.name.as_str(), &place, &log)))
    }
}
