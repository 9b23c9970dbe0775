//! What a directory can do that a root filesystem needs: tried in a new directory, which is removed afterwards.

use std::fs::{self, File};
use std::io;
use std::os::unix::fs::{chown, lchown, symlink};
use std::path::Path;

use nix::sys::stat::{Mode, SFlag, makedev, mknod};
use rustix::fs::{OFlags, XattrFlags, fsetxattr, openat};
use rustix::io::Errno;

use crate::machine::share::PROBES;

/// The user and group of Portage, to which the failing packages of the guide change files.
const PORTAGE: u32 = 250;

/// `cap_net_raw` as of capabilities(7): revision 2, permitted and effective.
const CAPABILITY: [u8; 20] = [1, 0, 0, 2, 0, 0x20, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0];

/// The attribute with the list of acl(5): version 2; the owner rw, user 250 r, the group r, the mask r, others nothing.
const ACL: [u8; 44] = [
    2, 0, 0, 0, 1, 0, 6, 0, 255, 255, 255, 255, 2, 0, 4, 0, 250, 0, 0, 0, 4, 0, 4, 0, 255, 255,
    255, 255, 16, 0, 4, 0, 255, 255, 255, 255, 32, 0, 0, 0, 255, 255, 255, 255,
];

/// Returns an error if files in a directory can't have attributes in `user.`. A filesystem without nameless files is not tried.
pub(super) fn user_attributes(directory: &impl std::os::fd::AsFd) -> io::Result<()> {
    let flags = OFlags::TMPFILE | OFlags::RDWR | OFlags::CLOEXEC;
    match openat(directory, ".", flags, rustix::fs::Mode::RUSR | rustix::fs::Mode::WUSR) {
        Ok(file) => Ok(fsetxattr(&file, "user.virtiofs.test", b"1", XattrFlags::empty())?),
        Err(Errno::OPNOTSUPP | Errno::ISDIR | Errno::ROFS) => Ok(()),
        Err(error) => Err(error.into()),
    }
}

/// Tries everything, and returns a line `NAME RESULT` for each.
pub(super) fn all(directory: &Path) -> Result<String, String> {
    let place = tempfile::Builder::new()
        .prefix(".gscript-probe-")
        .tempdir_in(directory)
        .map_err(|error| format!("{}: {error}", directory.display()))?;
    let each = PROBES.iter().map(|name| {
        let result = match attempt(name, &place.path().join(name)) {
            Ok(()) => "ok".to_owned(),
            Err(error) => {
                nix::errno::Errno::from_raw(error.raw_os_error().unwrap_or(0)).desc().to_owned()
            }
        };
        format!("{name} {result}\n")
    });
    let lines = each.collect();
    place.close().map_err(|error| format!("{}: {error}", directory.display()))?;
    Ok(lines)
}

fn attempt(name: &str, path: &Path) -> io::Result<()> {
    let attribute = |name: &str, value: &[u8]| -> io::Result<()> {
        let file = File::create(path)?;
        Ok(fsetxattr(&file, name, value, XattrFlags::empty())?)
    };
    match name {
        "chown_link" => {
            symlink("target", path)?;
            lchown(path, Some(PORTAGE), Some(PORTAGE))
        }
        "chown_file" => {
            fs::write(path, "")?;
            chown(path, Some(PORTAGE), Some(PORTAGE))
        }
        // The null device.
        "device_node" => Ok(mknod(path, SFlag::S_IFCHR, Mode::S_IRUSR, makedev(1, 3))?),
        "capability" => attribute("security.capability", &CAPABILITY),
        "acl" => attribute("system.posix_acl_access", &ACL),
        _ => attribute("user.test", b"1"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_directory_is_left_as_it_was() {
        let directory = tempfile::tempdir().expect("a directory");
        let said = all(directory.path()).expect("the directory can be written");
        let names: Vec<&str> =
            said.lines().filter_map(|line| Some(line.split_once(' ')?.0)).collect();
        assert_eq!(names, PROBES);
        assert_eq!(fs::read_dir(directory.path()).expect("the directory").count(), 0);
        assert!(all(&directory.path().join("none")).is_err());
    }
}
