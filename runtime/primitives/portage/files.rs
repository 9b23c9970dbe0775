//! Files and directories of settings in `/etc/portage`, as Portage reads them.

use crate::error::Result;
use crate::machine::files::{FileContents, FileStatus};
use crate::operation::Planning;
use crate::primitives::edit::target;
use crate::primitives::file::text;
use crate::types::Place;

/// Directories of version control systems, which Portage skips.
const IGNORED: [&str; 7] = ["CVS", "RCS", "SCCS", ".bzr", ".git", ".hg", ".svn"];
/// The maximum depth of directories, because links may form a loop.
const DEEPEST: usize = 16;

/// The files of a setting that is a file or a directory of files.
#[derive(Debug, Clone, Default)]
pub(super) struct ConfigFiles {
    /// The files with their contents, in the order in which Portage reads them: a later one takes
    /// precedence.
    pub files: Vec<(Place, String)>,
    /// Whether these are all files; a simulation may not know them.
    pub complete: bool,
}

impl ConfigFiles {
    /// Reads the file or the directory at a place. Portage sorts the names in each directory, and
    /// skips hidden files and backups.
    pub fn read(place: &Place, cx: &Planning<'_>) -> Result<Self> {
        let mut found = Self { files: Vec::new(), complete: true };
        found.collect(place, 0, cx)?;
        Ok(found)
    }

    fn collect(&mut self, place: &Place, depth: usize, cx: &Planning<'_>) -> Result<()> {
        match target(place, cx)? {
            FileStatus::File { .. } => match text(place, cx)? {
                Some(FileContents::Known(bytes)) => {
                    let text = String::from_utf8_lossy(&bytes).into_owned();
                    self.files.push((place.clone(), text));
                }
                Some(FileContents::Unknown(_)) => self.complete = false,
                None => {}
            },
            FileStatus::Dir { .. } if depth < DEEPEST => {
                self.complete &= cx.files.names(place)?.is_some();
                for name in cx.files.known_names(place)?.iter().filter(|name| is_read(name)) {
                    let below = Place { root: place.root.clone(), path: place.path.join(name) };
                    self.collect(&below, depth + 1, cx)?;
                }
            }
            FileStatus::Unknown(_) => self.complete = false,
            _ => {}
        }
        Ok(())
    }

    /// Returns the files with the content of one replaced, or with a new file.
    pub fn with(&self, place: &Place, content: String) -> Self {
        let mut changed = self.clone();
        match changed.files.iter_mut().find(|(found, _)| found == place) {
            Some((_, text)) => *text = content,
            None => {
                let at = changed.files.partition_point(|(found, _)| found.path < place.path);
                changed.files.insert(at, (place.clone(), content));
            }
        }
        changed
    }
}

fn is_read(name: &str) -> bool {
    !name.starts_with('.') && !name.ends_with('~') && !IGNORED.contains(&name)
}
