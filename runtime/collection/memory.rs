//! What is remembered of collections: the lock file, with what is installed and how it was
//! verified, and the memory of authors, which outlives their collections. Both are files of the
//! user who runs the program; no recipe and no collection can change them.

use std::collections::BTreeMap;

use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use super::defaults::NeedDefaults;
use super::offer::Offer;
use crate::plan::needs::Needs;

/// The version of both formats.
const FORMAT: u32 = 1;

/// The installed collections.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LockFile {
    format: u32,
    /// The collections by name.
    pub collections: BTreeMap<String, LockedCollection>,
}

/// An installed collection.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LockedCollection {
    /// Where it came from.
    pub source: String,
    /// The SHA-256 digest of its manifest, which has the digests of all files.
    pub manifest: String,
    /// The serial, if it is signed.
    pub serial: Option<u64>,
    /// The key that signed it.
    pub key: Option<String>,
    /// How it was verified.
    pub verified: Verification,
    /// The needs of each recipe, by path.
    pub needs: BTreeMap<String, Needs>,
    /// The defaults of the parameters that these needs name, by path.
    #[serde(default)]
    pub defaults: BTreeMap<String, NeedDefaults>,
}

/// How a collection was verified.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Verification {
    /// It has no signature.
    Unsigned,
    /// By a signature of a key that was given on the command line.
    KeyGiven,
    /// By a signature of a key whose fingerprint was typed.
    KeyTyped,
    /// By a signature of the key that was known.
    KeyKnown,
    /// By a signature of the key that the version before had announced.
    KeyAnnounced,
}

/// What is remembered of the authors of collections.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Memory {
    format: u32,
    /// The authors by the names of their collections.
    pub authors: BTreeMap<String, KnownAuthor>,
}

/// The author of a collection.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct KnownAuthor {
    /// The key of the newest version.
    pub key: String,
    /// The key that this version announces.
    pub next_key: Option<String>,
    /// The highest serial.
    pub serial: u64,
    /// The SHA-256 digest of the manifest with this serial.
    pub manifest: String,
    /// Keys that no longer sign this collection.
    pub revoked: Vec<String>,
}

/// A file of this module.
trait Versioned {
    fn format(&self) -> u32;
}

impl Versioned for LockFile {
    fn format(&self) -> u32 {
        self.format
    }
}

impl Versioned for Memory {
    fn format(&self) -> u32 {
        self.format
    }
}

impl Default for LockFile {
    fn default() -> Self {
        Self { format: FORMAT, collections: BTreeMap::new() }
    }
}

impl Default for Memory {
    fn default() -> Self {
        Self { format: FORMAT, authors: BTreeMap::new() }
    }
}

fn parse<T: Versioned + DeserializeOwned>(bytes: &[u8]) -> Result<T, String> {
    let read: T = serde_json::from_slice(bytes).map_err(|error| error.to_string())?;
    match read.format() {
        FORMAT => Ok(read),
        other => Err(format!("format {other}, expected {FORMAT}")),
    }
}

/// Returns a file as it is written.
fn text(of: &impl Serialize) -> String {
    // Plain data with string keys always serialises.
    serde_json::to_string_pretty(of).unwrap_or_default() + "\n"
}

impl LockFile {
    /// Reads a lock file.
    pub fn parse(bytes: &[u8]) -> Result<Self, String> {
        parse(bytes)
    }

    /// Returns the lock file as it is written.
    pub fn text(&self) -> String {
        text(self)
    }
}

impl Memory {
    /// Reads the memory of authors.
    pub fn parse(bytes: &[u8]) -> Result<Self, String> {
        parse(bytes)
    }

    /// Returns the memory as it is written.
    pub fn text(&self) -> String {
        text(self)
    }
}

impl LockedCollection {
    /// Returns the entry of a collection that is installed now.
    pub fn of(offer: &Offer, source: &str, verified: Verification) -> Self {
        let published = offer.manifest.published.as_ref();
        let published = published.filter(|_| verified != Verification::Unsigned);
        let needs = |(path, recipe): (&str, &super::contents::ManifestRecipe)| {
            (path.to_owned(), recipe.needs.clone())
        };
        let defaults = |(path, recipe): (&str, &super::contents::ManifestRecipe)| {
            (!recipe.defaults.is_empty()).then(|| (path.to_owned(), recipe.defaults.clone()))
        };
        Self {
            source: source.to_owned(),
            manifest: offer.digest(),
            serial: published.map(|published| published.serial),
            key: published.map(|published| published.key.clone()),
            verified,
            needs: offer.manifest.recipes().map(needs).collect(),
            defaults: offer.manifest.recipes().filter_map(defaults).collect(),
        }
    }
}

impl KnownAuthor {
    /// Returns what is remembered after this version was accepted.
    pub fn after(offer: &Offer, before: Option<&Self>) -> Option<Self> {
        let published = offer.manifest.published.as_ref().filter(|_| offer.signature.is_some())?;
        let mut revoked = before.map(|before| before.revoked.clone()).unwrap_or_default();
        revoked.extend(published.revoked.iter().cloned());
        revoked.sort();
        revoked.dedup();
        Some(Self {
            key: published.key.clone(),
            next_key: published.next_key.clone(),
            serial: published.serial,
            manifest: offer.digest(),
            revoked,
        })
    }
}
