//! The processes of kernels that run as programs.

use std::fs;
use std::os::unix::fs::MetadataExt;

use nix::unistd::Pid;

use crate::machine::guest::{RUN, path_and_name};

/// The process of a kernel.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct UmlProcess {
    pub(super) pid: Pid,
    /// The directory of its guest.
    pub(super) guest: String,
    /// Its images, in order.
    pub(super) disks: Vec<String>,
}

/// Returns the process of a guest.
pub(super) fn of(guest: &str) -> Option<UmlProcess> {
    all().into_iter().find(|process| process.guest == guest)
}

/// Returns the processes of all guests: of several with the same arguments, the first, which is the parent of the others.
pub(super) fn all() -> Vec<UmlProcess> {
    let entries = fs::read_dir("/proc").into_iter().flatten().flatten();
    let pids = entries.filter_map(|entry| entry.file_name().to_str()?.parse().ok());
    let mut found: Vec<UmlProcess> = pids.filter_map(process).collect();
    found.sort_by_key(|process| process.pid);
    let mut first: Vec<UmlProcess> = Vec::new();
    for process in found {
        if !first.iter().any(|other| other.guest == process.guest) {
            first.push(process);
        }
    }
    first
}

/// Returns a process that leads a group and has the arguments of a guest. Anyone can start a program with these arguments, so it must
/// belong to the owner of the sockets and see the same directory.
fn process(pid: i32) -> Option<UmlProcess> {
    let arguments = fs::read(format!("/proc/{pid}/cmdline")).ok()?;
    let (guest, disks) = guest_of(&arguments)?;
    let here = fs::metadata(format!("{guest}/{RUN}")).ok()?;
    let there = fs::metadata(format!("/proc/{pid}/root{guest}/{RUN}")).ok()?;
    let owner = fs::metadata(format!("/proc/{pid}")).ok()?.uid();
    let same = (here.dev(), here.ino()) == (there.dev(), there.ino()) && owner == here.uid();
    let pid = Pid::from_raw(pid);
    let leads = nix::unistd::getpgid(Some(pid)).is_ok_and(|group| group == pid);
    (same && leads).then_some(UmlProcess { pid, guest, disks })
}

/// Returns the directory of the guest and its images from the arguments of its kernel.
fn guest_of(arguments: &[u8]) -> Option<(String, Vec<String>)> {
    let arguments = arguments.split(|byte| *byte == 0);
    let words: Vec<&str> = arguments.filter_map(|word| std::str::from_utf8(word).ok()).collect();
    let value =
        |name: &str| words.iter().find_map(|word| word.strip_prefix(name)?.strip_prefix('='));
    let guest = value("uml_dir")?.strip_suffix(RUN)?.strip_suffix('/')?.to_owned();
    let is_its_name = path_and_name(&guest).1 == value("umid")?;
    let disks = (0..8).map_while(|at| value(&format!("ubd{at}"))).map(str::to_owned).collect();
    (guest.starts_with('/') && is_its_name).then_some((guest, disks))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_guest_is_recognized_by_its_arguments() {
        let of = |text: &str| guest_of(text.replace(' ', "\0").as_bytes());
        let web = "/usr/bin/linux.uml umid=web uml_dir=/var/lib/uml/web/run ubd0=/a/root.img ubd1=/a/swap.img";
        let disks = ["/a/root.img", "/a/swap.img"].map(str::to_owned).to_vec();
        assert_eq!(of(web), Some(("/var/lib/uml/web".into(), disks)));
        for other in [
            "linux.uml umid=guest uml_dir=/tmp/x",
            "linux.uml umid=b uml_dir=/var/lib/uml/a/run",
            "sh",
        ] {
            assert_eq!(of(other), None, "{other}");
        }
    }
}
