//! Bundled recipes: every file in `recipes/` that is not a test, and their tests.
//!
//! The name of a bundled recipe is its file name (`encrypted-root.rhai`, `layouts/luks-lvm.rhai`),
//! optionally without the extension (`encrypted-root`, `layouts/luks-lvm`).

use std::path::Path;

use include_dir::File;

use super::files::files;
use super::fork::ForkOrigin;
use crate::recipe::{BadRecipe, Recipe};
use crate::script::Language;
use crate::types::{nearest, sha256};

/// The suffix of a test file's name, before the extension.
pub(crate) const TEST_MARK: &str = ".test";

/// Returns whether a path is the name of a test file.
pub fn is_test(path: &Path) -> bool {
    Language::of(path).is_some()
        && path
            .file_stem()
            .and_then(|stem| stem.to_str())
            .is_some_and(|stem| stem.ends_with(TEST_MARK))
}

/// A bundled script.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Bundled {
    /// The file name: `encrypted-root.rhai`.
    pub name: &'static str,
    /// The source.
    pub text: &'static str,
    /// The language.
    pub language: Language,
}

/// Returns all bundled recipes by name: first the guides, then the disk layouts, which are starting
/// points for other recipes.
pub fn recipes() -> Vec<Bundled> {
    scripts(|path| !is_test(path))
}

/// Returns the tests of a bundled recipe.
pub fn tests_of(recipe: &Bundled) -> Vec<Bundled> {
    let stem = recipe.stem();
    scripts(is_test)
        .into_iter()
        .filter(|test| test.stem().strip_suffix(".test") == Some(stem))
        .collect()
}

/// Returns whether a recipe and its modules are those of the program, wherever they were read from:
/// a name in a journal or saved plan proves nothing.
pub fn is_bundled(recipe: &Recipe) -> bool {
    let stem = |name: &str| Path::new(name).file_stem().map(ToOwned::to_owned);
    let name = stem(recipe.name.rsplit(':').next().unwrap_or_default());
    recipes().iter().filter(|bundled| stem(bundled.name) == name).any(|bundled| {
        Recipe::of_bundled(bundled.name, bundled.language, bundled.text)
            .is_ok_and(|own| own.digest == recipe.digest)
    })
}

/// Returns the bundled recipe of this name, with or without the extension.
pub fn find(word: &str) -> Option<Bundled> {
    let recipes = recipes();
    let exact = recipes.iter().find(|recipe| recipe.name == word);
    let by_stem = || {
        let mut named = Language::ALL.into_iter().filter_map(|language| {
            recipes.iter().find(|recipe| recipe.language == language && recipe.stem() == word)
        });
        named.next()
    };
    exact.or_else(by_stem).copied()
}

/// Returns the present version of the recipe from which a copy was made, unless this version of
/// gscript has none of that name.
pub fn upstream(origin: &ForkOrigin) -> Option<Bundled> {
    find(&origin.of).filter(|found| found.name == origin.of)
}

/// Returns the bundled recipe whose name is closest to a misspelled `word`.
pub fn suggestion(word: &str) -> Option<&'static str> {
    let recipes = recipes();
    let last = |name: &'static str| name.rsplit('/').next().unwrap_or(name);
    let word = Path::new(word);
    let word = if Language::of(word).is_some() { word.with_extension("") } else { word.to_owned() };
    let word = word.to_str()?;
    let whole = nearest(word, recipes.iter().map(Bundled::stem));
    let part = || {
        let near = nearest(word, recipes.iter().map(|recipe| last(recipe.stem())))?;
        recipes.iter().map(Bundled::stem).find(|stem| last(stem) == near)
    };
    whole.or_else(part)
}

fn scripts(wanted: impl Fn(&Path) -> bool) -> Vec<Bundled> {
    let scripts = files().filter(|file| wanted(file.path()));
    let mut scripts: Vec<Bundled> = scripts.filter_map(bundled).collect();
    scripts.sort_by_key(|script| (script.name.contains('/'), script.name));
    scripts
}

fn bundled(file: &'static File<'static>) -> Option<Bundled> {
    let path: &Path = file.path();
    let language = Language::of(path)?;
    Some(Bundled { name: path.to_str()?, text: file.contents_utf8()?, language })
}

impl Bundled {
    /// Returns the name without the extension.
    pub fn stem(&self) -> &'static str {
        self.name.rsplit_once('.').map_or(self.name, |(stem, _)| stem)
    }

    /// Returns the file name without its directory.
    pub fn file_name(&self) -> &'static str {
        self.name.rsplit('/').next().unwrap_or(self.name)
    }

    /// Returns the first heading of the guide.
    pub fn title(&self) -> String {
        self.recipe().map(|recipe| recipe.front.title).unwrap_or_default()
    }

    /// Returns the origin of a copy that is made now.
    pub fn as_origin(&self) -> ForkOrigin {
        ForkOrigin { of: self.name.to_owned(), sha256: sha256(self.text.as_bytes()) }
    }

    /// Returns the source of a copy that is made now.
    pub fn copy(&self) -> String {
        self.as_origin().copy(self.language, self.text)
    }

    /// Parses the recipe; its modules are bundled ones.
    pub fn recipe(&self) -> Result<Recipe, BadRecipe> {
        Recipe::of_bundled(self.name, self.language, self.text)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_found_with_and_without_its_ending() {
        for (word, name) in [
            ("encrypted-root", "encrypted-root.rhai"),
            ("encrypted-root.rhai", "encrypted-root.rhai"),
            ("gentoo", "gentoo.rhai"),
            ("layouts/luks-lvm", "layouts/luks-lvm.rhai"),
            ("layouts/disk-list", "layouts/disk-list.lua"),
        ] {
            assert_eq!(find(word).map(|found| found.name), Some(name));
        }
        for word in ["", "layouts", "encrypted-root.test.rhai", "luks-lvm", "../encrypted-root"] {
            assert_eq!(find(word), None, "{word}");
        }
    }

    #[test]
    fn a_misspelled_name_has_a_suggestion() {
        assert_eq!(suggestion("encrypted-rot.rhai"), Some("encrypted-root"));
        assert_eq!(suggestion("luks-lvm"), Some("layouts/luks-lvm"));
        assert_eq!(suggestion("firewall"), None);
    }

    #[test]
    fn tests_belong_to_their_recipe() {
        let tests = tests_of(&find("rescue-encrypted-root").expect("a recipe"));
        let names: Vec<&str> = tests.iter().map(|test| test.name).collect();
        assert_eq!(names, ["rescue-encrypted-root.test.rhai"]);
    }

    #[test]
    fn no_recipe_has_the_name_of_a_language_twice() {
        for recipe in recipes() {
            assert_eq!(find(recipe.name).map(|found| found.text), Some(recipe.text));
        }
    }

    #[test]
    fn every_copy_is_a_recipe_that_knows_its_origin() {
        for recipe in recipes() {
            let (origin, copy) = (recipe.as_origin(), recipe.copy());
            assert_eq!(copy.lines().count(), recipe.text.lines().count() + 1, "{}", recipe.name);
            let read = Recipe::parse(recipe.name, recipe.language, copy).expect(recipe.name);
            assert_eq!(read.front.fork.as_ref(), Some(&origin));
            assert_eq!(upstream(&origin), Some(recipe));
        }
    }
}
