//! The SSH connection of the session.

use std::fs;

use crate::types::{IpAddress, bytes_of};

const VARIABLE: &str = "SSH_CONNECTION";

/// Returns the address of this machine that the SSH connection of the session uses (ssh(1)). sudo
/// and su remove the variable; then an ancestor of this process still has it.
pub(super) fn address() -> Option<IpAddress> {
    if let Ok(value) = std::env::var(VARIABLE) {
        return parse(&value);
    }
    let mut process = nix::unistd::getppid().as_raw();
    while process > 1 {
        if let Some(value) = variable_of(process) {
            return parse(&value);
        }
        process = parent_of(process)?;
    }
    None
}

fn variable_of(process: i32) -> Option<String> {
    let environment = fs::read(format!("/proc/{process}/environ")).ok()?;
    let assignment = bytes_of(&format!("{VARIABLE}="));
    let value = environment.split(|byte| *byte == 0).find_map(|one| one.strip_prefix(&*assignment));
    value.map(|value| String::from_utf8_lossy(value).into_owned())
}

/// Returns the parent of a process (`/proc/PID/stat`, proc(5)).
fn parent_of(process: i32) -> Option<i32> {
    let text = fs::read_to_string(format!("/proc/{process}/stat")).ok()?;
    // The name is in parentheses and may contain any character.
    text.rsplit_once(") ")?.1.split(' ').nth(1)?.parse().ok()
}

/// Returns the address of the server: the third of client, port, server and port.
fn parse(value: &str) -> Option<IpAddress> {
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
        assert_eq!(
            parent_of(std::process::id().cast_signed()),
            Some(nix::unistd::getppid().as_raw())
        );
    }
}
