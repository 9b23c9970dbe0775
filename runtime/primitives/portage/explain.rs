//! Errors in build logs, with what to do about them.

use serde::Serialize;

use super::rule::{CHECKSUM_REMEDY, FETCH_REMEDY, SPACE_REMEDY};
use crate::config::build_log::{self, BuildError, BuildErrorKind};
use crate::machine::builds::package_name;
use crate::types::{AbsPath, Place, rhai_literal};

/// An error in a build log as scripts see it.
#[derive(Debug, Clone, Default, Serialize)]
pub struct BuildErrorInfo {
    /// The word of its kind.
    pub kind: &'static str,
    /// The phase of the ebuild; empty if the log does not have it.
    pub phase: String,
    /// The number of the line, starting at 1; 0 if unknown.
    pub line: usize,
    /// The line.
    pub text: String,
    /// The lines around it.
    pub context: Vec<String>,
    /// What to do about it.
    pub remedy: String,
    /// The package as `category/name`.
    pub atom: String,
    /// The number of jobs of the latest make or ninja that the log shows.
    pub jobs: Option<u32>,
}

impl BuildErrorInfo {
    /// Returns the first error in the log of a package, `category/name-version`; its kind is
    /// `"unknown"` if no line looks like one.
    pub fn of(root: &AbsPath, package: &str, place: &Place, log: &str) -> Self {
        let (atom, jobs) = (package_name(package).to_owned(), build_log::jobs(log));
        let Some(error) = build_log::first_error(log) else {
            let remedy = format!("read {place}");
            return Self { kind: "unknown", remedy, atom, jobs, ..Self::default() };
        };
        let remedy = remedy(root, package, &error);
        let BuildError { kind, phase, line, text, context } = error;
        Self { kind: kind.word(), phase, line, text, context, remedy, atom, jobs }
    }
}

/// Returns what to do about an error.
fn remedy(root: &AbsPath, package: &str, error: &BuildError) -> String {
    let root = rhai_literal(&root.to_string());
    let atom = rhai_literal(&format!("={package}"));
    let alone = format!("portage::emerge({root}, [{atom}], #{{ oneshot: true, make_jobs: 1 }})");
    match error.kind {
        BuildErrorKind::Space => SPACE_REMEDY.into(),
        BuildErrorKind::Memory => format!("build it with fewer jobs, or add swap: {alone}"),
        BuildErrorKind::Fetch => FETCH_REMEDY.into(),
        BuildErrorKind::Checksum => CHECKSUM_REMEDY.into(),
        BuildErrorKind::Patch => {
            "check the patches in /etc/portage/patches: one of them may be for another version".into()
        }
        BuildErrorKind::Header | BuildErrorKind::Dependency | BuildErrorKind::Program => {
            "install what provides it (e-file, or packages.gentoo.org); if the ebuild should require it, report a bug".into()
        }
        BuildErrorKind::Configure => {
            "read config.log or meson-log.txt beside the sources for the cause; then change USE flags, or install what is missing".into()
        }
        BuildErrorKind::Compiler if error.phase == "install" => format!(
            "build it alone with one job, because what is to be installed may not have been built: {alone}; if that fails, report a bug"
        ),
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
