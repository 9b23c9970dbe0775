//! Absolute paths, and paths inside a root directory.

use std::fmt;
use std::path::{Component, Path, PathBuf};

use serde::{Deserialize, Serialize};

use super::text::{TextRule, is_shown};
use super::{Completes, Mismatch, ParamType, ParamValue, Value};

/// An absolute path without `..`; its target does not depend on the current directory.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct AbsPath(PathBuf);

impl AbsPath {
    /// Creates a path that is known to be absolute and normalized, without validation.
    pub fn assume_valid(path: impl Into<PathBuf>) -> Self {
        Self(path.into())
    }

    /// Returns the path as a [`Path`].
    pub fn as_path(&self) -> &Path {
        &self.0
    }

    /// Returns the path with a relative path appended.
    #[must_use]
    pub fn join(&self, below: &str) -> Self {
        Self(self.0.join(below))
    }
}

/// Rejects control characters: paths are written to tables, commands and prompts.
pub(super) const PATH: TextRule = TextRule::of(is_shown, 4095);

/// Returns an error if a component is longer than any filesystem allows (`NAME_MAX`).
pub(super) fn too_long(path: &str) -> Option<String> {
    let long = path.split('/').map(str::len).find(|length| *length > 255)?;
    Some(format!("a component has {long} bytes, 255 are allowed"))
}

impl fmt::Display for AbsPath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.display().fmt(f)
    }
}

impl ParamValue for AbsPath {
    const TYPE: ParamType =
        ParamType::new("path", "an absolute path without \"..\"").completes(Completes::Paths);

    fn decode(value: &Value) -> Result<Self, Mismatch> {
        let Value::Text(text) = value else { return Err(Mismatch::kind(&Self::TYPE, value)) };
        let path = Path::new(text);
        let normal = path.components().all(|c| !matches!(c, Component::ParentDir));
        if !path.is_absolute() || !normal {
            return Err(Mismatch::because(&Self::TYPE, value.to_string()));
        }
        match PATH.fault(text).or_else(|| too_long(text)) {
            // Collecting the components drops `//`, `/./` and a trailing slash.
            None => Ok(Self(path.components().collect())),
            Some(fault) => Err(Mismatch::refused(&Self::TYPE, text, &fault)),
        }
    }

    fn encode(&self) -> Value {
        Value::Text(self.to_string())
    }
}

/// A file inside a root directory; symlinks in its path never resolve to a target outside of the
/// root.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Place {
    /// The root: `/` for the running system, `/mnt/gentoo` for an installation.
    pub root: PathBuf,
    /// The absolute path inside the root.
    pub path: PathBuf,
}

impl Place {
    /// Creates a place in the running system, or in the tree below `root`.
    pub fn new(path: &AbsPath, root: Option<&AbsPath>) -> Self {
        Self {
            root: root.map_or_else(|| PathBuf::from("/"), |root| root.as_path().to_owned()),
            path: path.as_path().to_owned(),
        }
    }

    /// Creates a place in the running system.
    pub fn here(path: impl Into<PathBuf>) -> Self {
        Self { root: PathBuf::from("/"), path: path.into() }
    }

    /// Returns the path as seen from the running system, without resolving symlinks.
    pub fn outside(&self) -> PathBuf {
        if self.root.as_os_str() == "/" {
            return self.path.clone();
        }
        let inner = self.path.strip_prefix("/").unwrap_or(&self.path);
        if inner.as_os_str().is_empty() { self.root.clone() } else { self.root.join(inner) }
    }

    /// Returns the parent directory; the parent of the root is the root.
    #[must_use]
    pub fn parent(&self) -> Self {
        let path = self.path.parent().unwrap_or(Path::new("/")).to_owned();
        Self { root: self.root.clone(), path }
    }
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.outside().display().fmt(f)
    }
}
