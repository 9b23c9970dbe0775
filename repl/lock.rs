//! Locks that keep two runs from working on the same disk or directory at once.
//!
//! Each process keeps a file that lists its targets and holds a lock on that file. The kernel
//! releases the lock when the process ends, however it ends, so a file without a lock is stale.

use std::collections::HashMap;
use std::fs::{self, File, OpenOptions};
use std::io::{self, Write};
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU32, Ordering};

use gscript::error::Exit;
use gscript::machine::Machine;
use gscript::plan::approval::Approval;
use gscript::plan::bound::BoundEffect;
use serde::{Deserialize, Serialize};

use crate::render::Problem;
use crate::state::locks;

/// The targets of a process.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
struct LockOwner {
    pid: u32,
    recipe: String,
    /// Disks, and directories that are written to or mounted on.
    targets: Vec<LockTarget>,
}

/// A disk or a directory.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
struct LockTarget {
    /// The name by which the run refers to it.
    name: String,
    /// The target and its ancestor directories. A symbolic link or a bind mount gives a directory
    /// another path, but not another inode.
    nodes: Vec<LockNode>,
}

/// A directory or device node identified by device and inode, and the path from it to the target.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
struct LockNode {
    device: u64,
    inode: u64,
    rest: PathBuf,
}

impl LockTarget {
    /// Returns the targets with these names, whether they exist yet or not.
    fn all<S: AsRef<str>>(names: &[S]) -> Vec<Self> {
        // Thousands of files are often in a few directories.
        let mut directories = HashMap::new();
        names.iter().map(|name| Self::named(name.as_ref(), &mut directories)).collect()
    }

    fn named(name: &str, directories: &mut HashMap<PathBuf, Vec<LockNode>>) -> Self {
        let path = Path::new(name);
        // A missing file is found by its directory; anything that exists may be a symbolic link.
        let is_missing =
            fs::symlink_metadata(path).is_err_and(|error| error.kind() == io::ErrorKind::NotFound);
        let nodes = match (path.parent(), path.file_name()) {
            (Some(parent), Some(file)) if is_missing => {
                let above =
                    directories.entry(parent.to_owned()).or_insert_with(|| Self::nodes(parent));
                let below = |node: &LockNode| LockNode { rest: node.rest.join(file), ..*node };
                above.iter().map(below).collect()
            }
            _ => Self::nodes(path),
        };
        Self { name: name.to_owned(), nodes }
    }

    fn nodes(path: &Path) -> Vec<LockNode> {
        let real = path.ancestors().find_map(|there| {
            let rest = path.strip_prefix(there).ok()?;
            Some(fs::canonicalize(there).ok()?.join(rest))
        });
        let real = real.unwrap_or_else(|| path.to_owned());
        let node = |there: &Path| {
            let found = fs::metadata(there).ok()?;
            let rest = real.strip_prefix(there).ok()?.to_owned();
            Some(LockNode { device: found.dev(), inode: found.ino(), rest })
        };
        real.ancestors().filter_map(node).collect()
    }

    /// Returns whether the targets are equal or one contains the other.
    fn overlaps(&self, other: &Self) -> bool {
        self.nodes.iter().any(|our| {
            other.nodes.iter().any(|their| {
                (our.device, our.inode) == (their.device, their.inode)
                    && (our.rest.starts_with(&their.rest) || their.rest.starts_with(&our.rest))
            })
        })
    }
}

/// A lock on the targets of a run, released on drop.
pub(crate) struct Lock {
    path: PathBuf,
    _file: File,
}

impl Lock {
    /// Locks the targets of a run, unless another process has locked one of them.
    pub(crate) fn acquire(
        recipe: &str,
        approval: &Approval,
        machine: &Machine,
    ) -> Result<Self, Exit> {
        Self::on(recipe, &targets(approval, machine))
    }

    fn on(recipe: &str, targets: &[String]) -> Result<Self, Exit> {
        let targets = LockTarget::all(targets);
        let owner = LockOwner { pid: std::process::id(), recipe: recipe.to_owned(), targets };
        match locks().and_then(|directory| try_take(&directory, &owner)) {
            Ok(Ok(lock)) => Ok(lock),
            Ok(Err((other, target))) => Err(refuse(&other, &target)),
            Err(error) => {
                Problem::new(format!("failed to lock the targets: {error}")).print();
                Err(Exit::Failed)
            }
        }
    }
}

/// The targets of a session. They grow with every action and are locked until the session ends.
#[derive(Default)]
pub(crate) struct SessionTargets {
    targets: Vec<String>,
    lock: Option<Lock>,
}

impl SessionTargets {
    /// Locks the targets of an action, unless another process has locked one of them.
    pub(crate) fn add(&mut self, effects: &[BoundEffect]) -> Result<(), Exit> {
        let mut targets = self.targets.clone();
        for bound in effects {
            match (&bound.effect, &bound.target) {
                (_, Some(target)) => targets.extend(target.below.iter().cloned()),
                (effect, None) => targets.extend(effect.directory()),
            }
        }
        targets.sort();
        targets.dedup();
        if targets != self.targets {
            // The new lock is taken before the old one is released.
            self.lock = Some(Lock::on("a session", &targets)?);
            self.targets = targets;
        }
        Ok(())
    }
}

/// Refuses a device that another process is working on, for commands that take no lock themselves.
pub(crate) fn refuse_locked(device: &str, machine: &Machine) -> Result<(), Exit> {
    let disks = machine.base_disks(device);
    let disks: Vec<&str> = disks.iter().map(|disk| disk.path.as_str()).collect();
    let targets = LockTarget::all(&disks);
    let ours = LockOwner { pid: std::process::id(), recipe: String::new(), targets };
    match locks().and_then(|directory| find_holder(&directory, &ours)) {
        Ok(Some((other, target))) => Err(refuse(&other, &target)),
        // If the lock directory is not available, no process is assumed to hold a lock.
        Ok(None) | Err(_) => Ok(()),
    }
}

fn refuse(other: &LockOwner, target: &str) -> Exit {
    let mut problem = Problem::new(format!(
        "another gscript is working on {target}: {} (process {})",
        other.recipe, other.pid
    ));
    problem.nothing_changed();
    problem.help(format!("wait until it ends, or stop it: kill {}", other.pid)).print();
    Exit::Refused
}

impl Drop for Lock {
    fn drop(&mut self) {
        // A file without a lock is ignored anyway.
        let _ = fs::remove_file(&self.path);
    }
}

/// The number of locks taken by this process: a session may start a recipe, and each takes its own.
static HELD: AtomicU32 = AtomicU32::new(0);

fn try_take(directory: &Path, owner: &LockOwner) -> io::Result<Result<Lock, (LockOwner, String)>> {
    // Searching for other holders and adding this process must be one atomic operation.
    let all = OpenOptions::new().create(true).append(true).open(directory.join("lock"))?;
    all.lock()?;
    if let Some(other) = find_holder(directory, owner)? {
        return Ok(Err(other));
    }
    let number = HELD.fetch_add(1, Ordering::Relaxed);
    let path = directory.join(format!("{}-{number}.run", owner.pid));
    let file = publish(&path, owner)?;
    Ok(Ok(Lock { path, _file: file }))
}

/// Creates a lock file under a temporary name, locks it, and then renames it: a `*.run` file
/// without a lock belongs to a process that has ended, and any other process may remove it.
fn publish(path: &Path, owner: &LockOwner) -> io::Result<File> {
    let unlocked = path.with_extension("new");
    let mut file = OpenOptions::new().create(true).truncate(true).write(true).open(&unlocked)?;
    file.lock()?;
    file.write_all(&serde_json::to_vec(owner)?)?;
    fs::rename(&unlocked, path)?;
    Ok(file)
}

/// Returns the owner of another process that shares one of these targets, and the name of the
/// target.
fn find_holder(directory: &Path, owner: &LockOwner) -> io::Result<Option<(LockOwner, String)>> {
    for entry in fs::read_dir(directory)?.flatten() {
        let path = entry.path();
        if path.extension().is_none_or(|ending| ending != "run") {
            continue;
        }
        let Ok(file) = File::open(&path) else { continue };
        if file.try_lock_shared().is_ok() {
            let _ = fs::remove_file(&path);
            continue;
        }
        let Ok(text) = io::read_to_string(&file) else { continue };
        // A file of another gscript version may have another format, but its lock is held: fail.
        let other: LockOwner = serde_json::from_str(&text)
            .map_err(|error| io::Error::other(format!("{}: {error}", path.display())))?;
        if other.pid != owner.pid
            && let Some(target) = common_target(&owner.targets, &other.targets)
        {
            return Ok(Some((other, target)));
        }
    }
    Ok(None)
}

fn targets(approval: &Approval, machine: &Machine) -> Vec<String> {
    let mut targets = Vec::new();
    for (effect, target) in approval.effects() {
        let below = target.map(|target| target.below.as_slice()).unwrap_or_default();
        let disks = below.iter().flat_map(|path| machine.base_disks(path));
        targets.extend(disks.map(|disk| disk.path.clone()));
        targets.extend(effect.directory());
    }
    targets.sort();
    targets.dedup();
    targets
}

/// Returns the name of the first target that both use.
fn common_target(ours: &[LockTarget], theirs: &[LockTarget]) -> Option<String> {
    let shared = ours.iter().find(|our| theirs.iter().any(|their| our.overlaps(their)));
    shared.map(|target| target.name.clone())
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::symlink;
    use std::thread;

    use super::*;

    fn owner(pid: u32, targets: &[&Path]) -> LockOwner {
        let targets: Vec<_> = targets.iter().map(|path| path.to_string_lossy()).collect();
        let targets = LockTarget::all(&targets);
        LockOwner { pid, recipe: "test.rhai".to_owned(), targets }
    }

    #[test]
    fn a_directory_is_the_same_through_a_link() {
        let directory = tempfile::tempdir().expect("a directory");
        let (real, link) = (directory.path().join("real"), directory.path().join("link"));
        fs::create_dir(&real).expect("a directory");
        symlink("real", &link).expect("a link");
        let overlap = |one: &str, other: &str| {
            let (one, other) = (directory.path().join(one), directory.path().join(other));
            common_target(&owner(1, &[&one]).targets, &owner(2, &[&other]).targets).is_some()
        };
        for (one, other) in [
            ("real", "link"),
            ("link", "real"),
            ("real/not/there", "link/not/there"),
            ("real", "link/not/there"),
            ("link/not", "real/not/there"),
        ] {
            assert!(overlap(one, other), "{one} and {other}");
        }
        for (one, other) in [("real/a", "link/b"), ("real/a", "link/ab"), ("real", "other")] {
            assert!(!overlap(one, other), "{one} and {other}");
        }
    }

    #[test]
    fn a_second_process_gets_no_lock_through_a_link() {
        let directory = tempfile::tempdir().expect("a directory");
        let (locks, real) = (directory.path().join("locks"), directory.path().join("real"));
        fs::create_dir(&real).expect("a directory");
        fs::create_dir(&locks).expect("a directory");
        symlink("real", directory.path().join("link")).expect("a link");
        let first = try_take(&locks, &owner(1, &[&real])).expect("the directory of locks");
        let first = first.expect("the first lock");
        let second = owner(2, &[&directory.path().join("link/new")]);
        let refused = try_take(&locks, &second).expect("the directory of locks");
        assert!(refused.is_err_and(|(other, _)| other.pid == 1));
        drop(first);
        assert!(try_take(&locks, &second).expect("the directory of locks").is_ok());
    }

    #[test]
    fn a_lock_that_is_being_taken_is_not_removed() {
        let directory = tempfile::tempdir().expect("a directory");
        let other = owner(2, &[]);
        thread::scope(|scope| {
            let looks = scope.spawn(|| {
                for _ in 0..2000 {
                    find_holder(directory.path(), &other).expect("the directory of locks");
                }
            });
            while !looks.is_finished() {
                let lock =
                    try_take(directory.path(), &owner(1, &[])).expect("the directory of locks");
                let lock = lock.expect("a lock");
                assert!(lock.path.exists(), "the lock was removed while it was held");
            }
        });
    }
}
