//! The settings of GRUB: `/etc/default/grub`, and the files that some distributions read
//! after it.

use crate::config::make_conf::SourcedText;
use crate::config::shell;
use crate::error::Result;
use crate::machine::files::FileContents;
use crate::operation::{Effect, Plan, Planning};
use crate::primitives::edit::{assign, included, system_file, writes};
use crate::primitives::file::text;
use crate::types::{AbsPath, Place};

/// The file with the settings of grub-install and grub-mkconfig.
pub(super) const DEFAULTS: &str = "/etc/default/grub";
/// The directory with more settings, which grub-mkconfig reads after `/etc/default/grub`.
const MORE: &str = "/etc/default/grub.d";
/// The paths of grub-mkconfig, which depend on the distribution.
const MKCONFIG: [&str; 2] = ["/usr/sbin/grub-mkconfig", "/usr/bin/grub-mkconfig"];

/// Returns the effects of [`set_defaults`].
pub(super) fn effects(root: &AbsPath) -> [Effect; 2] {
    [writes(root, DEFAULTS), writes(root, MORE)]
}

/// Returns the plan that sets variables where their values take effect.
pub(super) fn set_defaults(
    root: &AbsPath,
    given: &[(&str, String)],
    cx: &Planning<'_>,
) -> Result<Plan<()>> {
    let mut plan = Plan::steps(Vec::new());
    if given.is_empty() {
        return Ok(plan);
    }
    let later = later_files(root, cx)?;
    let place_of = |name: &str| {
        let replaces = |(_, text): &&(Place, SourcedText)| match text {
            SourcedText::Known(text) => replaces(text, name),
            _ => false,
        };
        later
            .iter()
            .rfind(replaces)
            .map_or_else(|| system_file(root, DEFAULTS), |(at, _)| at.clone())
    };
    let mut places: Vec<Place> = given.iter().map(|(name, _)| place_of(name)).collect();
    places.sort();
    places.dedup();
    for place in places {
        let here = given.iter().filter(|(name, _)| place_of(name) == place).cloned();
        let here: Vec<(&str, String)> = here.collect();
        plan = plan.and(assign(place, cx, &here)?);
    }
    let unread = later.iter().filter(|(_, text)| matches!(text, SourcedText::Unknown));
    plan.warnings.extend(unread.map(|(at, _)| {
        let names: Vec<&str> = given.iter().map(|(name, _)| *name).collect();
        format!("{at} cannot be read: it may set {} again", names.join(", "))
    }));
    Ok(plan)
}

/// Returns whether a file sets a variable to a value that does not depend on the one before.
/// Settings that refer to it only add to it.
fn replaces(text: &str, name: &str) -> bool {
    let all = shell::all(text).unwrap_or_default();
    all.iter().any(|(found, value, adds)| found == name && !adds && !shell::refers_to(value, name))
}

/// Returns the files that grub-mkconfig of the system reads after `/etc/default/grub`, in the order
/// of the shell's pattern `*.cfg`.
fn later_files(root: &AbsPath, cx: &Planning<'_>) -> Result<Vec<(Place, SourcedText)>> {
    if !reads_more(root, cx)? {
        return Ok(Vec::new());
    }
    let names = cx.files.known_names(&system_file(root, MORE)).unwrap_or_default();
    let is_read = |name: &&String| !name.starts_with('.') && name.strip_suffix(".cfg").is_some();
    let read = |name: &String| {
        let place = system_file(root, &format!("{MORE}/{name}"));
        let text = included(&place, cx)?;
        Ok((place, text))
    };
    names.iter().filter(is_read).map(read).collect()
}

/// Returns whether grub-mkconfig of the system may read these files.
fn reads_more(root: &AbsPath, cx: &Planning<'_>) -> Result<bool> {
    for path in MKCONFIG {
        if let Some(FileContents::Known(bytes)) = text(&system_file(root, path), cx)? {
            return Ok(String::from_utf8_lossy(&bytes).contains("default/grub.d"));
        }
    }
    Ok(true)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_setting_that_refers_to_the_variable_replaces_nothing() {
        for (text, expected) in [
            ("GRUB_TIMEOUT=7\n", true),
            ("GRUB_TIMEOUT=\"$GRUB_TIMEOUT\"\n", false),
            ("GRUB_TIMEOUT+=0\n", false),
            ("GRUB_TIMEOUT=1\nGRUB_TIMEOUT=\"${GRUB_TIMEOUT}0\"\n", true),
            ("GRUB_TIMEOUT_STYLE=menu\n# GRUB_TIMEOUT=3\n", false),
        ] {
            assert_eq!(replaces(text, "GRUB_TIMEOUT"), expected, "{text}");
        }
    }
}
