//! The options that kernel sources define: `Kconfig` and the files that it includes
//! (Documentation/kbuild/kconfig-language.rst).

use std::collections::BTreeSet;

use super::SOURCES;
use crate::error::Result;
use crate::machine::files::FileContents;
use crate::operation::Planning;
use crate::primitives::edit::system_file;
use crate::primitives::file::text;
use crate::types::AbsPath;

/// The architecture of the kernels that are built, as the Makefile of the kernel calls it.
const ARCHITECTURE: &str = "x86";

/// Returns the names of all options that the sources in `/usr/src/linux` define, or `None` if their
/// Kconfig cannot be read.
pub(super) fn options(root: &AbsPath, cx: &Planning<'_>) -> Result<Option<BTreeSet<String>>> {
    let mut found = BTreeSet::new();
    let mut seen = BTreeSet::new();
    let mut next = vec!["Kconfig".to_owned()];
    while let Some(path) = next.pop() {
        if !seen.insert(path.clone()) {
            continue;
        }
        match text(&system_file(root, &format!("{SOURCES}/{path}")), cx)? {
            Some(FileContents::Known(bytes)) => {
                add(&String::from_utf8_lossy(&bytes), &path, &mut found, &mut next);
            }
            Some(FileContents::Unknown(_)) => return Ok(None),
            None if seen.len() == 1 => return Ok(None),
            // Such as the file of another architecture, which these sources do not need.
            None => {}
        }
    }
    Ok(Some(found))
}

/// Adds the options of a file, and the files that it includes.
fn add(text: &str, path: &str, found: &mut BTreeSet<String>, next: &mut Vec<String>) {
    let directory = path.rsplit_once('/').map(|(directory, _)| directory);
    for line in text.lines().map(str::trim) {
        let Some((word, rest)) = line.split_once(char::is_whitespace) else { continue };
        let rest = rest.trim();
        match word {
            "config" | "menuconfig" => {
                found.insert(rest.to_owned());
            }
            "source" | "osource" => next.push(file(rest)),
            "rsource" | "orsource" => {
                let file = file(rest);
                next.push(directory.map_or(file.clone(), |above| format!("{above}/{file}")));
            }
            _ => {}
        }
    }
}

fn file(word: &str) -> String {
    word.trim_matches('"').replace("$(SRCARCH)", ARCHITECTURE).replace("$SRCARCH", ARCHITECTURE)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn options_and_included_files_are_found() {
        let text = "mainmenu \"Linux\"\nsource \"arch/$(SRCARCH)/Kconfig\"\n\tmenuconfig MD\n\
                    \trsource \"more/Kconfig\"\nconfig DM_CRYPT\n\tdepends on MD\n\
                    # config COMMENT\n\tprompt \"config NOT_ONE\"\n";
        let (mut found, mut next) = (BTreeSet::new(), Vec::new());
        add(text, "drivers/md/Kconfig", &mut found, &mut next);
        assert_eq!(found.into_iter().collect::<Vec<_>>(), ["DM_CRYPT", "MD"]);
        assert_eq!(next, ["arch/x86/Kconfig", "drivers/md/more/Kconfig"]);
    }
}
