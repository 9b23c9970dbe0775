//! The settings of GRUB: `/etc/default/grub`, and the files that some distributions read
//! after it.

use crate::config::make_conf::SourcedText;
use crate::config::shell;
use crate::error::Result;
use crate::machine::files::FileContents;
use crate::operation::Planning;
use crate::primitives::edit::{included, system_file};
use crate::primitives::file::text;
use crate::types::AbsPath;

/// The file with the settings of grub-install and grub-mkconfig.
pub(super) const DEFAULTS: &str = "/etc/default/grub";
/// The directory with more settings, which grub-mkconfig reads after `/etc/default/grub`.
const MORE: &str = "/etc/default/grub.d";
/// The paths of grub-mkconfig, which depend on the distribution.
const MKCONFIG: [&str; 2] = ["/usr/sbin/grub-mkconfig", "/usr/bin/grub-mkconfig"];

/// Returns warnings about settings that a later file replaces. A value that refers to the variable
/// only adds to it.
pub(super) fn replaced_later(
    root: &AbsPath,
    given: &[(&str, String)],
    cx: &Planning<'_>,
) -> Result<Vec<String>> {
    let mut warnings = Vec::new();
    if !reads_more(root, cx)? {
        return Ok(warnings);
    }
    // In the order of the shell's pattern *.cfg.
    let names = cx.files.known_names(&system_file(root, MORE)).unwrap_or_default();
    for name in names.iter().filter(|name| !name.starts_with('.')) {
        if name.strip_suffix(".cfg").is_none() {
            continue;
        }
        let place = system_file(root, &format!("{MORE}/{name}"));
        let SourcedText::Known(text) = included(&place, cx)? else { continue };
        for (variable, value) in given {
            let Ok(Some((line, found))) = shell::last(&text, variable) else { continue };
            let same = shell::get(&text, variable).ok().flatten().as_ref() == Some(value);
            if !same && !shell::refers_to(&found, variable) {
                warnings.push(format!("{place}:{line}: this value of {variable} takes precedence"));
            }
        }
    }
    Ok(warnings)
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
