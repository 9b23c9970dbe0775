//! Guests of LXC: their directories, and the sockets by which LXC's programs reach those that run.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;

use crate::machine::guest::{Guest, GuestState, LXC_PATH, config_of, lxc, path_and_name};
use crate::system::real::Real;
use crate::system::{NoopWatch, StepError};

/// The name of the socket of a guest that runs, below its directory, in the abstract namespace (unix(7)).
const SOCKET: &str = "/command";

/// Returns the directories of the guests that run, from the list of sockets of the kernel.
fn running(sockets: &str) -> BTreeSet<String> {
    let directory = |line: &str| {
        let name = line.split_whitespace().nth(7)?.strip_prefix('@')?;
        let directory = name.strip_suffix(SOCKET)?;
        directory.starts_with('/').then(|| directory.to_owned())
    };
    sockets.lines().filter_map(directory).collect()
}

/// Returns the guests below a directory. One without a configuration, or whose creation was interrupted, does not exist: LXC
/// removes the latter itself.
fn below(path: &str) -> Vec<(String, Guest)> {
    let Ok(entries) = fs::read_dir(path) else { return Vec::new() };
    let guest = |entry: fs::DirEntry| {
        let directory = entry.path();
        if directory.join("partial").exists() {
            return None;
        }
        let config = fs::read_to_string(directory.join("config")).ok()?;
        Some((directory.to_str()?.to_owned(), config_of(&config)))
    };
    entries.filter_map(Result::ok).filter_map(guest).collect()
}

/// Returns the value of a line `NAME: VALUE` of lxc-info.
fn field<'a>(output: &'a str, name: &str) -> Option<&'a str> {
    output.lines().find_map(|line| Some(line.strip_prefix(name)?.strip_prefix(':')?.trim()))
}

/// Asks LXC what a guest does.
fn ask(real: &mut Real, directory: &str, guest: &mut Guest) -> Result<(), StepError> {
    let cmd = lxc("lxc-info", directory).args(["-s", "-p"]).accept_any_exit_code();
    let outcome = real.run(&cmd, &mut NoopWatch)?;
    guest.state = match field(&outcome.stdout, "State") {
        Some("FROZEN" | "FREEZING") => GuestState::Frozen,
        Some("STOPPED") | None => GuestState::Stopped,
        Some(_) => GuestState::Running,
    };
    guest.init = field(&outcome.stdout, "PID").and_then(|pid| pid.parse().ok());
    Ok(())
}

/// Returns the guests by their directory: those in LXC's directory, those beside the named ones, and those that run.
pub(super) fn found(
    real: &mut Real,
    named: &BTreeSet<String>,
) -> Result<BTreeMap<String, Guest>, StepError> {
    let sockets = fs::read_to_string("/proc/net/unix").unwrap_or_default();
    let running = running(&sockets);
    let named = named.iter().chain(&running);
    let paths: BTreeSet<&str> =
        named.map(|directory| path_and_name(directory).0).chain([LXC_PATH]).collect();
    let mut found: BTreeMap<String, Guest> = paths.into_iter().flat_map(below).collect();
    for directory in &running {
        let exists = Path::new(directory).is_dir();
        let Some(guest) = found.get_mut(directory).filter(|_| exists) else { continue };
        ask(real, directory, guest)?;
    }
    Ok(found)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sockets_and_answers_are_those_of_lxc_5() {
        let sockets = "Num       RefCount Protocol Flags    Type St Inode Path\n\
            00000000e1d94f5b: 00000002 00000000 00010000 0001 01   391 @/var/lib/lxc/a/command\n\
            00000000e1d94f5c: 00000002 00000000 00010000 0001 01   392 /run/command\n\
            00000000e1d94f5d: 00000002 00000000 00010000 0001 01   393\n";
        assert_eq!(running(sockets), BTreeSet::from(["/var/lib/lxc/a".to_owned()]));
        let output = "State:          RUNNING\nPID:            1030\n";
        assert_eq!((field(output, "State"), field(output, "PID")), (Some("RUNNING"), Some("1030")));
        assert_eq!(field("State:          STOPPED\n", "PID"), None);
    }
}
