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
    /// emerge finds no ebuild for some atoms.
    #[error("emerge finds no package for: {}", atoms.join(" "))]
    Unknown {
        /// The atoms.
        atoms: Vec<String>,
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
    /// emerge failed for another reason.
    #[error("emerge failed: exit code {code}{}", lines(said.iter().cloned()))]
    Other {
        /// The exit code.
        code: i32,
        /// The last lines of output.
        said: Vec<String>,
    },
}

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
    fn line(&self) -> String {
        format!("{}: {} {}", self.table, self.atom, self.words.join(" "))
    }

    /// Returns the call that makes the change, if there is a primitive for it.
    fn call(&self, root: &str) -> Option<String> {
        let verb = match self.table {
            "package.use" => "package_use",
            "package.accept_keywords" => "accept_keywords",
            "package.license" => "license",
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
            Self::Unknown { .. } => {
                "check the names; an outdated repository may lack them: emerge --sync".into()
            }
            Self::Changes { root, changes } => {
                let calls: Vec<String> = changes.iter().filter_map(|c| c.call(root)).collect();
                match calls.is_empty() {
                    true => "read the masks in /etc/portage (portage(5))".into(),
                    false => {
                        format!(
                            "first: {}\nor let emerge do it: autounmask: true",
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
            | Self::Other { .. } => Exit::Failed,
            _ => Exit::Usage,
        }
    }
}
