//! Ebuild and binary repositories: `repos.conf` and `binrepos.conf`.

use serde::Serialize;

use super::files::ConfigFiles;
use super::rule::PortageRule;
use crate::args;
use crate::config::repos::{self, RepoSection};
use crate::error::Result;
use crate::machine::files::{FileContents, FileStatus};
use crate::operation::{Action, Answer, Effect, Plan, Planning, ProgramEffect, Query};
use crate::primitives::edit::{edit, exists, system_file, target, writes};
use crate::primitives::file::text;
use crate::types::{AbsPath, Place, RepoName, SyncType, SyncUri};

args! {
    /// Sets keys of an ebuild repository in `/etc/portage/repos.conf`.
    ///
    /// `repos.conf` is a file, or a directory of files: the keys are set in the last file that has
    /// the section of the repository; a new section goes into `NAME.conf` of the directory. Comments
    /// and other keys are unchanged. Portage ignores all of these files if one has a mistake: such a
    /// mistake is an error with its line. Undo restores the previous file.
    ///
    /// Source: portage(5), "repos.conf".
    ///
    /// ```
    /// portage::repository("/mnt/old", "gentoo", #{ location: "/var/db/repos/gentoo", sync_type: "git", sync_uri: "https://github.com/gentoo-mirror/gentoo" });
    /// ```
    "portage.repository" => pub struct Repository {
        /// The mount point of the system; `/` for the running system.
        pub root: AbsPath,
        /// The name of the repository.
        pub name: RepoName,
        /// Its directory in the system. Required for a new repository.
        pub location: Option<AbsPath>,
        /// How it is synchronized.
        pub sync_type: Option<SyncType>,
        /// Where it is downloaded from.
        pub sync_uri: Option<SyncUri>,
        /// Whether `emerge --sync` without a name synchronizes it.
        pub auto_sync: Option<bool>,
    }
}

args! {
    /// Sets keys of a binary repository in `/etc/portage/binrepos.conf`.
    ///
    /// The file or directory is edited as by `portage.repository`. Undo restores the previous file.
    ///
    /// Source: portage(5), "binrepos.conf".
    ///
    /// ```
    /// portage::binary_repository("/mnt/old", "gentoo", #{ sync_uri: "https://distfiles.gentoo.org/releases/amd64/binpackages/23.0/x86-64" });
    /// ```
    "portage.binary_repository" => pub struct BinaryRepository {
        /// The mount point of the system; `/` for the running system.
        pub root: AbsPath,
        /// The name of the repository.
        pub name: RepoName,
        /// Where packages are downloaded from. Required for a new repository.
        pub sync_uri: Option<SyncUri>,
        /// Whether packages must be signed by a key of the keyring in `/etc/portage/gnupg`.
        pub verify_signature: Option<bool>,
    }
}

args! {
    /// Returns the ebuild repositories of a system.
    ///
    /// Each is a map with `name`, `location`, `sync_type` and `sync_uri` (empty if not set),
    /// `exists` (whether the directory exists; nil if unknown) and `synced` (the time of its
    /// content in seconds since 1970; nil if it does not tell).
    ///
    /// Source: portage(5), "repos.conf"; `metadata/timestamp.x` of a repository.
    ///
    /// ```
    /// let repositories = portage::repositories("/mnt/old");
    /// ```
    "portage.repositories" => pub struct Repositories {
        /// The mount point of the system; `/` for the running system.
        pub root: AbsPath,
    }
}

/// A repository as scripts see it.
#[derive(Debug, Clone, Serialize)]
pub struct RepositoryInfo {
    /// The name in repos.conf.
    pub name: String,
    /// The directory in the system.
    pub location: String,
    /// How it is synchronized; empty if it is not.
    pub sync_type: String,
    /// Where it is downloaded from.
    pub sync_uri: String,
    /// Whether the directory exists.
    pub exists: Option<bool>,
    /// The time of its content.
    pub synced: Option<i64>,
}

const REPOS: &str = "/etc/portage/repos.conf";
const BINREPOS: &str = "/etc/portage/binrepos.conf";

/// The defaults, which belong to Portage.
const DEFAULTS: &str = "/usr/share/portage/config/repos.conf";

/// Reads a setting.
///
/// # Errors
/// Fails if Portage would ignore it.
fn read(place: &Place, cx: &Planning<'_>) -> Result<ConfigFiles> {
    let files = ConfigFiles::read(place, cx)?;
    for (place, text) in &files.files {
        if let Some(fault) = repos::fault(text) {
            let (place, line, why) = (place.clone(), fault.line, fault.why);
            return Err(PortageRule::IgnoredFile { place, line, why }.into());
        }
    }
    Ok(files)
}

/// Returns the plan that sets keys of a section. `needed` is the key without which Portage ignores
/// the section.
fn set(
    whole: &Place,
    name: &str,
    values: &[(&str, String)],
    needed: &'static str,
    cx: &Planning<'_>,
) -> Result<Plan<()>> {
    if values.is_empty() {
        return Ok(Plan::already("there are no keys to set"));
    }
    let files = read(whole, cx)?;
    let has = |text: &str| repos::sections(text).iter().any(|section| section.name == name);
    let last = files.files.iter().rev().find(|(_, text)| has(text)).map(|(place, _)| place);
    let own = match (last, target(whole, cx)?) {
        (Some(place), _) => place.clone(),
        (None, FileStatus::File { .. }) => whole.clone(),
        (None, _) => {
            let path = whole.path.join(format!("{name}.conf"));
            Place { root: whole.root.clone(), path }
        }
    };
    let is_set = |text: &str| {
        let sections = repos::sections(text);
        let mut own = sections.iter().filter(|section| section.name == name);
        own.any(|section| section.values.iter().any(|(key, _)| key == needed))
    };
    let given = values.iter().any(|(key, _)| *key == needed);
    // Portage has the location of this repository among its defaults.
    let defaults = needed == "location" && name == "gentoo";
    if files.complete && !given && !defaults && !files.files.iter().any(|(_, text)| is_set(text)) {
        return Err(PortageRule::NoKey { place: own, name: name.to_owned(), key: needed }.into());
    }
    edit(own, cx, |text| Ok(repos::set(text, name, values)))
}

fn yes_or_no(value: bool) -> String {
    if value { "yes" } else { "no" }.to_owned()
}

fn uses(name: &RepoName, from: Option<String>) -> Effect {
    Effect::Program(ProgramEffect::UsesRepository { repository: name.to_string(), from })
}

impl Action for Repository {
    type Output = ();

    fn effects(&self) -> Vec<Effect> {
        vec![
            writes(&self.root, REPOS),
            uses(&self.name, self.sync_uri.as_ref().map(ToString::to_string)),
        ]
    }

    fn plan(&self, cx: &mut Planning<'_>) -> Result<Plan<()>> {
        let values = [
            ("location", self.location.as_ref().map(ToString::to_string)),
            ("sync-type", self.sync_type.as_ref().map(ToString::to_string)),
            ("sync-uri", self.sync_uri.as_ref().map(ToString::to_string)),
            ("auto-sync", self.auto_sync.map(yes_or_no)),
        ];
        let given = values.into_iter().filter_map(|(key, value)| Some((key, value?)));
        let values: Vec<(&str, String)> = given.collect();
        set(&system_file(&self.root, REPOS), &self.name, &values, "location", cx)
    }
}

impl Action for BinaryRepository {
    type Output = ();

    fn effects(&self) -> Vec<Effect> {
        vec![
            writes(&self.root, BINREPOS),
            uses(&self.name, self.sync_uri.as_ref().map(ToString::to_string)),
        ]
    }

    fn plan(&self, cx: &mut Planning<'_>) -> Result<Plan<()>> {
        let values = [
            ("sync-uri", self.sync_uri.as_ref().map(ToString::to_string)),
            ("verify-signature", self.verify_signature.map(|on| on.to_string())),
        ];
        let given = values.into_iter().filter_map(|(key, value)| Some((key, value?)));
        let values: Vec<(&str, String)> = given.collect();
        set(&system_file(&self.root, BINREPOS), &self.name, &values, "sync-uri", cx)
    }
}

/// Returns the repositories, and whether these are all.
pub(super) fn repositories(
    root: &AbsPath,
    cx: &Planning<'_>,
) -> Result<(Vec<RepositoryInfo>, bool)> {
    let (defaults, own) = (system_file(root, DEFAULTS), system_file(root, REPOS));
    let (defaults, own) = (read(&defaults, cx)?, read(&own, cx)?);
    let mut merged: Vec<RepoSection> = Vec::new();
    for (_, text) in defaults.files.iter().chain(&own.files) {
        for section in repos::sections(text) {
            match merged.iter_mut().find(|found| found.name == section.name) {
                Some(found) => found.values.extend(section.values),
                None => merged.push(section),
            }
        }
    }
    merged.retain(|section| section.name != "DEFAULT");
    let info = |section: RepoSection| {
        let last = |key: &str| {
            let found = section.values.iter().rev().find(|(name, _)| name == key);
            found.map(|(_, value)| value.clone()).unwrap_or_default()
        };
        let (location, sync_type, sync_uri) =
            (last("location"), last("sync-type"), last("sync-uri"));
        let place = location.starts_with('/').then(|| system_file(root, &location));
        let exists = match &place {
            Some(place) => exists(place, cx)?,
            None => None,
        };
        let synced = match &place {
            Some(place) if exists == Some(true) => synced(place, cx)?,
            _ => None,
        };
        Ok(RepositoryInfo { name: section.name, location, sync_type, sync_uri, exists, synced })
    };
    let found: Result<Vec<RepositoryInfo>> = merged.into_iter().map(info).collect();
    Ok((found?, defaults.complete && own.complete))
}

/// Returns the time in `metadata/timestamp.x`, which begins with the seconds since 1970.
fn synced(repository: &Place, cx: &Planning<'_>) -> Result<Option<i64>> {
    let path = repository.path.join("metadata/timestamp.x");
    let place = Place { root: repository.root.clone(), path };
    Ok(match text(&place, cx)? {
        Some(FileContents::Known(bytes)) => {
            String::from_utf8_lossy(&bytes).split_whitespace().next().and_then(|at| at.parse().ok())
        }
        _ => None,
    })
}

impl Query for Repositories {
    type Output = Vec<RepositoryInfo>;

    fn answer(&self, cx: &mut Planning<'_>) -> Result<Answer<Self::Output>> {
        let (found, complete) = repositories(&self.root, cx)?;
        Ok(if complete { Answer::Known(found) } else { Answer::Assumed(found) })
    }
}
