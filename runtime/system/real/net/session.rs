//! The SSH connection of the session.

use std::fs;

use crate::types::{IpAddress, bytes_of, text_of};

const VARIABLE: &str = "SSH_CONNECTION";

/// Returns the address of this machine that the SSH connection of the session uses.
pub(super) fn address() -> Option<IpAddress> {
    parse(&connection()?)
}

/// Returns the SSH connection of the session, as ssh(1) describes it: the address and port of the
/// client, and those of the server. sudo and su remove the variable; then an ancestor of this
/// process still has it.
pub(super) fn connection() -> Option<String> {
    std::env::var(VARIABLE).ok().or_else(|| ancestors().find_map(variable_of))
}

/// Returns when the process that serves an SSH connection started, in seconds since the machine
/// started: it is the parent of the first process with the variable, in which sshd(8) does not set
/// it for itself. A terminal multiplexer keeps the variable of the connection that started it.
pub(super) fn connected_at(connection: &str) -> Option<f64> {
    let own = std::env::var(VARIABLE).is_ok_and(|own| own == connection);
    let of_it = |process: &i32| variable_of(*process).is_some_and(|value| value == connection);
    let me = nix::unistd::getpid().as_raw();
    let first = ancestors().filter(of_it).last().or(own.then_some(me))?;
    let server = parent_of(first).filter(|process| *process > 1).unwrap_or(first);
    started_at(server)
}

/// Returns the ancestors of this process, without process 1.
fn ancestors() -> impl Iterator<Item = i32> {
    let parent = nix::unistd::getppid().as_raw();
    std::iter::successors(Some(parent), |process| parent_of(*process)).take_while(|one| *one > 1)
}

fn variable_of(process: i32) -> Option<String> {
    let environment = fs::read(format!("/proc/{process}/environ")).ok()?;
    let assignment = bytes_of(&format!("{VARIABLE}="));
    let value = environment.split(|byte| *byte == 0).find_map(|one| one.strip_prefix(&*assignment));
    value.map(|value| String::from_utf8_lossy(value).into_owned())
}

/// Returns the parent of a process.
fn parent_of(process: i32) -> Option<i32> {
    field_of(process, 4)?.parse().ok()
}

/// Returns when a process started, in seconds since the machine started.
fn started_at(process: i32) -> Option<f64> {
    /// Times in /proc are in hundredths of a second on all architectures that Linux supports
    /// (`USER_HZ`, time(7)).
    const TICKS: f64 = 100.0;
    Some(field_of(process, 22)?.parse::<f64>().ok()? / TICKS)
}

/// Returns a field of `/proc/PID/stat` after the name, numbered as in proc_pid_stat(5).
fn field_of(process: i32, number: usize) -> Option<String> {
    let text = text_of(&fs::read(format!("/proc/{process}/stat")).ok()?);
    // The name is in parentheses and may contain any character.
    text.rsplit_once(") ")?.1.split(' ').nth(number.checked_sub(3)?).map(str::to_owned)
}

/// Returns the address of the server of a connection: the third of client, port, server and port.
pub(super) fn parse(value: &str) -> Option<IpAddress> {
    let address = value.split(' ').nth(2)?;
    // A link-local address has the name of its link.
    let address = address.split('%').next().unwrap_or(address);
    address.parse().ok().map(IpAddress::new)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_address_of_the_server_is_read() {
        let read = |text: &str| parse(text).map(|address| address.to_string());
        assert_eq!(read("192.0.2.9 50000 192.0.2.1 22").as_deref(), Some("192.0.2.1"));
        assert_eq!(read("2001:db8::9 50000 fe80::1%eth0 22").as_deref(), Some("fe80::1"));
        assert_eq!(read("192.0.2.9 50000"), None);
        let started = started_at(nix::unistd::getppid().as_raw());
        assert!(started <= started_at(std::process::id().cast_signed()), "{started:?}");
        assert_eq!(
            parent_of(std::process::id().cast_signed()),
            Some(nix::unistd::getppid().as_raw())
        );
    }
}
