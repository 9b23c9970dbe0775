//! What Portage has built: its log of merges, and the logs of builds.

use serde::Serialize;

use super::emerge::EmergeRun;
use super::rule::PortageRule;
use crate::args;
use crate::config::build_log::{self, BuildError, BuildErrorKind};
use crate::config::emerge_log::{self, Merge};
use crate::error::Result;
use crate::machine::files::FileContents;
use crate::operation::{Answer, Effect, FilesEffect, Planning, Query};
use crate::primitives::file::text;
use crate::types::{AbsPath, Atom, Place, rhai_literal};

args! {
    /// Returns the packages that emerge has merged, or tried to, in the order in which it began them.
    ///
    /// Each entry is a map with `name` (`category/name-version`), `outcome`, `started` and
    /// `ended` (in seconds since 1970; `ended` is nil if unknown), `seconds` (nil if unknown) and
    /// `binary` (whether it was a binary package). The outcome is `"merged"`; `"failed"`, if the run ended unsuccessfully
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
    /// number in the log), `text`, `context` (the lines around it) and `remedy`.
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
}

/// An error in a build log as scripts see it.
#[derive(Debug, Default, Serialize)]
pub struct BuildErrorInfo {
    kind: &'static str,
    phase: String,
    line: usize,
    text: String,
    context: Vec<String>,
    remedy: String,
}

fn reads(place: &Place) -> Vec<Effect> {
    vec![Effect::Files(FilesEffect::Reads { path: place.to_string() })]
}

impl History {
    fn place(&self) -> Place {
        Place::new(&self.log, Some(&self.root))
    }
}

/// Returns whether `category/name-version` is a version of `category/name`.
fn is_version_of(package: &str, name: &str) -> bool {
    let version = package.strip_prefix(name).and_then(|rest| rest.strip_prefix('-'));
    version.is_some_and(|version| version.starts_with(|c: char| c.is_ascii_digit()))
}

impl From<Merge> for MergeInfo {
    fn from(merge: Merge) -> Self {
        let Merge { package, binary, started, ended, outcome } = merge;
        let seconds = ended.and_then(|ended| ended.checked_sub(started));
        Self { name: package, outcome: outcome.word(), started, ended, seconds, binary }
    }
}

impl Query for History {
    type Output = Vec<MergeInfo>;

    fn effects(&self) -> Vec<Effect> {
        reads(&self.place())
    }

    fn answer(&self, cx: &mut Planning<'_>) -> Result<Answer<Vec<MergeInfo>>> {
        let text = match text(&self.place(), cx)? {
            None => return Ok(Answer::Known(Vec::new())),
            Some(FileContents::Unknown(_)) => return Ok(Answer::Assumed(Vec::new())),
            Some(FileContents::Known(bytes)) => String::from_utf8_lossy(&bytes).into_owned(),
        };
        let wanted = |merge: &Merge| {
            let name = self.name.as_ref().map(Atom::as_str);
            name.is_none_or(|name| is_version_of(&merge.package, name))
        };
        let merges = emerge_log::merges(&text).into_iter().filter(wanted);
        Ok(Answer::Known(merges.map(MergeInfo::from).collect()))
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
        let Some(error) = build_log::first_error(&log) else {
            let remedy = format!("read {place}");
            return Ok(Answer::Known(BuildErrorInfo {
                kind: "unknown",
                remedy,
                ..Default::default()
            }));
        };
        let remedy = self.remedy(&error);
        let BuildError { kind, phase, line, text, context } = error;
        Ok(Answer::Known(BuildErrorInfo { kind: kind.word(), phase, line, text, context, remedy }))
    }
}

impl BuildErrorQuery {
    /// Returns what to do about an error.
    fn remedy(&self, error: &BuildError) -> String {
        let root = rhai_literal(&self.root.to_string());
        let atom = rhai_literal(&format!("={}", self.name));
        let alone =
            format!("portage::emerge({root}, [{atom}], #{{ oneshot: true, make_jobs: 1 }})");
        match error.kind {
            BuildErrorKind::Space => {
                "free space where Portage builds (PORTAGE_TMPDIR, by default /var/tmp), then build again".into()
            }
            BuildErrorKind::Memory => format!("build it with fewer jobs, or add swap: {alone}"),
            BuildErrorKind::Fetch => {
                "check the network and GENTOO_MIRRORS, or put the file into DISTDIR".into()
            }
            BuildErrorKind::Checksum => {
                "remove the file from DISTDIR and download it again; if it stays wrong, sync the repository, and do not use the file".into()
            }
            BuildErrorKind::Patch => {
                "check the patches in /etc/portage/patches: one of them may be for another version".into()
            }
            BuildErrorKind::Header | BuildErrorKind::Dependency | BuildErrorKind::Program => {
                "install what provides it (e-file, or packages.gentoo.org); if the ebuild should require it, report a bug".into()
            }
            BuildErrorKind::Configure => {
                "read config.log or meson-log.txt beside the sources for the cause; then change USE flags, or install what is missing".into()
            }
            BuildErrorKind::Compiler | BuildErrorKind::Linker => format!(
                "build it alone with one job, because builds in parallel may be the cause: {alone}; then without own CFLAGS and LDFLAGS"
            ),
            BuildErrorKind::Test => format!(
                "install it without its tests: portage::env({root}, \"notest\", #{{ FEATURES: \"-test\" }}); portage::package_env({root}, {atom}, [\"notest\"])"
            ),
            BuildErrorKind::Sandbox => {
                "the build writes where it must not: report a bug; do not disable the sandbox".into()
            }
            BuildErrorKind::Collision => {
                "find out which package owns the file (qfile, or equery belongs); remove it only if none does".into()
            }
            BuildErrorKind::Ebuild => "do what the message of the ebuild asks for".into(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::is_version_of;

    #[test]
    fn versions_of_other_packages_are_left_out() {
        assert!(is_version_of("dev-lang/python-3.12.1-r1", "dev-lang/python"));
        assert!(!is_version_of("dev-lang/python-exec-2.4", "dev-lang/python"));
        assert!(!is_version_of("dev-lang/python", "dev-lang/python"));
    }
}
