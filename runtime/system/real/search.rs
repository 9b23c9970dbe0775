//! The lookup of programs.

use std::collections::HashMap;
use std::fs;
use std::path::{Path, PathBuf};

use super::super::MissingProgram;
use super::environment::SEARCH_PATH;
use crate::machine::HIDDEN_DIRECTORIES;

/// The programs that were looked up.
#[derive(Debug, Default)]
pub(super) struct Programs(HashMap<String, Option<PathBuf>>);

impl Programs {
    pub(super) fn find(&mut self, name: &str) -> Result<PathBuf, MissingProgram> {
        if !self.0.contains_key(name) {
            self.0.insert(name.to_owned(), find_program(name));
        }
        let found = self.0.get(name).and_then(Clone::clone);
        found.ok_or_else(|| MissingProgram::named(name))
    }
}

/// Returns the path of a program on this system, if it is installed.
pub fn find_program(name: &str) -> Option<PathBuf> {
    let path = std::env::var("PATH").unwrap_or_default();
    let hidden = HIDDEN_DIRECTORIES.iter().filter(|(tool, _)| *tool == name);
    let hidden = hidden.flat_map(|(_, directories)| directories.iter().copied());
    let directories = path
        .split(':')
        .chain(SEARCH_PATH.split(':'))
        .filter(|dir| dir.starts_with('/'))
        .chain(hidden);
    directories.map(|dir| Path::new(dir).join(name)).find(|file| is_executable(file))
}

fn is_executable(file: &Path) -> bool {
    use std::os::unix::fs::PermissionsExt;
    fs::metadata(file).is_ok_and(|meta| meta.is_file() && meta.permissions().mode() & 0o111 != 0)
}
