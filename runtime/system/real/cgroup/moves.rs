//! Moving processes between groups, and removing groups.

use std::io;
use std::thread::sleep;
use std::time::Duration;

use nix::errno::Errno;

use super::files::{explain, open_group, read, remove as remove_directory, try_write};

/// How often a group is emptied before it is removed: its processes may start others.
const TRIES: u32 = 50;
const WAIT: Duration = Duration::from_millis(20);

/// Moves a process to a group, in each of its hierarchies, and checks that it is there.
pub(super) fn move_to(pid: u32, files: &[String], if_alive: bool) -> Result<(), String> {
    for file in files {
        let moved = try_write(file, &pid.to_string()).and_then(|()| read(file));
        match moved {
            Ok(text) if text.lines().any(|line| line == pid.to_string()) => {}
            Ok(_) if if_alive => {}
            Ok(_) => return Err(format!("{file}: process {pid} ended while it was moved")),
            Err(error) if if_alive && is_gone(&error) => {}
            Err(error) => return Err(format!("{file}: {}", explain(&error))),
        }
    }
    Ok(())
}

fn is_gone(error: &io::Error) -> bool {
    [Errno::ESRCH, Errno::ENOENT].map(|code| Some(code as i32)).contains(&error.raw_os_error())
}

/// Removes the directory of a group. With `evacuate`, the processes that are left move to the
/// nearest group above that accepts them, and the groups in it are removed, too.
pub(super) fn remove(directory: &str, evacuate: bool) -> Result<(), String> {
    if evacuate {
        for below in groups_in(directory) {
            remove(&below, true)?;
        }
    }
    for _ in 0..TRIES {
        match remove_directory(directory) {
            Ok(()) => return Ok(()),
            Err(error) if is_busy(&error) => {}
            Err(error) => return Err(format!("{directory}: {}", explain(&error))),
        }
        if evacuate {
            evacuate_to_above(directory)?;
        }
        // A process that was killed leaves its group a moment later.
        sleep(WAIT);
    }
    let left = read(&format!("{directory}/cgroup.procs")).unwrap_or_default();
    let left: Vec<&str> = left.lines().collect();
    Err(match left.is_empty() {
        true => format!("{directory}: the group has groups in it; remove those first"),
        false => format!("{directory}: the group has processes {}", left.join(", ")),
    })
}

fn is_busy(error: &io::Error) -> bool {
    error.raw_os_error() == Some(Errno::EBUSY as i32)
}

fn evacuate_to_above(directory: &str) -> Result<(), String> {
    let procs = |directory: &str| format!("{directory}/cgroup.procs");
    let Ok(text) = read(&procs(directory)) else { return Ok(()) };
    for pid in text.lines() {
        let mut above = directory;
        loop {
            above = above.rsplit_once('/').map_or("", |(above, _)| above);
            match try_write(&procs(above), pid) {
                Err(error) if is_busy(&error) => {}
                Ok(()) => break,
                Err(error) if is_gone(&error) && open_group(above.as_ref()).is_ok() => break,
                Err(error) => return Err(format!("{directory}: {}", explain(&error))),
            }
        }
    }
    Ok(())
}

/// Returns the directories of the groups in a group.
pub(super) fn groups_in(directory: &str) -> Vec<String> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(directory).into_iter().flatten().flatten() {
        let is_directory = entry.file_type().is_ok_and(|kind| kind.is_dir());
        if let (true, Some(name)) = (is_directory, entry.file_name().to_str()) {
            found.push(format!("{directory}/{name}"));
        }
    }
    found
}
