//! Installed collections: `DIRECTORY/gscript.lock`, and `DIRECTORY/DIGEST/`, the files of the
//! collection whose manifest has this digest. A file is read once; what was hashed is what runs.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use super::bad::BadCollection;
use super::contents::parse;
use super::directory::read_directory;
use super::manifest::{MAX_MANIFEST, Manifest};
use super::memory::{LockFile, LockedCollection, Verification};
use super::offer::Offer;
use super::place::{MANIFEST, RECIPES, stem};
use super::shelf::{CollectionShelf, CollectionTexts};
use super::tree::MAX_FILE;
use crate::journal::{Untrusted, read_own};
use crate::recipe::{COLLECTION, Doubt, Recipe};
use crate::script::Language;
use crate::system::read_below;
use crate::types::{nearest, sha256};

/// The name of the lock file.
const LOCK: &str = "gscript.lock";
/// The maximum size of the lock file in bytes.
const MAX_LOCK: u64 = 64 << 20;

/// The installed collections of this user.
pub struct Installed {
    directory: PathBuf,
    /// The lock file.
    pub lock: LockFile,
    /// The manifests that were read, by collection.
    manifests: RefCell<BTreeMap<String, ReadManifest>>,
}

/// A manifest, and whether it is the one that was installed.
#[derive(Clone)]
struct ReadManifest {
    manifest: std::rc::Rc<Manifest>,
    changed: bool,
}

/// A recipe of an installed collection.
pub struct InstalledRecipe<'a> {
    /// The name of the collection.
    pub collection: &'a str,
    path: String,
}

impl Installed {
    /// Reads the lock file in a directory, which must belong to this user.
    pub fn open(directory: &Path) -> Result<Self, BadCollection> {
        let file = directory.join(LOCK);
        let unusable = |why: &dyn std::fmt::Display, remedy: Option<String>| {
            let remedy = remedy.unwrap_or_else(|| {
                format!("restore it, or remove {} and add collections again", directory.display())
            });
            BadCollection::refused(format!("{}: {why}", file.display()), remedy)
        };
        let lock = match read_own(&file, MAX_LOCK) {
            Ok(bytes) => LockFile::parse(&bytes).map_err(|why| unusable(&why, None))?,
            Err(Untrusted::Io { .. }) if !file.is_symlink() && !file.exists() => {
                LockFile::default()
            }
            Err(untrusted) => return Err(unusable(&untrusted, untrusted.remedy())),
        };
        let (directory, manifests) = (directory.to_owned(), RefCell::default());
        Ok(Self { directory, lock, manifests })
    }

    /// Returns the path of the lock file.
    pub fn lock_file(&self) -> PathBuf {
        self.directory.join(LOCK)
    }

    /// Returns the directory with the files of a collection.
    pub fn files(&self, locked: &LockedCollection) -> PathBuf {
        self.directory.join(&locked.manifest)
    }

    /// Returns the manifest of an installed collection.
    pub fn manifest(&self, name: &str) -> Result<std::rc::Rc<Manifest>, BadCollection> {
        self.read_manifest(name).map(|read| read.manifest)
    }

    fn read_manifest(&self, name: &str) -> Result<ReadManifest, BadCollection> {
        if let Some(read) = self.manifests.borrow().get(name) {
            return Ok(read.clone());
        }
        let locked = self.locked(name)?;
        let bytes = read_below(&self.files(locked), Path::new(MANIFEST), MAX_MANIFEST);
        let bytes = bytes.ok().flatten().ok_or_else(|| damaged(name, MANIFEST))?;
        let changed = sha256(&bytes) != locked.manifest;
        let read = ReadManifest { manifest: Manifest::parse(&bytes)?.into(), changed };
        self.manifests.borrow_mut().insert(name.to_owned(), read.clone());
        Ok(read)
    }

    /// Returns the names and titles of the recipes of a collection.
    pub fn titles(&self, name: &str) -> Result<Vec<(String, String)>, BadCollection> {
        let manifest = self.manifest(name)?;
        let named = |(path, recipe): (&str, &super::contents::ManifestRecipe)| {
            (name_of(name, path), recipe.title.clone())
        };
        Ok(manifest.recipes().map(named).collect())
    }

    fn locked(&self, name: &str) -> Result<&LockedCollection, BadCollection> {
        self.lock.collections.get(name).ok_or_else(|| {
            let why = format!("{name}: no such collection is installed");
            BadCollection::invalid(why, "list those that are installed: gscript list")
        })
    }

    /// Returns the recipe that an argument names, `COLLECTION/RECIPE` without an extension: a file
    /// of this name is never a recipe. Returns `None` if no such collection is installed.
    pub fn find(&self, argument: &str) -> Option<Result<InstalledRecipe<'_>, BadCollection>> {
        let (name, recipe) = argument.split_once('/')?;
        if Language::of(Path::new(argument)).is_some() {
            return None;
        }
        let (collection, _) = self.lock.collections.get_key_value(name)?;
        Some(self.recipe(collection, recipe))
    }

    /// Returns the recipe at a location in a journal.
    pub fn at(&self, location: &str) -> Option<Result<InstalledRecipe<'_>, BadCollection>> {
        let (name, file) = location.strip_prefix(COLLECTION)?.split_once('/')?;
        let (collection, _) = self.lock.collections.get_key_value(name)?;
        Some(self.recipe(collection, stem(file)))
    }

    fn recipe<'a>(
        &'a self,
        collection: &'a str,
        recipe: &str,
    ) -> Result<InstalledRecipe<'a>, BadCollection> {
        let manifest = self.manifest(collection)?;
        let wanted = format!("{RECIPES}{recipe}");
        let mut recipes = manifest.recipes().map(|(path, _)| path);
        match recipes.find(|path| stem(path) == wanted) {
            Some(path) => Ok(InstalledRecipe { collection, path: path.to_owned() }),
            None => {
                let names: Vec<String> =
                    manifest.recipes().map(|(path, _)| name_of(collection, path)).collect();
                let wanted = format!("{collection}/{recipe}");
                let remedy = match nearest(&wanted, names.iter().map(String::as_str)) {
                    Some(near) => format!("did you mean {near}?"),
                    None => format!("see its recipes: gscript search {collection}/"),
                };
                let why = format!("the collection {collection} has no recipe {recipe}");
                Err(BadCollection::invalid(why, remedy))
            }
        }
    }

    /// Reads and verifies a recipe with its modules.
    pub fn load(&self, recipe: &InstalledRecipe<'_>) -> Result<Recipe, BadCollection> {
        let InstalledRecipe { collection, path } = recipe;
        let manifest = self.manifest(collection)?;
        let files = VerifiedTexts { installed: self, changed: RefCell::default() };
        let text = files.text(collection, path).ok().flatten();
        let text = text.ok_or_else(|| damaged(collection, path))?;
        let modules = CollectionShelf { own: collection, uses: &manifest.uses, texts: &files };
        let parsed = parse(collection, path, text, &modules)?;
        let doubt = self.doubt(collection, &files.changed.borrow());
        Ok(parsed.doubted(doubt))
    }

    /// Returns the path of the file of a recipe.
    pub fn file(&self, recipe: &InstalledRecipe<'_>) -> Result<PathBuf, BadCollection> {
        let InstalledRecipe { collection, path } = recipe;
        Ok(self.files(self.locked(collection)?).join(path))
    }

    /// Checks that all files of a collection are those that were installed.
    pub fn verify(&self, name: &str) -> Result<(), BadCollection> {
        let locked = self.locked(name)?;
        let offer = Offer::of(read_directory(&self.files(locked))?, self)?;
        match offer.digest() == locked.manifest {
            true => Ok(()),
            false => Err(BadCollection::refused(
                format!("the collection {name} has changed since it was installed"),
                format!("install it again: gscript update {name}"),
            )),
        }
    }

    /// Returns why a recipe must be confirmed before it runs.
    fn doubt(&self, collection: &str, changed: &[String]) -> Option<Doubt> {
        if let Some(file) = changed.first() {
            return Some(Doubt::Changed { file: file.clone() });
        }
        let unsigned = self
            .lock
            .collections
            .get(collection)
            .is_none_or(|locked| locked.verified == Verification::Unsigned);
        unsigned.then(|| Doubt::Unsigned { collection: collection.to_owned() })
    }
}

/// Returns the name that selects a recipe of a collection.
pub(super) fn name_of(collection: &str, path: &str) -> String {
    format!("{collection}/{}", stem(path.strip_prefix(RECIPES).unwrap_or(path)))
}

impl InstalledRecipe<'_> {
    /// Returns the name that selects the recipe.
    pub fn name(&self) -> String {
        name_of(self.collection, &self.path)
    }
}

fn damaged(collection: &str, file: &str) -> BadCollection {
    BadCollection::refused(
        format!("the installed collection {collection} has no readable file {file}"),
        format!("install it again: gscript update {collection}"),
    )
}

/// The files of installed collections, and which of them are not those that were installed.
struct VerifiedTexts<'a> {
    installed: &'a Installed,
    changed: RefCell<Vec<String>>,
}

impl CollectionTexts for VerifiedTexts<'_> {
    fn text(&self, collection: &str, path: &str) -> Result<Option<String>, String> {
        let read = self.installed.read_manifest(collection).map_err(|bad| bad.why)?;
        let locked = self.installed.locked(collection).map_err(|bad| bad.why)?;
        let note = |file: &str| self.changed.borrow_mut().push(format!("{collection}/{file}"));
        if read.changed {
            note(MANIFEST);
        }
        let listed = read.manifest.file(path);
        let bytes = read_below(&self.installed.files(locked), Path::new(path), MAX_FILE)
            .map_err(|error| format!("failed to read {collection}/{path}: {error}"))?;
        let Some(bytes) = bytes else { return Ok(None) };
        // A file that was added to the directory later is no part of the collection.
        let Some(listed) = listed else { return Ok(None) };
        if listed.sha256 != sha256(&bytes) {
            note(path);
        }
        let text = String::from_utf8(bytes);
        text.map(Some).map_err(|_| format!("{collection}/{path} is not a text file"))
    }
}

impl CollectionTexts for Installed {
    fn text(&self, collection: &str, path: &str) -> Result<Option<String>, String> {
        let texts = VerifiedTexts { installed: self, changed: RefCell::default() };
        let text = texts.text(collection, path)?;
        match texts.changed.borrow().first() {
            None => Ok(text),
            Some(file) => Err(format!("{file} has changed since it was installed")),
        }
    }
}
