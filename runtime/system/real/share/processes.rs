//! The processes of virtiofsd.

use std::collections::BTreeMap;
use std::fs;
use std::time::{Duration, Instant};

use nix::errno::Errno;
use nix::sys::signal::{Signal, kill};
use nix::sys::wait::{WaitPidFlag, waitpid};
use nix::unistd::Pid;

use crate::machine::share::{Share, VIRTIOFSD};
use crate::types::text_of;

/// How long virtiofsd may take to end after each signal.
const GRACE: Duration = Duration::from_secs(5);

/// Returns the socket and the directory in the arguments of a virtiofsd of either kind.
fn share_of(words: &[String]) -> Option<(String, String)> {
    let program = words.first()?.rsplit('/').next()?;
    if program != VIRTIOFSD {
        return None;
    }
    let value = |name: &str| {
        let with = format!("{name}=");
        words.iter().enumerate().skip(1).find_map(|(at, word)| match word.strip_prefix(&with) {
            Some(value) => Some(value.to_owned()),
            None if word == name => words.get(at + 1).cloned(),
            None => None,
        })
    };
    let source = || {
        let mut options = words.iter().flat_map(|word| word.split(','));
        options.find_map(|option| option.strip_prefix("source=")).map(str::to_owned)
    };
    let directory = value("--shared-dir").or_else(source).unwrap_or_default();
    Some((value("--socket-path")?, directory))
}

/// Returns the processes that share a directory, with its socket. A daemon may consist of several.
fn processes() -> Vec<(Pid, String, String)> {
    let Ok(entries) = fs::read_dir("/proc") else { return Vec::new() };
    let process = |entry: fs::DirEntry| {
        let pid = Pid::from_raw(entry.file_name().to_str()?.parse().ok()?);
        // A process that has exited has no arguments.
        let line = fs::read(entry.path().join("cmdline")).ok()?;
        let words: Vec<String> = line.split(|byte| *byte == 0).map(text_of).collect();
        let (socket, directory) = share_of(&words)?;
        Some((pid, socket, directory))
    };
    entries.flatten().filter_map(process).collect()
}

/// Returns the shares by their socket.
pub(super) fn shares() -> BTreeMap<String, Share> {
    let mut found = BTreeMap::new();
    let mut all = processes();
    all.sort_by_key(|(pid, ..)| pid.as_raw());
    for (pid, socket, directory) in all {
        let process = u32::try_from(pid.as_raw()).ok();
        found.entry(socket).or_insert(Share { directory, process });
    }
    found
}

/// Ends the processes that serve a socket.
pub(super) fn end(socket: &str) -> Result<(), String> {
    for signal in [Signal::SIGTERM, Signal::SIGKILL] {
        let since = Instant::now();
        let mut signalled = Vec::new();
        while since.elapsed() < GRACE {
            let left: Vec<Pid> = processes()
                .into_iter()
                .filter(|(_, of, _)| of == socket)
                .map(|(pid, ..)| pid)
                .collect();
            if left.is_empty() {
                return Ok(());
            }
            for pid in left {
                if signalled.contains(&pid) {
                    continue;
                }
                match kill(pid, signal) {
                    Ok(()) | Err(Errno::ESRCH) => signalled.push(pid),
                    Err(error) => return Err(format!("virtiofsd (pid {pid}): {error}")),
                }
            }
            std::thread::sleep(Duration::from_millis(10));
            for pid in &signalled {
                // This process has inherited it from the shell that started it.
                let _ = waitpid(*pid, Some(WaitPidFlag::WNOHANG));
            }
        }
    }
    Err(format!("virtiofsd of {socket} did not end within {} s", 2 * GRACE.as_secs()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(line: &str) -> Option<(String, String)> {
        share_of(&line.split(' ').map(str::to_owned).collect::<Vec<_>>())
    }

    #[test]
    fn arguments_of_both_kinds_are_read() {
        let share = Some(("/run/a.sock".to_owned(), "/srv/a".to_owned()));
        for line in [
            "/usr/lib/qemu/virtiofsd --socket-path=/run/a.sock -o source=/srv/a -o xattr",
            "/usr/lib/qemu/virtiofsd --socket-path=/run/a.sock -o xattr,source=/srv/a",
            "/usr/libexec/virtiofsd --socket-path /run/a.sock --shared-dir /srv/a",
            "virtiofsd --shared-dir=/srv/a --socket-path=/run/a.sock",
        ] {
            assert_eq!(found(line), share, "{line}");
        }
        assert_eq!(found("/bin/sh /usr/local/bin/virtiofsd --socket-path=/run/a.sock"), None);
        assert_eq!(found("virtiofsd --fd=3 --shared-dir=/srv/a"), None);
    }
}
