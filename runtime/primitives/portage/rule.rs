//! Errors about packages.

use crate::error::{Exit, Rule};
use crate::types::{Place, rhai_literal};

/// A violated rule about packages, or a failure of emerge.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum PortageRule {
    /// A file contains a setting that Portage cannot parse.
    #[error(
        "{place} sets {name} by a command substitution: Portage cannot parse that and ignores the \
         whole file"
    )]
    Unreadable {
        /// The file.
        place: Place,
        /// The variable.
        name: String,
    },
    /// A group of USE flags has no flags.
    #[error("the group {group} has no flags")]
    EmptyGroup {
        /// The word of the group.
        group: String,
    },
    /// A file for `package.env` does not exist.
    #[error("{place} does not exist: Portage would build without it")]
    NoEnv {
        /// The name of the file.
        name: String,
        /// The missing file.
        place: Place,
    },
    /// A file is not a build log.
    #[error("{place} is not a build log: its name does not end in .log")]
    NotLog {
        /// The path of the file.
        place: Place,
    },
    /// A build log does not exist.
    #[error("there is no build log at {place}")]
    NoLog {
        /// The path of the log.
        place: Place,
    },
    /// A package has no build log.
    #[error("there is no build log of {name}")]
    NoPackageLog {
        /// The package, as the user named it.
        name: String,
    },
    /// The profile does not exist.
    #[error("there is no profile {name}: {place} does not exist{}", list(proposed))]
    NoProfile {
        /// The name of the profile.
        name: String,
        /// The missing directory.
        place: Place,
        /// Similar names.
        proposed: Vec<String>,
    },
    /// The ebuild repository does not exist.
    #[error("there is no ebuild repository at {place}")]
    NoRepository {
        /// The path of the repository.
        place: Place,
    },
    /// Portage ignores a settings file because of a mistake.
    #[error("{place}:{line}: {why}: Portage ignores the file, and all others of this setting")]
    IgnoredFile {
        /// The file.
        place: Place,
        /// The number of the line.
        line: usize,
        /// The mistake.
        why: String,
    },
    /// Portage ignores a repository without this key.
    #[error("{place}: the repository {name} has no {key}: Portage would ignore it")]
    NoKey {
        /// The file.
        place: Place,
        /// The name of the repository.
        name: String,
        /// The missing key.
        key: &'static str,
    },
    /// There is no repository of this name.
    #[error("the repository {name} is not configured{}", list(known))]
    UnknownRepository {
        /// The name.
        name: String,
        /// The names of those that are.
        known: Vec<String>,
    },
    /// No repository can be synchronized.
    #[error("no sync-type is set for the repository: {}", names.join(", "))]
    NotSynced {
        /// The names of the repositories.
        names: Vec<String>,
    },
    /// emerge finds no ebuild for some atoms.
    #[error("emerge finds no package for: {}{}", atoms.join(" "), alike(similar.as_deref()))]
    Unknown {
        /// The atoms.
        atoms: Vec<String>,
        /// Similar names, separated by commas.
        similar: Option<String>,
    },
    /// Portage requires changed settings.
    #[error("emerge needs these settings to be changed first:{}", lines(changes.iter().map(Change::line)))]
    Changes {
        /// The root of the system.
        root: String,
        /// The required changes.
        changes: Vec<Change>,
    },
    /// A package failed to build or install.
    #[error("the package {package} failed{}{}{}", phase(phase_of.as_deref()), because(reason.as_deref()), lines(said.iter().cloned()))]
    Failed {
        /// The package.
        package: String,
        /// The phase in which it failed.
        phase_of: Option<String>,
        /// The message of the ebuild.
        reason: Option<String>,
        /// The path of the build log in the system.
        log: Option<String>,
        /// The root of the system.
        root: String,
        /// The last lines of output.
        said: Vec<String>,
    },
    /// A file of a package could not be downloaded.
    #[error("the package {package} failed: {file} could not be downloaded")]
    Fetch {
        /// The package.
        package: String,
        /// The name of the file.
        file: String,
    },
    /// A downloaded file of a package has the wrong content.
    #[error("the package {package} failed: {file} has a wrong checksum")]
    Checksum {
        /// The package.
        package: String,
        /// The path of the file in the system.
        file: String,
    },
    /// A package failed because a filesystem is full.
    #[error("the package {package} failed: no space left on device")]
    Space {
        /// The package.
        package: String,
    },
    /// emerge failed for another reason.
    #[error("emerge failed: exit code {code}{}", lines(said.iter().cloned()))]
    Other {
        /// The exit code.
        code: i32,
        /// The last lines of output.
        said: Vec<String>,
    },
}

/// What to do about a full filesystem.
pub(super) const SPACE_REMEDY: &str =
    "free space where Portage builds (PORTAGE_TMPDIR, by default /var/tmp), then build again";

/// What to do about a failed download.
pub(super) const FETCH_REMEDY: &str =
    "check the network and GENTOO_MIRRORS, or put the file into DISTDIR";

/// What to do about a wrong checksum.
pub(super) const CHECKSUM_REMEDY: &str = "remove the file from DISTDIR and download it again; if it stays wrong, sync the repository, and do not use the file";

/// A change of settings that Portage requires.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Change {
    /// The name of the table in `/etc/portage`.
    pub table: &'static str,
    /// The atom.
    pub atom: String,
    /// The words to add after the atom.
    pub words: Vec<String>,
}

impl Change {
    /// Returns the change as `portage.accept` takes it: `TABLE ATOM WORD…`.
    pub(super) fn line(&self) -> String {
        format!("{} {} {}", self.table, self.atom, self.words.join(" ")).trim_end().to_owned()
    }

    /// Returns the call that makes the change, if there is a primitive for it.
    fn call(&self, root: &str) -> Option<String> {
        let verb = match self.table {
            "package.use" => "package_use",
            "package.accept_keywords" => "accept_keywords",
            "package.license" => "license",
            "package.unmask" => {
                return Some(format!(
                    "portage::unmask({}, {})",
                    rhai_literal(root),
                    rhai_literal(&self.atom)
                ));
            }
            _ => return None,
        };
        let words: Vec<String> = self.words.iter().map(|word| rhai_literal(word)).collect();
        let (root, atom) = (rhai_literal(root), rhai_literal(&self.atom));
        Some(format!("portage::{verb}({root}, {atom}, [{}])", words.join(", ")))
    }
}

fn lines(lines: impl Iterator<Item = String>) -> String {
    lines.fold(String::new(), |text, line| text + "\n  " + line.as_str())
}

fn alike(names: Option<&str>) -> String {
    names.map(|names| format!("; similar names: {names}")).unwrap_or_default()
}

fn phase(phase: Option<&str>) -> String {
    phase.map(|phase| format!(" ({phase} phase)")).unwrap_or_default()
}

fn because(reason: Option<&str>) -> String {
    reason.map(|reason| format!(": {reason}")).unwrap_or_default()
}

/// Returns the mount point in `/boot not mounted`.
fn unmounted(reason: Option<&str>) -> Option<&str> {
    reason?.strip_suffix(" not mounted").filter(|at| at.starts_with('/'))
}

fn list(names: &[String]) -> String {
    if names.is_empty() { String::new() } else { format!("; there are {}", names.join(", ")) }
}

impl Rule for PortageRule {
    fn remedy(&self) -> Option<String> {
        Some(match self {
            Self::Unreadable { name, .. } => {
                format!("set {name} to what the command prints, or remove the line")
            }
            Self::EmptyGroup { group } => {
                format!("list its flags after it: [\"{group}\", \"-*\", \"intel\"]")
            }
            Self::NoEnv { name, place } => format!(
                "make it first: portage::env({}, {}, #{{ MAKEOPTS: \"-j1\" }})",
                rhai_literal(&place.root.to_string_lossy()),
                rhai_literal(name)
            ),
            Self::NotLog { .. } => {
                "give the path that emerge names after \"Log file:\"".into()
            }
            Self::NoLog { .. } | Self::NoPackageLog { .. } => {
                "Portage removes the log of a package that it has built, unless FEATURES has keepwork or PORTAGE_LOGDIR is set".into()
            }
            Self::NoProfile { .. } => "choose one listed by eselect profile list".into(),
            Self::NoRepository { .. } => "emerge --sync, or emerge-webrsync, inside first".into(),
            Self::IgnoredFile { .. } => "correct the line, or remove it".into(),
            Self::NoKey { key, .. } => format!("set it in the same call: {}", key.replace('-', "_")),
            Self::UnknownRepository { .. } => {
                "write a name from the list, or configure it: portage::repository".into()
            }
            Self::NotSynced { .. } => "set sync_type with portage::repository".into(),
            Self::Unknown { .. } => {
                "check the names; an outdated repository may lack them: emerge --sync".into()
            }
            Self::Changes { root, changes } => {
                let calls: Vec<String> = changes.iter().filter_map(|c| c.call(root)).collect();
                match calls.is_empty() {
                    true => "read the masks in /etc/portage (portage(5))".into(),
                    false => {
                        format!(
                            "first: {}\nor all of them: portage::accept with the changes that portage::pretend returns",
                            calls.join("\n")
                        )
                    }
                }
            }
            Self::Failed { reason, root, .. } if unmounted(reason.as_deref()).is_some() => {
                let at = unmounted(reason.as_deref()).unwrap_or_default();
                format!(
                    "mount it in {root} (mount {at}), then run again; without noauto in /etc/fstab it is mounted at every boot"
                )
            }
            Self::Failed { log: Some(log), root, .. } => format!(
                "read {}{log}; then resume with portage::resume({}), or without this package: skip_first: true",
                root.trim_end_matches('/'),
                rhai_literal(root)
            ),
            Self::Fetch { .. } => FETCH_REMEDY.into(),
            Self::Checksum { .. } => CHECKSUM_REMEDY.into(),
            Self::Space { .. } => SPACE_REMEDY.into(),
            Self::Failed { .. } | Self::Other { .. } => {
                "fix what emerge reports, then run again; merged packages stay installed".into()
            }
        })
    }

    fn exit(&self) -> Exit {
        match self {
            Self::Unknown { .. }
            | Self::Changes { .. }
            | Self::Failed { .. }
            | Self::Fetch { .. }
            | Self::Checksum { .. }
            | Self::Space { .. }
            | Self::Other { .. } => Exit::Failed,
            _ => Exit::Usage,
        }
    }
}
