//! Processes and loop devices that keep a mount point busy.

use std::fs;
use std::path::{Path, PathBuf};

use super::loops::loops_in;
use crate::types::{path_of, text_of};

/// Returns descriptions of the loop devices on files below a mount point, `/dev/loop0 shows
/// /mnt/y/image`, and of up to five processes: `bash (pid 4711) has its working directory there`.
pub(crate) fn holders(at: &str) -> Vec<String> {
    let at = path_of(at);
    let mut found = loops_in(&at);
    found.extend(processes_in(&at));
    found
}

fn processes_in(at: &Path) -> Vec<String> {
    const MAX_SHOWN: usize = 5;
    let mut found: Vec<String> = processes()
        .filter_map(|process| Some(described(&process, kind_of_use(&process, at)?)))
        .take(MAX_SHOWN)
        .collect();
    found.sort();
    found
}

/// Returns the directories of all processes below `/proc`.
pub(super) fn processes() -> impl Iterator<Item = PathBuf> {
    let entries = fs::read_dir("/proc").into_iter().flatten().flatten();
    let is_process = |entry: &fs::DirEntry| {
        entry.file_name().to_string_lossy().bytes().all(|b| b.is_ascii_digit())
    };
    entries.filter(is_process).map(|entry| entry.path())
}

/// Returns the name and the number of a process, followed by what it does.
pub(super) fn described(process: &Path, what: &str) -> String {
    let name = text_of(&fs::read(process.join("comm")).unwrap_or_default());
    let pid = process.file_name().unwrap_or_default().to_string_lossy();
    format!("{} (pid {pid}) {what}", name.trim())
}

pub(crate) fn kind_of_use(process: &Path, at: &Path) -> Option<&'static str> {
    let points = |link: &str| fs::read_link(process.join(link)).is_ok_and(|to| to.starts_with(at));
    if points("cwd") {
        return Some("has its working directory there");
    }
    if points("root") {
        return Some("has its root there");
    }
    if points("exe") {
        return Some("is a program from there");
    }
    let open = fs::read_dir(process.join("fd")).ok()?;
    let inside =
        |entry: fs::DirEntry| fs::read_link(entry.path()).is_ok_and(|to| to.starts_with(at));
    open.flatten().any(inside).then_some("has files open there")
}
