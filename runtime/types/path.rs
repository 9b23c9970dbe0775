//! Paths, and paths inside a root.

use std::fmt;
use std::path::{Component, Path, PathBuf};

use serde::{Deserialize, Serialize};

use super::text::{Rule, is_shown};
use super::{Completes, Mismatch, ParamType, ParamValue, Value};

/// An absolute path without `..`: what it names can't change by where a person stands.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct AbsPath(PathBuf);

impl AbsPath {
    /// A path of ours, known to be absolute and normal.
    pub fn known(path: impl Into<PathBuf>) -> Self {
        Self(path.into())
    }

    /// The path.
    pub fn as_path(&self) -> &Path {
        &self.0
    }

    /// The same path with something below it.
    #[must_use]
    pub fn join(&self, below: &str) -> Self {
        Self(self.0.join(below))
    }
}

/// Paths go into tables, commands and questions: none of them needs a control character.
pub(super) const PATH: Rule = Rule::of(is_shown, 4095);

/// Why no filesystem has a file of this name (NAME_MAX).
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

/// A file, seen from a root: symlinks on the way to it never lead outside that root.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Place {
    /// `/` for the running system, `/mnt/gentoo` for an installation.
    pub root: PathBuf,
    /// The path as it is called inside that root; absolute.
    pub path: PathBuf,
}

impl Place {
    /// A file of the running system, or of the tree below `root`.
    pub fn new(path: &AbsPath, root: Option<&AbsPath>) -> Self {
        Self {
            root: root.map_or_else(|| PathBuf::from("/"), |root| root.as_path().to_owned()),
            path: path.as_path().to_owned(),
        }
    }

    /// A file of the running system.
    pub fn here(path: impl Into<PathBuf>) -> Self {
        Self { root: PathBuf::from("/"), path: path.into() }
    }

    /// The path from the running system's point of view (symlinks aside).
    pub fn outside(&self) -> PathBuf {
        if self.root.as_os_str() == "/" {
            return self.path.clone();
        }
        let inner = self.path.strip_prefix("/").unwrap_or(&self.path);
        if inner.as_os_str().is_empty() { self.root.clone() } else { self.root.join(inner) }
    }

    /// The directory that holds it; the root holds itself.
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
