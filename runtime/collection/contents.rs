//! The recipes of a collection, parsed and not evaluated.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use super::bad::BadCollection;
use super::defaults::NeedDefaults;
use super::place::{FileRole, MODULES, RECIPES, stem};
use super::shelf::{CollectionShelf, CollectionTexts};
use super::tree::CollectionTree;
use crate::plan::needs::Needs;
use crate::recipe::Recipe;
use crate::script::{Language, Module};
use serde::{Deserialize, Serialize};

/// The declarations of a recipe.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ManifestRecipe {
    /// The title.
    pub title: String,
    /// The needs.
    pub needs: Needs,
    /// The defaults of the parameters that the needs name.
    #[serde(default, skip_serializing_if = "NeedDefaults::is_empty")]
    pub defaults: NeedDefaults,
}

/// Returns what the recipes of a collection declare, by path.
pub(super) fn recipes_of(
    tree: &CollectionTree,
    name: &str,
    uses: &[String],
    others: &dyn CollectionTexts,
) -> Result<BTreeMap<String, ManifestRecipe>, BadCollection> {
    check_modules(tree)?;
    let texts = TreeTexts { tree, name, others };
    let shelf = CollectionShelf { own: name, uses, texts: &texts };
    let mut found = BTreeMap::new();
    let mut stems = BTreeSet::new();
    for (path, _) in tree.of(FileRole::Recipe) {
        if !stems.insert(stem(path)) {
            let why = format!("{} is a recipe in Rhai and in Lua", stem(path));
            return Err(BadCollection::invalid(why, "keep one of them"));
        }
        let text = tree.text(path)?.unwrap_or_default().to_owned();
        let recipe = parse(name, path, text, &shelf)?;
        let Some(needs) = recipe.front.needs else {
            let remedy = "declare what it does; [needs] without entries declares nothing";
            return Err(BadCollection::invalid(format!("{path} has no [needs]"), remedy));
        };
        let defaults = NeedDefaults::of(&needs, &recipe.front.params);
        let title = recipe.front.title;
        found.insert(path.to_owned(), ManifestRecipe { title, needs, defaults });
    }
    if found.is_empty() {
        return Err(BadCollection::invalid("there are no recipes", "add recipes/NAME.rhai"));
    }
    Ok(found)
}

/// Parses a recipe of a collection.
pub(super) fn parse(
    collection: &str,
    path: &str,
    text: String,
    shelf: &CollectionShelf<'_>,
) -> Result<Recipe, BadCollection> {
    let language = Language::of(Path::new(path)).unwrap_or(Language::Rhai);
    let name = format!("{collection}/{}", path.strip_prefix(RECIPES).unwrap_or(path));
    Ok(Recipe::of_collection(&name, language, text, shelf)?)
}

/// Refuses a module with the name of a bundled one, which bundled modules would import in its
/// place.
fn check_modules(tree: &CollectionTree) -> Result<(), BadCollection> {
    for (path, _) in tree.of(FileRole::Module) {
        let name = stem(path).strip_prefix(MODULES).unwrap_or(path);
        if name == "layouts" || Module::shipped(name).is_some() {
            let why = format!("{path}: {name} is a bundled module");
            return Err(BadCollection::refused(why, "choose another name for the module"));
        }
    }
    Ok(())
}

/// The files of a collection that is not installed, and those of installed ones.
struct TreeTexts<'a> {
    tree: &'a CollectionTree,
    name: &'a str,
    others: &'a dyn CollectionTexts,
}

impl CollectionTexts for TreeTexts<'_> {
    fn text(&self, collection: &str, path: &str) -> Result<Option<String>, String> {
        match collection == self.name {
            true => {
                let text = self.tree.text(path).map_err(|bad| bad.why)?;
                Ok(text.map(str::to_owned))
            }
            false => self.others.text(collection, path),
        }
    }
}
