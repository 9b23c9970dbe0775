//! Collections: recipes and modules of other authors, installed by name.
//!
//! A collection is a directory with `collection.toml`, `recipes/` and `modules/`. `archive` and
//! `directory` read one into a `tree`, which has nothing but plain files with harmless names
//! (`place`). `contents` parses its recipes without evaluating them; `manifest` lists its files with
//! their digests and needs, and `signature` verifies the author of the manifest. `admission`
//! decides whether a collection may be installed or may replace an installed one, from what
//! `memory` has kept of it: the lock file and the highest serial of each key. `defaults` are those
//! of the parameters that needs name. `installed` reads
//! recipes of installed collections, and `shelf` finds their modules.
//!
//! To add a rule for what may be installed: a function in `admission`, and an attempt in
//! `tests/attacks/collections.rs`.

mod about;
mod admission;
mod archive;
mod bad;
mod contents;
mod defaults;
mod directory;
mod installed;
mod manifest;
mod memory;
mod offer;
mod place;
mod shelf;
mod signature;
mod signing;
mod source;
mod tree;

pub use about::{About, check_name};
pub use admission::{Admission, Author, WidenedRecipe, admit, verify_own, widened};
pub use archive::unpack;
pub use bad::BadCollection;
pub use contents::ManifestRecipe;
pub use defaults::NeedDefaults;
pub use directory::read_directory;
pub use installed::{Installed, InstalledRecipe};
pub use manifest::{Manifest, ManifestFile, Publication};
pub use memory::{KnownAuthor, LockFile, LockedCollection, Memory, Verification};
pub use offer::Offer;
pub use place::{ABOUT, MANIFEST, SIGNATURE};
pub use shelf::CollectionTexts;
pub use signature::AuthorKey;
pub use signing::{SecretKeyFile, sign};
pub use source::CollectionSource;
pub use tree::CollectionTree;
