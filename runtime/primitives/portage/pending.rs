//! New versions of configuration files, which Portage leaves beside the present ones.

use serde::Serialize;

use crate::args;
use crate::error::Result;
use crate::machine::FilesFact;
use crate::machine::files::{FileContents, FileStatus};
use crate::operation::{Action, Answer, Effect, Plan, Planning, Query, Undo};
use crate::primitives::edit::system_file;
use crate::primitives::file::{replace, text};
use crate::system::{FilesStep, Step};
use crate::types::{AbsPath, Place};

args! {
    /// Returns the configuration files for which packages have installed new versions.
    ///
    /// Portage does not overwrite a changed file in a directory of `CONFIG_PROTECT`: it leaves the new
    /// version beside it, as `._cfg0000_NAME`. Each entry is a map with `file` and `updates`, the
    /// paths of the new versions; the last one is the newest. `portage.config_update` decides.
    ///
    /// Source: emerge(1), "CONFIGURATION FILES"; etc-update(1).
    ///
    /// ```
    /// let files = portage::pending_updates("/mnt/old");
    /// ```
    "portage.pending_updates" => pub struct PendingUpdates {
        /// The mount point of the system; `/` for the running system.
        pub root: AbsPath,
        /// The directory to search in the system.
        pub directory: AbsPath = "/etc",
    }
}

args! {
    /// Replaces a configuration file with its new version, or keeps it and removes the new version.
    ///
    /// The plan shows the difference. The mode and owner of the file stay. Undo restores the file
    /// and its new versions.
    ///
    /// Source: etc-update(1); dispatch-conf(1).
    ///
    /// ```
    /// portage::config_update("/mnt/old", "/etc/conf.d/net");
    /// portage::config_update("/mnt/old", "/etc/conf.d/net", #{ take: false });
    /// ```
    "portage.config_update" => pub struct ConfigUpdate {
        /// The mount point of the system; `/` for the running system.
        pub root: AbsPath,
        /// The path of the file in the system.
        pub file: AbsPath,
        /// Whether the newest version replaces the file; otherwise the file is unchanged, and the new
        /// versions are removed.
        pub take: bool = true,
    }
}

/// A file with new versions, as scripts see it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct PendingUpdate {
    file: String,
    updates: Vec<String>,
}

/// The maximum depth of directories.
const DEEPEST: usize = 16;

/// Returns the name of the file in `._cfg0000_NAME`.
fn updated(name: &str) -> Option<&str> {
    let (number, file) = name.strip_prefix("._cfg")?.split_once('_')?;
    let is_number = number.len() == 4 && number.bytes().all(|byte| byte.is_ascii_digit());
    (is_number && !file.is_empty()).then_some(file)
}

/// Adds the pending updates in a directory and below it. Returns whether all names are known.
fn collect(
    place: &Place,
    depth: usize,
    found: &mut Vec<PendingUpdate>,
    cx: &Planning<'_>,
) -> Result<bool> {
    let mut complete = cx.files.names(place)?.is_some();
    for name in cx.files.known_names(place)? {
        let below = Place { root: place.root.clone(), path: place.path.join(&name) };
        if let Some(file) = updated(&name) {
            let file = place.path.join(file).to_string_lossy().into_owned();
            let update = below.path.to_string_lossy().into_owned();
            match found.iter_mut().find(|one| one.file == file) {
                Some(one) => one.updates.push(update),
                None => found.push(PendingUpdate { file, updates: vec![update] }),
            }
        } else if depth < DEEPEST && matches!(cx.look(&below)?, FileStatus::Dir { .. }) {
            complete &= collect(&below, depth + 1, found, cx)?;
        }
    }
    Ok(complete)
}

impl Query for PendingUpdates {
    type Output = Vec<PendingUpdate>;

    fn answer(&self, cx: &mut Planning<'_>) -> Result<Answer<Self::Output>> {
        let place = system_file(&self.root, &self.directory.to_string());
        let mut found = Vec::new();
        let complete = match cx.look(&place)? {
            FileStatus::Unknown(_) => false,
            FileStatus::Dir { .. } => collect(&place, 0, &mut found, cx)?,
            _ => true,
        };
        Ok(if complete { Answer::Known(found) } else { Answer::Assumed(found) })
    }
}

impl Action for ConfigUpdate {
    type Output = ();

    fn effects(&self) -> Vec<Effect> {
        let place = system_file(&self.root, &self.file.to_string());
        let directory = crate::operation::FilesEffect::Writes { path: place.parent().to_string() };
        vec![Effect::Files(directory)]
    }

    fn plan(&self, cx: &mut Planning<'_>) -> Result<Plan<()>> {
        let place = system_file(&self.root, &self.file.to_string());
        let directory = place.parent();
        let name = place.path.file_name().map(|name| name.to_string_lossy().into_owned());
        let mut names = cx.files.known_names(&directory)?;
        names.retain(|one| updated(one) == name.as_deref() && name.is_some());
        let Some(newest) = names.last() else {
            return Ok(Plan::already(format!("no new version of {place} is known")));
        };
        let at = |name: &str| Place { root: place.root.clone(), path: directory.path.join(name) };
        let content = |place: &Place| {
            let unknown = || FileContents::Unknown("its content is not known yet".into());
            Ok::<_, crate::error::Error>(text(place, cx)?.unwrap_or_else(unknown))
        };
        let mut plan = Plan::steps(Vec::new());
        if self.take {
            let old = text(&place, cx)?;
            plan =
                plan.and(replace(place.clone(), old, content(&at(newest))?, None, String::new()));
        }
        for name in &names {
            let (place, content) = (at(name), content(&at(name))?);
            let (mode, sets) = (None, String::new());
            let restore = FilesStep::Write { place: place.clone(), content, mode, sets };
            let remove = Plan::step(FilesStep::Remove { place: place.clone() })
                .makes(FilesFact::Absent { place })
                .undo(Undo::Steps(vec![Step::Files(restore)]));
            plan = plan.and(remove);
        }
        Ok(plan)
    }
}

#[cfg(test)]
mod tests {
    use super::updated;

    #[test]
    fn the_file_of_an_update_is_found() {
        assert_eq!(updated("._cfg0000_make.conf"), Some("make.conf"));
        assert_eq!(updated("._cfg0012_a_b"), Some("a_b"));
        for other in ["make.conf", "._cfg_x", "._cfg00a0_x", "._cfg0000_", "._mrg0000_x"] {
            assert_eq!(updated(other), None, "{other}");
        }
    }
}
