//! The recipes that are part of the program: every file of `recipes/` that is not a test.

use std::path::Path;

use include_dir::{Dir, File, include_dir};

use crate::recipe::Recipe;
use crate::script::Language;
use crate::test::is_test;

static FOLDER: Dir<'_> = include_dir!("$CARGO_MANIFEST_DIR/recipes");

/// A shipped recipe.
pub struct Shipped {
    /// `encrypted-root.rhai`
    pub name: &'static str,
    /// Its text.
    pub text: &'static str,
    language: Language,
}

/// All of them by name: the guides, and then the layouts of disks to begin others with.
pub fn recipes() -> Vec<Shipped> {
    let folders = FOLDER.dirs().flat_map(Dir::files);
    let mut recipes: Vec<Shipped> = FOLDER.files().chain(folders).filter_map(shipped).collect();
    recipes.sort_by_key(|recipe| (recipe.name.contains('/'), recipe.name));
    recipes
}

fn shipped(file: &'static File<'static>) -> Option<Shipped> {
    let path: &Path = file.path();
    let language = Language::of(path).filter(|_| !is_test(path))?;
    Some(Shipped { name: path.to_str()?, text: file.contents_utf8()?, language })
}

impl Shipped {
    /// The first heading of the guide.
    pub fn title(&self) -> String {
        Recipe::parse(self.name, self.language, self.text.to_owned())
            .map(|recipe| recipe.front.title)
            .unwrap_or_default()
    }
}
