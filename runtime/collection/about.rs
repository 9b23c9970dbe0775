//! The description of a collection, `collection.toml`.

use serde::Deserialize;

use super::bad::BadCollection;
use super::place::ABOUT;
use super::tree::CollectionTree;
use crate::recipe::bundled::recipes;
use crate::types::is_deceptive;

/// The maximum length of a name in bytes.
const MAX_NAME: usize = 40;
/// The maximum length of a title in characters.
const MAX_TITLE: usize = 120;
/// The maximum number of collections whose modules a collection imports.
const MAX_USES: usize = 16;

/// Names with another meaning in an argument or an import.
const RESERVED: [&str; 4] = ["bundled", "collection", "stdlib", "layouts"];

/// The description of a collection.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct About {
    /// The name, which is the first part of the names of its recipes.
    pub name: String,
    /// The title.
    pub title: String,
    /// Other collections whose modules its recipes import.
    #[serde(default)]
    pub uses: Vec<String>,
}

impl About {
    /// Reads the description of a collection.
    pub fn of(tree: &CollectionTree) -> Result<Self, BadCollection> {
        let Some(text) = tree.text(ABOUT)? else {
            let remedy = "begin a collection: gscript collection new DIRECTORY";
            return Err(BadCollection::invalid(format!("there is no {ABOUT}"), remedy));
        };
        let about: Self = toml::from_str(text).map_err(|error| {
            let why = format!("{ABOUT}: {}", error.message());
            BadCollection::invalid(why, format!("{ABOUT} has the keys name, title and uses"))
        })?;
        check_name(&about.name)?;
        about.uses.iter().try_for_each(|name| check_name(name))?;
        check_title(ABOUT, &about.title)?;
        if about.uses.len() > MAX_USES || about.uses.contains(&about.name) {
            let why = format!("{ABOUT}: uses: more than {MAX_USES} collections, or itself");
            return Err(BadCollection::invalid(why, "name other collections only"));
        }
        Ok(about)
    }
}

/// Checks that a title is one line of visible text.
pub(super) fn check_title(file: &str, title: &str) -> Result<(), BadCollection> {
    let hidden = title.chars().any(|c| c.is_control() || is_deceptive(c));
    if hidden || title.trim().is_empty() || title.chars().count() > MAX_TITLE {
        let why = format!("{file}: invalid title {title:?}");
        let remedy = format!("write one line of 1 to {MAX_TITLE} visible characters");
        return Err(BadCollection::invalid(why, remedy));
    }
    Ok(())
}

/// Checks that a name is valid for a collection, and cannot be confused with a bundled recipe.
pub fn check_name(name: &str) -> Result<(), BadCollection> {
    let plain = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
    let begins = name.starts_with(|c: char| c.is_ascii_lowercase());
    if !begins || name.len() > MAX_NAME || !name.chars().all(plain) {
        let why = format!("invalid name of a collection: {name:?}");
        let remedy =
            format!("use up to {MAX_NAME} of a-z, 0-9 and '-', with a letter at the beginning");
        return Err(BadCollection::invalid(why, remedy));
    }
    let bundled = recipes().iter().any(|recipe| recipe.stem().split('/').next() == Some(name));
    if bundled || RESERVED.contains(&name) {
        let why = format!("the name {name:?} belongs to gscript");
        return Err(BadCollection::refused(why, "choose another name for the collection"));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_that_bundled_recipes_have_are_refused() {
        for name in ["layouts", "bundled", "stdlib", "encrypted-root", "gentoo"] {
            assert!(check_name(name).is_err(), "{name}");
        }
        for name in ["", "A", "a b", "1a", "-a", "a/b", "..", "a.b", "\u{e9}", &"a".repeat(41)] {
            assert!(check_name(name).is_err(), "{name}");
        }
        assert_eq!(check_name("home-lab2"), Ok(()));
    }
}
