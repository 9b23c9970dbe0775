//! Archives of collections: tar, plain or compressed by gzip. Nothing is written while one is
//! read, and nothing but regular files is taken.

use std::collections::BTreeMap;
use std::io::{self, BufRead, BufReader, Read};

use flate2::read::GzDecoder;
use tar::{Archive, EntryType};

use super::bad::BadCollection;
use super::place::{ABOUT, safe};
use super::tree::{CollectionTree, MAX_FILE, MAX_TOTAL, too_large};

/// The maximum number of entries of an archive, including files that are no part of the collection.
const MAX_ENTRIES: usize = 65_536;
/// The maximum size of an unpacked archive in bytes.
const MAX_UNPACKED: u64 = 2 * MAX_TOTAL;
/// The first bytes of gzip (RFC 1952).
const GZIP: [u8; 2] = [0x1f, 0x8b];

/// Reads the files of a collection from an archive. A directory that contains the whole collection
/// is stripped, as in archives of a release.
pub fn unpack(archive: impl Read) -> Result<CollectionTree, BadCollection> {
    let mut archive = BufReader::new(archive);
    let start = archive.fill_buf().map_err(|error| unreadable(&error))?;
    if start.starts_with(&GZIP) {
        read(Bounded { inner: GzDecoder::new(archive), left: MAX_UNPACKED })
    } else {
        read(Bounded { inner: archive, left: MAX_UNPACKED })
    }
}

fn read(stream: impl Read) -> Result<CollectionTree, BadCollection> {
    let mut found: BTreeMap<String, Option<Vec<u8>>> = BTreeMap::new();
    let mut archive = Archive::new(stream);
    let entries = archive.entries().map_err(|error| unreadable(&error))?;
    for (number, entry) in entries.enumerate() {
        let mut entry = entry.map_err(|error| unreadable(&error))?;
        if number >= MAX_ENTRIES {
            return Err(invalid(format!("more than {MAX_ENTRIES} entries")));
        }
        let path = entry.path_bytes().into_owned();
        let path = path.strip_prefix(b"./").unwrap_or(&path);
        match entry.header().entry_type() {
            // The comment of `git archive`, with the commit.
            EntryType::XGlobalHeader => {}
            EntryType::Directory if matches!(path, b"" | b".") => {}
            kind @ (EntryType::Directory | EntryType::Regular) => {
                let path = safe(path).map_err(invalid)?.to_owned();
                if kind == EntryType::Directory {
                    continue;
                }
                let bytes = content(&mut entry).map_err(|error| unreadable(&error))?;
                if found.insert(path.clone(), bytes).is_some() {
                    return Err(invalid(format!("{path} is in the archive twice")));
                }
            }
            other => {
                let path = String::from_utf8_lossy(path);
                return Err(invalid(format!("{path:?} is {}", in_words(other))));
            }
        }
    }
    into_tree(found)
}

/// Returns the content of a file, or `None` if it is larger than any file of a collection.
fn content(entry: &mut tar::Entry<'_, impl Read>) -> io::Result<Option<Vec<u8>>> {
    if entry.size() > MAX_FILE {
        return Ok(None);
    }
    let mut bytes = Vec::new();
    entry.read_to_end(&mut bytes)?;
    Ok(Some(bytes))
}

fn into_tree(found: BTreeMap<String, Option<Vec<u8>>>) -> Result<CollectionTree, BadCollection> {
    let top = match found.contains_key(ABOUT) {
        true => String::new(),
        false => top(&found).unwrap_or_default(),
    };
    let mut tree = CollectionTree::default();
    for (path, bytes) in found {
        let Some(path) = path.strip_prefix(&top) else { continue };
        match bytes {
            Some(bytes) => tree.add(path.as_bytes(), bytes)?,
            None if super::place::role(path) == Ok(None) => {}
            None => return Err(too_large(path)),
        }
    }
    Ok(tree)
}

/// Returns the one directory that contains everything.
fn top(found: &BTreeMap<String, Option<Vec<u8>>>) -> Option<String> {
    let first = found.keys().next()?.split('/').next()?;
    let top = format!("{first}/");
    found.keys().all(|path| path.starts_with(&top)).then_some(top)
}

fn in_words(kind: EntryType) -> &'static str {
    match kind {
        EntryType::Symlink => "a symbolic link",
        EntryType::Link => "a hard link",
        EntryType::Char | EntryType::Block => "a device",
        EntryType::Fifo => "a pipe",
        EntryType::GNUSparse => "a sparse file",
        _ => "not a regular file",
    }
}

fn unreadable(error: &io::Error) -> BadCollection {
    invalid(format!("not a readable archive: {error}"))
}

fn invalid(why: String) -> BadCollection {
    BadCollection::invalid(
        why,
        "a collection is a tar archive of regular files, plain or compressed by gzip",
    )
}

/// A stream that must end after this number of bytes.
struct Bounded<R> {
    inner: R,
    left: u64,
}

impl<R: Read> Read for Bounded<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let read = self.inner.read(buffer)?;
        let Some(left) = self.left.checked_sub(read as u64) else {
            let text = format!("it unpacks to more than {} MiB", MAX_UNPACKED >> 20);
            return Err(io::Error::other(text));
        };
        self.left = left;
        Ok(read)
    }
}
