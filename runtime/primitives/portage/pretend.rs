//! What emerge would do, as data.

use std::collections::BTreeSet;
use std::rc::Rc;

use serde::Serialize;

use super::outcome::{self, EmergeFailure};
use super::output::without_colors;
use super::program::program;
use super::repository::repositories;
use super::resolve::ResolveRule;
use super::rule::{Change, PortageRule};
use crate::args;
use crate::config::pretend::{self, PretendedPackage};
use crate::error::Result;
use crate::operation::{Answer, Planning, Preview, Query};
use crate::primitives::edit::{exists, system_file};
use crate::primitives::file::known_text;
use crate::system::{Cmd, Outcome, Reading};
use crate::types::{AbsPath, Atom};

args! {
    /// Returns what emerge would do for packages, without doing it.
    ///
    /// The map has `packages`, in the order of merging: maps with `name` (`category/name-version`),
    /// `version`, `slot`, `repository`, `kind` (`"new"`, `"new slot"`, `"update"`, `"downgrade"` or
    /// `"rebuild"`), `binary` (whether it is a binary package), `installed` (a list of versions),
    /// `flags` and `changed_flags` (lists of USE flags) and `download` (in bytes); `download`, the
    /// sum of these; and `changes`, the settings that Portage requires first, as `portage.accept`
    /// takes them.
    ///
    /// emerge runs confined: it cannot write files or use the network, so the query needs no
    /// approval, and also answers while a run is planned if the system has an ebuild repository.
    /// It sees the settings in `/etc/portage` as the plan has changed them so far. Binary packages
    /// of other hosts are considered only if their list is in the cache.
    ///
    /// Source: emerge(1), `--pretend`.
    ///
    /// ```
    /// let merge = portage::pretend("/mnt/old", ["@world"], #{ update: true, deep: true });
    /// print(merge.download);
    /// ```
    "portage.pretend" => pub struct Pretend {
        /// The mount point of the system; `/` for the running system.
        pub root: AbsPath,
        /// The packages, as atoms or as sets such as `@world`.
        pub packages: Vec<Atom>,
        /// Whether to skip packages that are already installed.
        pub noreplace: bool = false,
        /// Whether to update the packages to the best available version.
        pub update: bool = false,
        /// Whether to consider the whole dependency tree.
        pub deep: bool = false,
        /// Whether to rebuild packages whose USE flags have changed.
        pub newuse: bool = false,
    }
}

/// What emerge would do, as scripts see it.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Pretended {
    /// The packages in the order of merging.
    pub packages: Vec<PretendedPackage>,
    /// The bytes that would be downloaded.
    pub download: u64,
    /// The settings that Portage requires first, each as `TABLE ATOM WORD…`.
    pub changes: Vec<String>,
}

/// What confined programs of Portage see.
pub(super) static READING: Reading = Reading {
    copies: &["/etc/portage"],
    unchanged: &[
        "/var/db/repos",
        "/var/db/pkg",
        "/var/lib/portage",
        "/var/cache/edb",
        "/usr/share/portage",
    ],
    group: "portage",
};

/// The time limit for calculating dependencies, which takes minutes for `@world` on slow machines.
const LIMIT: std::time::Duration = std::time::Duration::from_mins(30);

/// Checks names without a category, because emerge does not list the packages that they may mean.
fn check_names(root: &AbsPath, packages: &[String], cx: &Planning<'_>) -> Result<()> {
    let is_short = |name: &&String| name.starts_with(|c: char| c.is_ascii_alphanumeric());
    for name in packages.iter().filter(|name| !name.contains('/')).filter(is_short) {
        let mut found = BTreeSet::new();
        for repository in repositories(root, cx)?.0.iter().filter(|one| one.exists == Some(true)) {
            let categories = format!("{}/profiles/categories", repository.location);
            let categories = known_text(&system_file(root, &categories), cx)?.unwrap_or_default();
            for category in categories.lines().map(str::trim).filter(|line| !line.is_empty()) {
                let package = format!("{}/{category}/{name}", repository.location);
                if exists(&system_file(root, &package), cx)? == Some(true) {
                    found.insert(format!("{category}/{name}"));
                }
            }
        }
        if found.len() > 1 {
            let (name, packages) = (name.clone(), found.into_iter().collect());
            return Err(ResolveRule::Ambiguous { name, packages }.into());
        }
    }
    Ok(())
}

/// Returns the command that prints what emerge would do.
pub(super) fn pretend_cmd(
    root: &AbsPath,
    options: &[String],
    packages: &[String],
    cx: &Planning<'_>,
) -> Result<Cmd> {
    check_names(root, packages, cx)?;
    // EMERGE_DEFAULT_OPTS may contain --ask, --quiet or --getbinpkg.
    let fixed = ["--pretend", "--verbose", "--ask=n", "--quiet=n", "--color=n", "--nospinner"];
    let cmd = program(root, "emerge", cx)?
        .args(fixed)
        .args(["--getbinpkg=n", "--autounmask=y"])
        .args(options.iter().cloned())
        .args(packages.iter().cloned());
    Ok(cmd.limit(Some(LIMIT)).accept_any_exit_code().only_reads(&READING))
}

/// Reads what emerge would do.
///
/// # Errors
/// Fails if Portage cannot tell.
pub(super) fn read(outcome: &Outcome, root: &str) -> Result<Pretended> {
    let packages = pretend::packages(&without_colors(&outcome.stdout));
    let download = packages.iter().map(|one| one.download).sum();
    let changes = match outcome.code {
        0 => Vec::new(),
        _ => match outcome::failure(outcome, root) {
            EmergeFailure::Changes(changes) => changes.iter().map(Change::line).collect(),
            EmergeFailure::Unresolved(error) | EmergeFailure::Other(error) => return Err(error),
        },
    };
    Ok(Pretended { packages, download, changes })
}

/// Returns the preview of a run of emerge: a line for each package.
pub(super) fn preview(
    root: &AbsPath,
    options: &[String],
    packages: &[String],
    cx: &Planning<'_>,
) -> Result<Preview> {
    const LISTED: [&str; 8] = [
        "--noreplace",
        "--update",
        "--deep",
        "--newuse",
        "--changed-use",
        "--resume",
        "--skipfirst",
        "--with-bdeps=y",
    ];
    let listed = |option: &&String| LISTED.contains(&option.as_str());
    let options: Vec<String> = options.iter().filter(listed).cloned().collect();
    let cmd = pretend_cmd(root, &options, packages, cx)?;
    let root = root.to_string();
    let describe = move |outcome: &Outcome| match outcome.code {
        0 => Ok(lines(&read(outcome, &root)?)),
        _ => match outcome::failure(outcome, &root) {
            EmergeFailure::Changes(changes) => {
                Err(PortageRule::Changes { root: root.clone(), changes }.into())
            }
            EmergeFailure::Unresolved(error) => Err(error),
            EmergeFailure::Other(error) => {
                Ok(vec![format!("what it would merge is not known: {error}")])
            }
        },
    };
    Ok(Preview { cmd, read: Rc::new(describe) })
}

fn lines(merge: &Pretended) -> Vec<String> {
    let mut lines: Vec<String> = merge.packages.iter().map(line).collect();
    let count = lines.len();
    let packages = if count == 1 { "package" } else { "packages" };
    let download = match merge.download {
        0 => String::new(),
        bytes => format!(", {} MiB to download", bytes.div_ceil(1024 * 1024)),
    };
    lines.push(format!("{count} {packages}{download}"));
    lines
}

/// Returns the line of a package: `update app-misc/one-2 (installed: 1) USE="-extra"`.
fn line(one: &PretendedPackage) -> String {
    let slot = if one.slot == "0" { String::new() } else { format!(":{}", one.slot) };
    let installed = match one.installed.as_slice() {
        [] => String::new(),
        versions => format!(" (installed: {})", versions.join(", ")),
    };
    // Of installed packages, only what changes is of interest.
    let flags = if one.installed.is_empty() { &one.flags } else { &one.changed_flags };
    let flags = match flags.as_slice() {
        [] => String::new(),
        flags => format!(" USE=\"{}\"", flags.join(" ")),
    };
    let binary = if one.binary { " binary" } else { "" };
    format!("{}{binary} {}{slot}{installed}{flags}", one.kind, one.name)
}

impl Query for Pretend {
    type Output = Pretended;

    fn answer(&self, cx: &mut Planning<'_>) -> Result<Answer<Pretended>> {
        let flags = [
            ("--noreplace", self.noreplace),
            ("--update", self.update),
            ("--deep", self.deep),
            ("--newuse", self.newuse),
        ];
        let flags = flags.iter().filter(|(_, on)| *on).map(|(flag, _)| (*flag).to_owned());
        let options: Vec<String> = flags.collect();
        let packages: Vec<String> = self.packages.iter().map(ToString::to_string).collect();
        let cmd = pretend_cmd(&self.root, &options, &packages, cx)?;
        let root = self.root.to_string();
        let read = move |outcome: &Outcome| read(outcome, &root);
        Ok(Answer::Ask { cmd: Box::new(cmd), assumed: Pretended::default(), read: Rc::new(read) })
    }
}
