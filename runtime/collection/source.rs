//! Where collections come from.

use std::path::{Path, PathBuf};

use super::bad::BadCollection;

/// The source of a collection.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum CollectionSource {
    /// A directory.
    Directory(PathBuf),
    /// A tar archive.
    Archive(PathBuf),
    /// The address of a tar archive.
    Download(String),
    /// The address of a git repository.
    Repository(String),
}

/// The transports, as they begin an address.
const TRANSPORTS: [&str; 4] = ["https://", "http://", "ssh://", "file://"];
/// The endings of archives.
const ARCHIVES: [&str; 3] = [".tar", ".tar.gz", ".tgz"];

impl CollectionSource {
    /// Reads an argument, or a source that was recorded.
    pub fn parse(text: &str) -> Result<Self, BadCollection> {
        let Some(transport) = TRANSPORTS.into_iter().find(|begin| text.starts_with(begin)) else {
            return Self::path(text);
        };
        let rest = &text[transport.len()..];
        let host = rest.split('/').next().unwrap_or_default();
        if text.chars().any(|c| c.is_whitespace() || c.is_control() || c == '"') || rest.is_empty()
        {
            let why = format!("{text:?} is not an address");
            return Err(BadCollection::invalid(why, "give the address without spaces"));
        }
        if host.rsplit_once('@').is_some_and(|(user, _)| user.contains(':')) {
            // It would be in the arguments of a program and in the lock file.
            let why = "the address has a password, which other users could read";
            return Err(BadCollection::refused(why, "remove it; use ssh:// with a key"));
        }
        let archive = ARCHIVES.iter().any(|ending| rest.ends_with(ending));
        Ok(match transport {
            "https://" | "http://" if archive => Self::Download(text.to_owned()),
            _ => Self::Repository(text.to_owned()),
        })
    }

    fn path(text: &str) -> Result<Self, BadCollection> {
        let path = std::fs::canonicalize(text).map_err(|error| {
            let why = format!("failed to read {text}: {error}");
            let begin = TRANSPORTS.join(", ");
            BadCollection::invalid(why, format!("give a path, or an address: {begin}"))
        })?;
        Ok(if path.is_dir() { Self::Directory(path) } else { Self::Archive(path) })
    }

    /// Returns the source as it is recorded.
    pub fn text(&self) -> String {
        match self {
            Self::Directory(path) | Self::Archive(path) => path.to_string_lossy().into_owned(),
            Self::Download(address) | Self::Repository(address) => address.clone(),
        }
    }

    /// Returns the file of an archive.
    pub fn file(&self) -> Option<&Path> {
        match self {
            Self::Archive(path) => Some(path),
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_plain_addresses_are_sources() {
        for text in [
            "ext::sh -c id",
            "https://a b/c",
            "https://me:secret@host/c",
            "https://",
            "fd::17/foo",
            "-u/etc",
            "git@host:c.git",
            "/nonexistent/collection",
            "http://a\nb",
        ] {
            assert!(CollectionSource::parse(text).is_err(), "{text}");
        }
        for (text, wanted) in [
            ("https://a.org/c.git", CollectionSource::Repository("https://a.org/c.git".into())),
            ("ssh://git@a.org/c", CollectionSource::Repository("ssh://git@a.org/c".into())),
            ("file:///srv/c.tar", CollectionSource::Repository("file:///srv/c.tar".into())),
            ("http://a.org/c.tar.gz", CollectionSource::Download("http://a.org/c.tar.gz".into())),
        ] {
            assert_eq!(CollectionSource::parse(text), Ok(wanted));
        }
    }
}
