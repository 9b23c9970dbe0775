//! Why Portage cannot calculate what to merge (tested with Portage 3.0.83).

use super::output::between;
use crate::error::{Exit, Rule};

/// A reason for which Portage cannot calculate what to merge. It holds until settings or
/// repositories change.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ResolveRule {
    /// A name without category belongs to several packages.
    #[error("the name {name} is ambiguous{}", list(packages))]
    Ambiguous {
        /// The name.
        name: String,
        /// The packages.
        packages: Vec<String>,
    },
    /// All versions are masked, and no setting that Portage proposes would change that.
    #[error("all versions of {atom} are masked{}", below(why))]
    Masked {
        /// The atom.
        atom: String,
        /// The versions with their masks.
        why: Vec<String>,
    },
    /// USE flags contradict a constraint of the package.
    #[error("the USE flags of {package} contradict its REQUIRED_USE{}", below(constraints))]
    RequiredUse {
        /// The package.
        package: String,
        /// The constraints.
        constraints: Vec<String>,
    },
    /// A dependency requires USE flags that no version can have.
    #[error("no version can have the USE flags that {atom} requires{}", below(why))]
    UseConflict {
        /// The atom.
        atom: String,
        /// The versions, with what is missing.
        why: Vec<String>,
    },
    /// Packages depend on each other.
    #[error("packages depend on each other in a circle{}", below(packages))]
    Circular {
        /// The packages, each with what it depends on.
        packages: Vec<String>,
    },
    /// Packages cannot be installed at the same time.
    #[error("packages block each other{}", below(blocks))]
    Blocked {
        /// The blocks.
        blocks: Vec<String>,
    },
    /// Several packages pull in different versions of the same slot.
    #[error("different versions are required in the same slot{}", below(why))]
    SlotConflict {
        /// The packages.
        why: Vec<String>,
    },
    /// Portage cannot parse a settings file.
    #[error("{file}, line {line}: Portage cannot parse the file: {why}")]
    Settings {
        /// The path of the file in the system.
        file: String,
        /// The number of the line.
        line: String,
        /// The error of Portage.
        why: String,
    },
    /// An ebuild repository is missing.
    #[error("the ebuild repository {name} is missing: {location} does not exist")]
    Repository {
        /// The name in repos.conf.
        name: String,
        /// Its directory in the system.
        location: String,
    },
    /// The profile is not valid.
    #[error("the profile of the system is invalid")]
    Profile,
}

/// Returns the reason in the output of emerge.
pub(super) fn reason(text: &str) -> Option<ResolveRule> {
    let whole = |name: &str| between(text, name, "\n").unwrap_or_default().trim().to_owned();
    let after = |start: &str, stop: &str| section(text, start, stop);
    if let Some((_, rest)) = text.split_once("!!! Section '") {
        let (name, rest) = rest.split_once('\'')?;
        if let Some(location) = between(rest, "nonexistent directory: '", "'") {
            let (name, location) = (name.to_owned(), location.to_owned());
            return Some(ResolveRule::Repository { name, location });
        }
    }
    if let Some(found) = settings(text) {
        return Some(found);
    }
    if text.contains("Your current profile is invalid") {
        return Some(ResolveRule::Profile);
    }
    if let Some(name) = between(text, "The short ebuild name \"", "\" is ambiguous") {
        let named = |line: &str| {
            let package = line.trim().strip_prefix("* ").unwrap_or(line.trim());
            let bare = package.strip_suffix(name)?.strip_suffix('/')?;
            (!bare.is_empty() && !bare.contains(' ')).then(|| package.to_owned())
        };
        let mut packages: Vec<String> = text.lines().filter_map(named).collect();
        packages.dedup();
        return Some(ResolveRule::Ambiguous { name: name.to_owned(), packages });
    }
    if let Some(atom) = between(text, "The ebuild selected to satisfy \"", "\"") {
        let package = after(" has unmet requirements.", "\n\n");
        let package = package.first().map_or(atom, |line| line.trim_start_matches("- "));
        let package = package.split(" USE=").next().unwrap_or(package).to_owned();
        let constraints = after("REQUIRED_USE flag constraints are unsatisfied:", "\n\n");
        return Some(ResolveRule::RequiredUse { package, constraints });
    }
    if let Some(atom) = between(text, "All ebuilds that could satisfy \"", "\" have been masked") {
        let why = after("have been masked.", "\n\n").into_iter();
        let why = why.filter(|line| line.starts_with("- ")).collect();
        return Some(ResolveRule::Masked { atom: atom.to_owned(), why });
    }
    if let Some(atom) =
        between(text, "there are no ebuilds built with USE flags to satisfy \"", "\"")
    {
        let why =
            after("One of the following packages is required to complete your request:", "\n\n");
        return Some(ResolveRule::UseConflict { atom: atom.to_owned(), why });
    }
    if text.contains("Error: circular dependencies:") {
        return Some(ResolveRule::Circular {
            packages: circle(&after("circular dependencies:", "\n *")),
        });
    }
    let blocks = crate::config::pretend::blocks(text);
    if !blocks.is_empty() {
        return Some(ResolveRule::Blocked { blocks });
    }
    if text.contains("have been pulled\n!!! into the dependency graph") {
        let slot = whole("resulting in a slot conflict:");
        let pulled = after("resulting in a slot conflict:", "\n\nNOTE").into_iter();
        let why = std::iter::once(slot).chain(pulled.take(12)).filter(|line| !line.is_empty());
        return Some(ResolveRule::SlotConflict { why: why.collect() });
    }
    None
}

/// Returns the lines between two strings, without indentation and empty lines.
fn section(text: &str, start: &str, stop: &str) -> Vec<String> {
    let Some((_, rest)) = text.split_once(start) else { return Vec::new() };
    let rest = rest.trim_start_matches('\n');
    let part = rest.split(stop).next().unwrap_or_default();
    part.lines().map(|line| line.trim().to_owned()).filter(|line| !line.is_empty()).collect()
}

/// Returns the packages of a circle, shortened: `(app-misc/a-1:0/0::gentoo, ebuild scheduled for
/// merge) depends on` becomes `app-misc/a-1 depends on`.
fn circle(lines: &[String]) -> Vec<String> {
    let short = |line: &String| {
        let Some((package, rest)) = line.strip_prefix('(').and_then(|line| line.split_once(", "))
        else {
            return line.clone();
        };
        let package = package.split(':').next().unwrap_or(package);
        let rest = rest.split_once(") ").map_or("", |(_, rest)| rest);
        format!("{package} {rest}").trim().to_owned()
    };
    lines.iter().map(short).collect()
}

/// Parses `"/etc/portage/make.conf", line 5: Invalid token 'x' (not '=')`.
fn settings(text: &str) -> Option<ResolveRule> {
    text.lines().find_map(|line| {
        let (file, rest) =
            line.trim_start_matches(['!', ' ']).strip_prefix('"')?.split_once('"')?;
        let (line, why) = rest.strip_prefix(", line ")?.split_once(": ")?;
        let (file, line, why) = (file.to_owned(), line.to_owned(), why.to_owned());
        file.starts_with('/').then_some(ResolveRule::Settings { file, line, why })
    })
}

fn below(lines: &[String]) -> String {
    const MOST: usize = 12;
    let shown = lines.iter().take(MOST);
    shown.fold(String::new(), |text, line| text + "\n  " + line.as_str())
}

fn list(packages: &[String]) -> String {
    if packages.is_empty() { String::new() } else { format!(": {}", packages.join(", ")) }
}

impl Rule for ResolveRule {
    fn remedy(&self) -> Option<String> {
        Some(match self {
            Self::Ambiguous { .. } => "write the name with its category".into(),
            Self::Masked { .. } => {
                "choose another version, or remove the mask: portage::unmask, portage::accept_keywords or portage::license".into()
            }
            Self::RequiredUse { .. } => {
                "set USE flags that fulfil the constraint: portage::package_use".into()
            }
            Self::UseConflict { .. } => {
                "set the flags with portage::package_use; if they are masked, choose another profile".into()
            }
            Self::Circular { .. } => {
                "disable the USE flag that causes the dependency (portage::package_use), merge, and enable it again".into()
            }
            Self::Blocked { .. } => {
                "leave one of the packages out, or unmerge the blocked one first: portage::depclean with its name".into()
            }
            Self::SlotConflict { .. } => {
                "update everything together (portage::world), or mask the version that only one package requires".into()
            }
            Self::Settings { .. } => "correct that line; Portage does not read the file as a shell does".into(),
            Self::Repository { name, .. } => format!(
                "download it: portage::sync_repository with repository: \"{name}\", or correct its location with portage::repository"
            ),
            Self::Profile => "choose a profile of portage::profile_list and set it with portage::profile; if the repository is missing, download it first: portage::sync_repository".into(),
        })
    }

    fn exit(&self) -> Exit {
        Exit::Failed
    }
}
