//! Logs of guests.

use std::fs::OpenOptions;
use std::io::Read;
use std::os::unix::fs::OpenOptionsExt;

/// Returns the beginning of a log of a guest, which may belong to the user of the guest: a link is not followed.
pub(super) fn read_log(path: &str) -> String {
    let mut options = OpenOptions::new();
    options.read(true).custom_flags(nix::libc::O_NOFOLLOW | nix::libc::O_NONBLOCK);
    let mut bytes = Vec::new();
    if let Ok(file) = options.open(path) {
        // What cannot be read contains nothing.
        let _ = file.take(256 << 10).read_to_end(&mut bytes);
    }
    String::from_utf8_lossy(&bytes).into_owned()
}
