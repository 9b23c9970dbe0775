//! The modules of a recipe in a collection: those of its collection, by their names or as
//! `COLLECTION/NAME`; those of collections that it declares, as `COLLECTION/NAME`; bundled ones.

use super::place::MODULES;
use crate::recipe::ModuleShelf;
use crate::script::{Language, Module};

/// The files of collections.
pub trait CollectionTexts {
    /// Returns the text of a file of a collection, or `None` if there is none.
    ///
    /// # Errors
    ///
    /// Returns the reason if the collection is not installed, or the file cannot be read.
    fn text(&self, collection: &str, path: &str) -> Result<Option<String>, String>;
}

/// The modules that recipes of one collection can import.
pub(super) struct CollectionShelf<'a> {
    pub(super) own: &'a str,
    pub(super) uses: &'a [String],
    pub(super) texts: &'a dyn CollectionTexts,
}

impl ModuleShelf for CollectionShelf<'_> {
    fn module(&self, importer: &str, name: &str) -> Result<Option<Module>, String> {
        let home = importer.split('/').next().unwrap_or_default();
        let (collection, module) = match name.split_once('/') {
            Some((collection, module)) => (collection, module),
            None if home == self.own => (self.own, name),
            None => return Ok(None),
        };
        let known = collection == self.own || self.uses.iter().any(|used| used == collection);
        if !known || module.contains('/') {
            return Ok(None);
        }
        let mut found = Vec::new();
        for language in Language::ALL {
            let path = format!("{MODULES}{}", language.file(module));
            if let Some(text) = self.texts.text(collection, &path)? {
                let file = format!("{collection}/{path}");
                found.push(Module { name: name.to_owned(), file, text });
            }
        }
        match found.as_slice() {
            [a, b] => Err(format!("ambiguous module {name}: {} and {}", a.file, b.file)),
            _ => Ok(found.pop()),
        }
    }
}
