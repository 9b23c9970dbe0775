//! The management console of a kernel (`arch/um/drivers/mconsole_user.c`): a datagram with a command, and datagrams with the answer.
//!
//! uml_mconsole(1) does the same, but waits without a limit for a kernel that does not answer.

use std::fs::{self, Permissions};
use std::io::{self, Error, ErrorKind};
use std::os::unix::fs::{FileTypeExt, PermissionsExt};
use std::os::unix::net::UnixDatagram;
use std::time::{Duration, Instant};

use crate::machine::guest::mconsole_socket;

/// How long to wait for an answer.
pub(super) const LIMIT: Duration = Duration::from_secs(5);

const MAGIC: u32 = 0xcafe_babe;
const VERSION: u32 = 2;

/// The bytes of a command, the last of which is zero.
const MOST: usize = 512;

/// The bytes before the text: three numbers.
const HEAD: usize = 12;

/// The longest answer, in bytes: the kernel of a guest is not trusted, and may send without an end.
const LONGEST: usize = 1 << 20;

/// Sends a command to the kernel of a guest, and returns the answer. An answer that reports an error is one.
pub(super) fn ask(guest: &str, command: &str, limit: Duration) -> io::Result<String> {
    let to = mconsole_socket(guest);
    if !fs::symlink_metadata(&to)?.file_type().is_socket() {
        return Err(Error::other(format!("{to}: not a socket")));
    }
    // The kernel answers to a path, and runs as another user: the directory has an unpredictable name, and only its owner can change it.
    let directory = tempfile::Builder::new().prefix("gscript-").tempdir()?;
    fs::set_permissions(directory.path(), Permissions::from_mode(0o711))?;
    let own = directory.path().join("answer");
    let socket = UnixDatagram::bind(&own)?;
    fs::set_permissions(&own, Permissions::from_mode(0o666))?;
    socket.set_write_timeout(Some(limit))?;
    socket.send_to(&request(command)?, &to)?;
    let start = Instant::now();
    let timed_out = || {
        let seconds = limit.as_secs();
        let why = format!("timed out after {seconds} s waiting for an answer to {command}");
        Error::new(ErrorKind::TimedOut, why)
    };
    read_answer(|datagram| {
        let left = limit.checked_sub(start.elapsed()).filter(|left| !left.is_zero());
        socket.set_read_timeout(Some(left.ok_or_else(timed_out)?))?;
        socket.recv(datagram).map_err(|error| match error.kind() {
            ErrorKind::WouldBlock => timed_out(),
            _ => error,
        })
    })
}

/// Reads the datagrams of an answer, until `receive` fails or the last one has come.
pub fn read_answer(mut receive: impl FnMut(&mut [u8]) -> io::Result<usize>) -> io::Result<String> {
    let mut text = String::new();
    loop {
        let mut datagram = [0; HEAD + 16 * MOST];
        let length = receive(&mut datagram)?;
        let (failed, more) = answer(&datagram[..length], &mut text)?;
        if text.len() > LONGEST {
            return Err(Error::other("the answer is too long"));
        }
        if !more {
            let text = text.trim_end().to_owned();
            return if failed { Err(Error::other(text)) } else { Ok(text) };
        }
    }
}

/// Returns the datagram of a command.
fn request(command: &str) -> io::Result<Vec<u8>> {
    if command.len() >= MOST {
        return Err(Error::other(format!(
            "the command has {} bytes, at most 511 are possible",
            command.len()
        )));
    }
    let length = u32::try_from(command.len()).unwrap_or_default();
    let mut datagram: Vec<u8> =
        [MAGIC, VERSION, length].iter().flat_map(|number| number.to_ne_bytes()).collect();
    datagram.extend(command.as_bytes());
    datagram.resize(HEAD + MOST, 0);
    Ok(datagram)
}

/// Adds the text of a datagram of an answer; returns whether it reports an error, and whether more follow.
fn answer(datagram: &[u8], text: &mut String) -> io::Result<(bool, bool)> {
    let number = |at: usize| {
        let bytes = datagram.get(4 * at..4 * at + 4)?;
        Some(u32::from_ne_bytes(bytes.try_into().ok()?))
    };
    let short = || Error::other("the answer is too short");
    let (failed, more) = (number(0).ok_or_else(short)?, number(1).ok_or_else(short)?);
    let length = usize::try_from(number(2).ok_or_else(short)?).unwrap_or(usize::MAX);
    let given = &datagram[HEAD..];
    let given = &given[..length.min(given.len())];
    text.push_str(String::from_utf8_lossy(given).trim_end_matches('\0'));
    Ok((failed != 0, more != 0))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_answer_without_an_end_is_left() {
        let endless = read_answer(|datagram| {
            datagram[4] = 1;
            datagram[8..12].copy_from_slice(&4096_u32.to_ne_bytes());
            datagram[HEAD..].fill(b'x');
            Ok(datagram.len())
        });
        assert_eq!(endless.expect_err("it is too long").to_string(), "the answer is too long");
    }

    #[test]
    fn datagrams_are_those_of_linux_6_1() {
        let sent = request("version").expect("a short command");
        assert_eq!((sent.len(), &sent[12..20]), (524, &b"version\0"[..]));
        assert_eq!(&sent[..12], [0xbe, 0xba, 0xfe, 0xca, 2, 0, 0, 0, 7, 0, 0, 0]);
        let mut text = String::new();
        let first = [&[0, 0, 0, 0, 1, 0, 0, 0, 4, 0, 0, 0][..], b"sysr"].concat();
        assert_eq!(answer(&first, &mut text).expect("valid"), (false, true));
        let last = [&[1, 0, 0, 0, 0, 0, 0, 0, 200, 0, 0, 0][..], b"q\n\0"].concat();
        assert_eq!(answer(&last, &mut text).expect("valid"), (true, false));
        assert_eq!(text, "sysrq\n");
        assert!(answer(&[0; 11], &mut text).is_err());
        assert!(request(&"x".repeat(512)).is_err());
    }
}
