//! Two runs never work on the same disk or folder at once.
//!
//! Each process keeps a file that says what it works on, and holds a lock on it; the kernel takes
//! the lock back when the process ends, however it ends, so a file without a lock means nothing.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Seek, Write};
use std::path::PathBuf;
use std::sync::atomic::{AtomicU32, Ordering};

use gscript::action::Effect;
use gscript::approval::{Approval, Bound};
use gscript::error::Exit;
use gscript::machine::{Machine, is_below};
use serde::{Deserialize, Serialize};

use crate::render::Problem;
use crate::state::locks;

/// What a process works on.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
struct Work {
    pid: u32,
    recipe: String,
    /// Disks, and folders that are written to or mounted on.
    targets: Vec<String>,
}

/// Held as long as a run goes.
pub(crate) struct Lock {
    path: PathBuf,
    _file: File,
}

impl Lock {
    /// Takes the targets of a run, unless another process has one of them.
    pub(crate) fn take(recipe: &str, approval: &Approval, machine: &Machine) -> Result<Self, Exit> {
        Self::on(recipe, targets(approval, machine))
    }

    fn on(recipe: &str, targets: Vec<String>) -> Result<Self, Exit> {
        let work = Work { pid: std::process::id(), recipe: recipe.to_owned(), targets };
        match try_take(&work) {
            Ok(Ok(lock)) => Ok(lock),
            Ok(Err((other, target))) => Err(refuse(&other, &target)),
            Err(error) => {
                Problem::new(format!("can't lock the targets: {error}")).print();
                Err(Exit::Failed)
            }
        }
    }
}

/// What a session works on: it grows action by action, and is held until the session ends.
#[derive(Default)]
pub(crate) struct Touched {
    targets: Vec<String>,
    lock: Option<Lock>,
}

impl Touched {
    /// Takes the targets of an action, unless another process has one of them.
    pub(crate) fn add(&mut self, effects: &[Bound]) -> Result<(), Exit> {
        let mut targets = self.targets.clone();
        for bound in effects {
            match (&bound.effect, &bound.target) {
                (_, Some(target)) => targets.extend(target.below.iter().cloned()),
                (effect, None) => targets.extend(place(effect)),
            }
        }
        targets.sort();
        targets.dedup();
        if targets != self.targets {
            // The new one is there before the old one goes.
            self.lock = Some(Lock::on("a session", targets.clone())?);
            self.targets = targets;
        }
        Ok(())
    }
}

/// Refuses to touch a device that another process is working on, for whoever takes no lock.
pub(crate) fn leave_alone(device: &str, machine: &Machine) -> Result<(), Exit> {
    let disks = machine.base_disks(device).iter().map(|disk| disk.path.clone()).collect();
    let ours = Work { pid: std::process::id(), recipe: String::new(), targets: disks };
    match holder(&ours) {
        Ok(Some((other, target))) => Err(refuse(&other, &target)),
        // Without the folder of locks nobody works on anything.
        Ok(None) | Err(_) => Ok(()),
    }
}

fn refuse(other: &Work, target: &str) -> Exit {
    let mut problem = Problem::new(format!(
        "another gscript is working on {target}: {} (process {})",
        other.recipe, other.pid
    ));
    problem.notes.push(("now", "nothing has been changed".into()));
    problem.help(format!("wait until it is done, or stop it: kill {}", other.pid)).print();
    Exit::Refused
}

impl Drop for Lock {
    fn drop(&mut self) {
        // Without its lock it means nothing anyway.
        let _ = fs::remove_file(&self.path);
    }
}

/// Counts the locks of this process: a session may run a recipe, and both hold their own.
static HELD: AtomicU32 = AtomicU32::new(0);

fn try_take(work: &Work) -> io::Result<Result<Lock, (Work, String)>> {
    let folder = locks()?;
    // Whoever looks and then writes does both alone.
    let all = OpenOptions::new().create(true).append(true).open(folder.join("lock"))?;
    all.lock()?;
    if let Some(other) = holder(work)? {
        return Ok(Err(other));
    }
    let number = HELD.fetch_add(1, Ordering::Relaxed);
    let path = folder.join(format!("{}-{number}.run", work.pid));
    let mut file = OpenOptions::new().create(true).truncate(true).write(true).open(&path)?;
    file.lock()?;
    file.write_all(&serde_json::to_vec(work)?)?;
    file.rewind()?;
    Ok(Ok(Lock { path, _file: file }))
}

/// Another process that works on one of these targets, and which.
fn holder(work: &Work) -> io::Result<Option<(Work, String)>> {
    for entry in fs::read_dir(locks()?)?.flatten() {
        let path = entry.path();
        if path.extension().is_none_or(|ending| ending != "run") {
            continue;
        }
        let Ok(file) = File::open(&path) else { continue };
        if file.try_lock_shared().is_ok() {
            let _ = fs::remove_file(&path);
            continue;
        }
        let other = fs::read(&path).ok().and_then(|text| serde_json::from_slice(&text).ok());
        let other: Option<Work> = other;
        let other = other.filter(|other| other.pid != work.pid);
        if let Some((other, target)) = other.and_then(|other| {
            let target = shared(&work.targets, &other.targets)?;
            Some((other, target))
        }) {
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
        targets.extend(place(effect));
    }
    targets.sort();
    targets.dedup();
    targets
}

/// The folder that an effect is about, where it is about one.
fn place(effect: &Effect) -> Option<String> {
    match effect {
        Effect::Writes { path } | Effect::Mounts { at: path } => Some(path.clone()),
        Effect::SwapsTo { area } if !is_below(area, "/dev") => Some(area.clone()),
        Effect::Runs { root, .. } if root != "/" => Some(root.clone()),
        _ => None,
    }
}

/// What both work on.
fn shared(ours: &[String], theirs: &[String]) -> Option<String> {
    ours.iter().find(|our| theirs.iter().any(|t| is_below(our, t) || is_below(t, our))).cloned()
}
