//! `distcc.status`: what is being compiled on which machine.

use std::collections::BTreeSet;

use serde::Serialize;

use super::rule::DistccRule;
use super::state::{ClientState, PREFIX, SIZE};
use crate::args;
use crate::error::Result;
use crate::machine::files::{FileContents, FileStatus, Files};
use crate::operation::{Answer, Effect, Planning, Query};
use crate::types::{AbsPath, Place, text_of};

args! {
    /// Returns the compilations that distcc distributes at the moment.
    ///
    /// Each entry is a map with `process`, `state` (`"Startup"`, `"Blocked"`, `"Connect"`,
    /// `"Preprocess"`, `"Send"`, `"Compile"` or `"Receive"`), `file`, `host` and `slot` (which one of
    /// the compilations that the host does at a time, from 0). They are sorted by host and slot. The
    /// number of a process is that of its own namespace: with `FEATURES=pid-sandbox`, that of the
    /// build.
    ///
    /// Unlike distccmon-text, it also finds clients in other namespaces of processes and compilations
    /// that take longer than a minute, and removes no state file.
    ///
    /// Source: distcc(1), `DISTCC_DIR`; guide DS 16.
    ///
    /// ```
    /// let jobs = distcc::status();
    /// ```
    "distcc.status" => pub struct DistccStatus {
        /// The directory with the state of distcc: below `PORTAGE_TMPDIR` for Portage.
        pub directory: AbsPath = "/var/tmp/portage/.distcc",
    }
}

/// A compilation as scripts see it.
#[derive(Debug, Clone, Serialize, PartialEq, Eq, PartialOrd, Ord)]
pub struct CompileInfo {
    host: String,
    slot: u32,
    process: u32,
    file: String,
    state: &'static str,
}

impl CompileInfo {
    fn of(client: ClientState) -> Option<Self> {
        let ClientState { process, phase, file, host, slot } = client;
        Some(Self { host, slot, process, file, state: phase? })
    }
}

impl DistccStatus {
    fn states(&self) -> Place {
        Place::here(format!("{}/state", self.directory))
    }
}

impl Query for DistccStatus {
    type Output = Vec<CompileInfo>;

    fn effects(&self) -> Vec<Effect> {
        vec![Effect::reads(&self.directory.to_string())]
    }

    fn answer(&self, cx: &mut Planning<'_>) -> Result<Answer<Vec<CompileInfo>>> {
        let directory = self.states();
        let names = match cx.look(&directory)? {
            FileStatus::Missing => None,
            _ => cx.files.names(&directory)?,
        };
        let mut clients = Vec::new();
        for name in names.iter().flatten().filter(|name| name.starts_with(PREFIX)) {
            let place = Place::here(format!("{}/{name}", directory.outside().display()));
            // A client removes its file when it ends.
            let Ok(FileContents::Known(bytes)) = cx.files.first_bytes(&place, SIZE + 1) else {
                continue;
            };
            match ClientState::parse(&bytes) {
                Some(client) => clients.push(client),
                // It is being written.
                None if bytes.is_empty() => {}
                None => return Err(DistccRule::OtherState { place }.into()),
            }
        }
        if !clients.is_empty() {
            let running = running_clients(cx.files);
            clients.retain(|client| running.contains(&client.process));
        }
        let mut found: Vec<CompileInfo> = clients.into_iter().filter_map(CompileInfo::of).collect();
        found.sort();
        // It may be another one when the run reaches this call.
        Ok(match cx.files.is_this_machine() {
            true => Answer::Known(found),
            false => Answer::Assumed(found),
        })
    }
}

/// Returns the numbers of the processes of distcc, each in its own namespace of processes. A client
/// that was killed has left its state file.
fn running_clients(files: &dyn Files) -> BTreeSet<u32> {
    let processes = files.names(&Place::here("/proc")).ok().flatten().unwrap_or_default();
    let processes = processes.iter().filter(|name| name.bytes().all(|b| b.is_ascii_digit()));
    processes
        .filter_map(|process| {
            let read = |name: &str| match files
                .first_bytes(&Place::here(format!("/proc/{process}/{name}")), 4096)
            {
                Ok(FileContents::Known(bytes)) => Some(text_of(&bytes)),
                _ => None,
            };
            let is_client = read("maps").is_some_and(|maps| is_distcc(&maps));
            is_client.then(|| read("status")).flatten().as_deref().and_then(innermost_number)
        })
        .collect()
}

/// Returns whether a program is distcc, by the first file in `/proc/PID/maps` (proc(5)); also if it
/// has been replaced while it runs.
fn is_distcc(maps: &str) -> bool {
    let file = maps.lines().next().and_then(|line| line.split_once(" /")).unwrap_or_default().1;
    let file = file.strip_suffix(" (deleted)").unwrap_or(file);
    file.rsplit('/').next() == Some("distcc")
}

/// Finds the number of a process in its own namespace in `/proc/PID/status` (proc(5), `NSpid`).
fn innermost_number(status: &str) -> Option<u32> {
    let numbers = status.lines().find_map(|line| line.strip_prefix("NSpid:"))?;
    numbers.split_whitespace().last()?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_number_is_that_of_the_innermost_namespace() {
        let status = "Name:\tgcc\nPid:\t4711\nNSpid:\t4711\t815\t42\nNSsid:\t1\n";
        assert_eq!(innermost_number(status), Some(42));
        assert_eq!(innermost_number("NSpid:\t4711\n"), Some(4711));
        assert_eq!(innermost_number("Pid:\t4711\n"), None);
    }

    #[test]
    fn a_server_is_not_a_client() {
        let maps = |path: &str| {
            format!(
                "55d0c8a00000-55d0c8a07000 r--p 00000000 fd:01 1835100                    {path}\n\
                 7f0e5c000000-7f0e5c028000 r--p 00000000 fd:01 1836000     /usr/lib/libc.so.6\n"
            )
        };
        assert!(is_distcc(&maps("/usr/bin/distcc")));
        assert!(is_distcc(&maps("/usr/bin/distcc (deleted)")));
        assert!(!is_distcc(&maps("/usr/bin/distccd")));
        assert!(!is_distcc(&maps("/opt/distcc/gcc")));
        assert!(!is_distcc(""));
    }
}
