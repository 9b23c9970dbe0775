//! A collection that may be installed.

use super::bad::BadCollection;
use super::manifest::Manifest;
use super::place::{MANIFEST, SIGNATURE};
use super::shelf::CollectionTexts;
use super::tree::CollectionTree;
use crate::types::sha256;

/// A collection that may be installed: its files match its manifest.
#[derive(Debug, Clone)]
pub struct Offer {
    /// The manifest.
    pub manifest: Manifest,
    /// The manifest as it is signed.
    pub bytes: Vec<u8>,
    /// The signature, which is not verified.
    pub signature: Option<String>,
    /// The files.
    pub tree: CollectionTree,
}

impl Offer {
    /// Checks the files of a collection against its manifest. A collection without a signature gets
    /// a manifest that describes it.
    pub fn of(tree: CollectionTree, others: &dyn CollectionTexts) -> Result<Self, BadCollection> {
        let signature = tree.text(SIGNATURE)?.map(str::to_owned);
        let (manifest, bytes) = match (tree.get(MANIFEST), &signature) {
            (Some(bytes), _) => {
                let bytes = bytes.to_vec();
                let manifest = Manifest::parse(&bytes)?;
                manifest.check_tree(&tree, others)?;
                (manifest, bytes)
            }
            (None, Some(_)) => {
                let why = format!("there is {SIGNATURE}, and no {MANIFEST}");
                return Err(BadCollection::refused(why, "fetch the collection again"));
            }
            (None, None) => {
                let manifest = Manifest::describe(&tree, None, others)?;
                let bytes = manifest.to_bytes();
                (manifest, bytes)
            }
        };
        if signature.is_some() && manifest.published.is_none() {
            let why = format!("{MANIFEST} has a signature, and no serial and key");
            return Err(BadCollection::refused(why, "sign it again: gscript collection sign"));
        }
        Ok(Self { manifest, bytes, signature, tree })
    }

    /// Returns the name of the collection.
    pub fn name(&self) -> &str {
        &self.manifest.collection
    }

    /// Returns the SHA-256 digest of the manifest, which stands for the whole collection.
    pub fn digest(&self) -> String {
        sha256(&self.bytes)
    }
}
