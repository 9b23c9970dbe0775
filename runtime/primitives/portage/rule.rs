//! What can go wrong with packages.

use crate::error::{Exit, Rule};
use crate::types::{Place, rhai_literal};

/// A rule about packages that was broken, or what emerge said.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum PortageRule {
    /// A file that Portage gives up on.
    #[error(
        "{place} sets {name} by a command: Portage can't read that, and no line of the file counts"
    )]
    Unreadable {
        /// The file.
        place: Place,
        /// The variable.
        name: String,
    },
    /// No such profile.
    #[error("there is no profile {name}: {place} does not exist{}", list(proposed))]
    NoProfile {
        /// Its name.
        name: String,
        /// Where it would be.
        place: Place,
        /// Names that it may have been.
        proposed: Vec<String>,
    },
    /// No ebuilds at all.
    #[error("there is no repository of ebuilds at {place}")]
    NoRepository {
        /// Where.
        place: Place,
    },
    /// Packages that don't exist.
    #[error("emerge knows no package for: {}", atoms.join(" "))]
    Unknown {
        /// The atoms.
        atoms: Vec<String>,
    },
    /// Portage wants its settings changed first.
    #[error("emerge can't go on before these settings are changed:{}", lines(changes.iter().map(Change::line)))]
    Changes {
        /// The root.
        root: String,
        /// Which.
        changes: Vec<Change>,
    },
    /// A package failed.
    #[error("the package {package} failed{}{}", phase(phase_of.as_deref()), lines(said.iter().cloned()))]
    Failed {
        /// Which.
        package: String,
        /// In which phase.
        phase_of: Option<String>,
        /// Its log, as the system below the root calls it.
        log: Option<String>,
        /// The root.
        root: String,
        /// What was said last.
        said: Vec<String>,
    },
    /// Something else.
    #[error("emerge failed: exit code {code}{}", lines(said.iter().cloned()))]
    Other {
        /// Its exit code.
        code: i32,
        /// What was said last.
        said: Vec<String>,
    },
}

/// A change of settings that Portage asks for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Change {
    /// The table in `/etc/portage`.
    pub table: &'static str,
    /// The atom.
    pub atom: String,
    /// What has to stand behind it.
    pub words: Vec<String>,
}

impl Change {
    fn line(&self) -> String {
        format!("{}: {} {}", self.table, self.atom, self.words.join(" "))
    }

    /// The call that makes it, where there is one.
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

fn list(names: &[String]) -> String {
    if names.is_empty() { String::new() } else { format!("; there are {}", names.join(", ")) }
}

impl Rule for PortageRule {
    fn remedy(&self) -> Option<String> {
        Some(match self {
            Self::Unreadable { name, .. } => {
                format!("set {name} to what the command prints, or remove the line")
            }
            Self::NoProfile { .. } => "choose one that eselect profile list shows".into(),
            Self::NoRepository { .. } => "emerge --sync, or emerge-webrsync, inside first".into(),
            Self::Unknown { .. } => {
                "check the names; an old tree may not have them yet: emerge --sync".into()
            }
            Self::Changes { root, changes } => {
                let calls: Vec<String> = changes.iter().filter_map(|c| c.call(root)).collect();
                match calls.is_empty() {
                    true => "read the masks in /etc/portage (portage(5))".into(),
                    false => {
                        format!(
                            "before it: {}\nor let emerge do it: autounmask: true",
                            calls.join("\n")
                        )
                    }
                }
            }
            Self::Failed { log: Some(log), root, .. } => format!(
                "read {}{log}; then go on: portage::resume({}), or without it: skip_first: true",
                root.trim_end_matches('/'),
                rhai_literal(root)
            ),
            Self::Failed { .. } | Self::Other { .. } => {
                "set right what it says, then run this again: what is merged stays".into()
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
