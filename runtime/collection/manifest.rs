//! The manifest of a collection: all of its files with their digests, and what its recipes need.

use serde::{Deserialize, Serialize};

use super::about::{About, check_name, check_title};
use super::bad::BadCollection;
use super::contents::{ManifestRecipe, recipes_of};
use super::place::{FileRole, MANIFEST, role, safe};
use super::shelf::CollectionTexts;
use super::signature::AuthorKey;
use super::tree::{CollectionTree, MAX_FILE};
use crate::types::{sha256, unhex};

/// The version of the format.
const FORMAT: u32 = 1;
/// The maximum size of a manifest in bytes.
pub(super) const MAX_MANIFEST: u64 = 4 << 20;
/// The maximum number of revoked keys.
const MAX_REVOKED: usize = 64;

/// The manifest of a collection.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Manifest {
    format: u32,
    /// The name of the collection.
    pub collection: String,
    /// The title of the collection.
    pub title: String,
    /// Other collections whose modules are imported.
    pub uses: Vec<String>,
    /// What the author declares about this version; `None` if the collection is not signed.
    pub published: Option<Publication>,
    /// The files, by path.
    pub files: Vec<ManifestFile>,
}

/// The declarations of an author about a version.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Publication {
    /// The number of the version, which only grows.
    pub serial: u64,
    /// The last day on which this version may be installed, as `YYYY-MM-DD`.
    pub expires: String,
    /// The public key of the signature.
    pub key: String,
    /// The key that will sign later versions.
    pub next_key: Option<String>,
    /// Keys that no longer sign this collection.
    pub revoked: Vec<String>,
}

/// A file of a collection.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ManifestFile {
    /// The path in the collection.
    pub name: String,
    /// The size in bytes.
    pub size: u64,
    /// The SHA-256 digest.
    pub sha256: String,
    /// The declarations, if the file is a recipe.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub recipe: Option<ManifestRecipe>,
}

impl Manifest {
    /// Describes the files of a collection.
    pub fn describe(
        tree: &CollectionTree,
        published: Option<Publication>,
        others: &dyn CollectionTexts,
    ) -> Result<Self, BadCollection> {
        let About { name, title, uses } = About::of(tree)?;
        let mut recipes = recipes_of(tree, &name, &uses, others)?;
        let file = |(path, bytes): (&str, &[u8])| ManifestFile {
            name: path.to_owned(),
            size: bytes.len() as u64,
            sha256: sha256(bytes),
            recipe: recipes.remove(path),
        };
        let files = tree.listed().map(file).collect();
        let manifest = Self { format: FORMAT, collection: name, title, uses, published, files };
        manifest.check()?;
        Ok(manifest)
    }

    /// Reads a manifest.
    pub fn parse(bytes: &[u8]) -> Result<Self, BadCollection> {
        if bytes.len() as u64 > MAX_MANIFEST {
            return Err(invalid(format!("more than {} MiB", MAX_MANIFEST >> 20)));
        }
        let manifest: Self =
            serde_json::from_slice(bytes).map_err(|error| invalid(error.to_string()))?;
        manifest.check()?;
        Ok(manifest)
    }

    /// Returns the manifest as it is signed.
    pub fn to_bytes(&self) -> Vec<u8> {
        // Plain data with string keys always serialises.
        let mut bytes = serde_json::to_vec(self).unwrap_or_default();
        bytes.push(b'\n');
        bytes
    }

    /// Checks everything that the manifest states about itself.
    fn check(&self) -> Result<(), BadCollection> {
        if self.format != FORMAT {
            return Err(invalid(format!("format {}, expected {FORMAT}", self.format)));
        }
        check_name(&self.collection)?;
        check_title(MANIFEST, &self.title)?;
        if let Some(published) = &self.published {
            published.check()?;
        }
        let mut before = "";
        for file in &self.files {
            file.check()?;
            if file.name.as_str() <= before {
                return Err(invalid(format!("{:?} is not in order, or twice", file.name)));
            }
            before = &file.name;
        }
        Ok(())
    }

    /// Checks that a collection has exactly the files of the manifest, and that its recipes declare
    /// what the manifest declares.
    pub(super) fn check_tree(
        &self,
        tree: &CollectionTree,
        others: &dyn CollectionTexts,
    ) -> Result<(), BadCollection> {
        for (path, bytes) in tree.listed() {
            match self.file(path) {
                None => return Err(differs(&format!("{path} is not in {MANIFEST}"))),
                Some(file) if file.size != bytes.len() as u64 || file.sha256 != sha256(bytes) => {
                    return Err(differs(&format!("{path} is not the file of {MANIFEST}")));
                }
                Some(_) => {}
            }
        }
        let missing = |file: &&ManifestFile| tree.get(&file.name).is_none();
        if let Some(file) = self.files.iter().find(missing) {
            return Err(differs(&format!("{} is missing", file.name)));
        }
        let found = Self::describe(tree, self.published.clone(), others)?;
        if let Some((file, _)) = self.files.iter().zip(&found.files).find(|(a, b)| a != b) {
            let why =
                format!("{MANIFEST} and {} declare different needs, defaults or titles", file.name);
            return Err(differs(&why));
        }
        match (&found.collection, &found.title, &found.uses)
            == (&self.collection, &self.title, &self.uses)
        {
            true => Ok(()),
            false => Err(differs(&format!("{MANIFEST} and collection.toml differ"))),
        }
    }

    /// Returns a file by its path.
    pub fn file(&self, path: &str) -> Option<&ManifestFile> {
        let found = self.files.binary_search_by(|file| file.name.as_str().cmp(path));
        found.ok().and_then(|at| self.files.get(at))
    }

    /// Returns all recipes with their paths.
    pub fn recipes(&self) -> impl Iterator<Item = (&str, &ManifestRecipe)> {
        self.files.iter().filter_map(|file| Some((file.name.as_str(), file.recipe.as_ref()?)))
    }
}

impl ManifestFile {
    fn check(&self) -> Result<(), BadCollection> {
        let Self { name, size, sha256, recipe } = self;
        let role = safe(name.as_bytes()).and_then(role).map_err(invalid)?;
        let listed = matches!(
            role,
            Some(FileRole::About | FileRole::Recipe | FileRole::Module | FileRole::Test)
        );
        if !listed {
            return Err(invalid(format!("{name:?} is not a file of a collection")));
        }
        if *size > MAX_FILE || unhex::<32>(sha256).is_none() {
            return Err(invalid(format!("{name}: invalid size or digest")));
        }
        if recipe.is_some() != (role == Some(FileRole::Recipe)) {
            return Err(invalid(format!("{name}: needs belong to recipes, and only to them")));
        }
        recipe.iter().try_for_each(|recipe| check_title(name, &recipe.title))
    }
}

impl Publication {
    fn check(&self) -> Result<(), BadCollection> {
        let keys = || self.revoked.iter().chain(&self.next_key).chain([&self.key]);
        keys().try_for_each(|key| match AuthorKey::parse(key)?.text() == key {
            true => Ok(()),
            false => Err(invalid(format!("{key:?} is not a public key"))),
        })?;
        if self.revoked.len() > MAX_REVOKED {
            return Err(invalid(format!("more than {MAX_REVOKED} revoked keys")));
        }
        let used = [Some(&self.key), self.next_key.as_ref()];
        if used.into_iter().flatten().any(|key| self.revoked.contains(key)) {
            return Err(invalid("a revoked key is its own key or its next key".into()));
        }
        if !is_date(&self.expires) {
            return Err(invalid(format!("expires: {:?} is not YYYY-MM-DD", self.expires)));
        }
        match self.serial {
            0 => Err(invalid("serial: 0 is too small".into())),
            _ => Ok(()),
        }
    }
}

/// Returns whether a string is a date that is ordered like its characters.
fn is_date(text: &str) -> bool {
    chrono::NaiveDate::parse_from_str(text, "%Y-%m-%d")
        .is_ok_and(|date| date.format("%Y-%m-%d").to_string() == text)
}

#[expect(clippy::needless_pass_by_value, reason = "it is passed to map_err")]
fn invalid(why: String) -> BadCollection {
    BadCollection::refused(
        format!("{MANIFEST}: {why}"),
        "fetch the collection again; its author creates the manifest: gscript collection sign",
    )
}

fn differs(why: &str) -> BadCollection {
    BadCollection::refused(why, "fetch the collection again; its author must sign it after changes")
}
