//! Confining programs that only read, so that a plan may run them without approval.
//!
//! Such a program runs as an unprivileged user in mount, network and IPC namespaces of its own: all
//! mounts are read-only and without devices, `/dev` contains only harmless ones, and temporary
//! directories are empty. This also holds for a program from a foreign disk.

use std::ffi::CString;
use std::fs;
use std::io;
use std::os::fd::{AsRawFd, FromRawFd, OwnedFd};
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::{PermissionsExt, symlink};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::Command;

use nix::errno::Errno;
use nix::libc;
use nix::mount::{MsFlags, mount};
use nix::sched::{CloneFlags, unshare};
use nix::sys::prctl;
use nix::sys::signal::Signal;
use nix::sys::stat::{Mode, SFlag, makedev, mknod, umask};
use nix::unistd::{Gid, Uid, chroot, fchdir, setgid, setgroups, setuid};
use tempfile::TempDir;

use super::Real;
use crate::machine::Reading;
use crate::machine::files::{FileContents, FileStatus, Files};
use crate::types::Place;

/// The user and group without rights (/proc/sys/kernel/overflowuid).
const OVERFLOW_ID: u32 = 65534;

/// The maximum depth of a copied directory, because mounts may form a loop.
const DEEPEST: usize = 16;

/// The character devices of memory (null(4), random(4)), by minor number.
const DEVICES: [(&std::ffi::CStr, u64); 5] = [
    (c"/dev/null", 3),
    (c"/dev/zero", 5),
    (c"/dev/full", 7),
    (c"/dev/random", 8),
    (c"/dev/urandom", 9),
];

/// The links in `/dev` that shells use.
const LINKS: [(&std::ffi::CStr, &std::ffi::CStr); 4] = [
    (c"/dev/fd", c"/proc/self/fd"),
    (c"/dev/stdin", c"/proc/self/fd/0"),
    (c"/dev/stdout", c"/proc/self/fd/1"),
    (c"/dev/stderr", c"/proc/self/fd/2"),
];

/// Directories that are empty and writable for the program.
const TEMPORARY: [&std::ffi::CStr; 2] = [c"/tmp", c"/var/tmp"];

/// What a confined program needs, prepared before it starts.
pub(in crate::system) struct Confinement {
    group: u32,
    /// Detached mounts of the copies, and where the program sees them.
    copies: Vec<(OwnedFd, CString)>,
    /// The directory of the copies; removed with the command.
    _directory: TempDir,
}

impl Real {
    /// Returns the confinement with the files of this machine; `None` if it cannot be prepared, as by
    /// an ordinary user.
    pub(super) fn confinement(&self, root: &Path, reading: &Reading) -> Option<Confinement> {
        Confinement::new(self, root, root, reading)
    }
}

impl Confinement {
    /// Copies the directories, as `files` have them in `root`, for a program that runs in `below`:
    /// the same directory where it really is. Returns `None` if they are not known completely.
    pub(in crate::system) fn new(
        files: &dyn Files,
        root: &Path,
        below: &Path,
        reading: &Reading,
    ) -> Option<Self> {
        if !Uid::effective().is_root() {
            return None;
        }
        let place = |path: &str| Place { root: root.to_owned(), path: PathBuf::from(path) };
        let directory = private_directory().ok()?;
        let mut copies = Vec::new();
        for (index, at) in reading.copies.iter().enumerate() {
            let copy = directory.path().join(index.to_string());
            if files.file_status(&place(at)).ok()? == FileStatus::Missing {
                continue;
            }
            copy_tree(files, &place(at), &copy, 0)?;
            // A mount needs a directory that exists.
            if below.join(at.trim_start_matches('/')).is_dir() {
                copies.push((detached_mount(&copy).ok()?, CString::new(*at).ok()?));
            }
        }
        let group = match files.read(&place("/etc/group")).ok()? {
            FileContents::Known(bytes) => group_number(&bytes, reading.group),
            FileContents::Unknown(_) => return None,
        };
        Some(Self { group: group.unwrap_or(OVERFLOW_ID), copies, _directory: directory })
    }

    /// Confines a command, which may run inside a root.
    #[expect(unsafe_code, reason = "namespaces and mounts must be set up between fork and exec")]
    pub(super) fn apply(self, command: &mut Command, root: Option<OwnedFd>) {
        let me = nix::unistd::getpid();
        let begin = move || {
            // A directory that is open belongs to the old namespace, where it is writable; only
            // the current directory moves to the new one.
            if let Some(root) = &root {
                fchdir(root)?;
            }
            unshare(CloneFlags::CLONE_NEWNS | CloneFlags::CLONE_NEWNET | CloneFlags::CLONE_NEWIPC)?;
            let private = MsFlags::MS_REC | MsFlags::MS_PRIVATE;
            mount(None::<&str>, c"/", None::<&str>, private, None::<&str>)?;
            make_read_only()?;
            if root.is_some() {
                chroot(c".")?;
            }
            self.mount_own()?;
            setgroups(&[Gid::from_raw(self.group)])?;
            setgid(Gid::from_raw(self.group))?;
            setuid(Uid::from_raw(OVERFLOW_ID))?;
            prctl::set_no_new_privs()?;
            // Changing the user clears this signal.
            prctl::set_pdeathsig(Signal::SIGKILL)?;
            if nix::unistd::getppid() != me {
                return Err(Errno::ESRCH.into());
            }
            Ok(())
        };
        // SAFETY: only system calls, no allocation, no locks.
        unsafe { command.pre_exec(begin) };
    }

    /// Mounts the directories of the program: devices, processes, temporary files, and the copies.
    fn mount_own(&self) -> io::Result<()> {
        umask(Mode::empty());
        let flags = MsFlags::MS_NOSUID | MsFlags::MS_NOEXEC;
        mount(Some(c"tmpfs"), c"/dev", Some(c"tmpfs"), flags, Some(c"mode=755,size=64k"))?;
        for (path, minor) in DEVICES {
            mknod(path, SFlag::S_IFCHR, Mode::from_bits_truncate(0o666), makedev(1, minor))?;
        }
        for (at, to) in LINKS {
            nix::unistd::symlinkat(to, nix::fcntl::AT_FDCWD, at)?;
        }
        let flags = flags | MsFlags::MS_NODEV;
        mount(Some(c"proc"), c"/proc", Some(c"proc"), flags | MsFlags::MS_RDONLY, None::<&str>)?;
        for at in TEMPORARY {
            match mount(Some(c"tmpfs"), at, Some(c"tmpfs"), flags, Some(c"mode=1777")) {
                Ok(()) | Err(Errno::ENOENT) => {}
                Err(error) => return Err(error.into()),
            }
        }
        for (copy, at) in &self.copies {
            move_mount(copy, at)?;
        }
        Ok(())
    }
}

/// Creates a directory that only root can enter, in memory if possible.
fn private_directory() -> io::Result<TempDir> {
    let inside = Path::new("/run");
    let parent = if inside.is_dir() { inside.to_owned() } else { std::env::temp_dir() };
    tempfile::Builder::new().prefix("gscript-").tempdir_in(parent)
}

/// Copies a directory; every user can read the copy. Returns `None` if its content is not known.
fn copy_tree(files: &dyn Files, from: &Place, to: &Path, depth: usize) -> Option<()> {
    match files.file_status(from).ok()? {
        FileStatus::Dir { .. } if depth < DEEPEST => {
            fs::create_dir(to).ok()?;
            fs::set_permissions(to, fs::Permissions::from_mode(0o755)).ok()?;
            for name in files.names(from).ok()?? {
                let below = Place { root: from.root.clone(), path: from.path.join(&name) };
                copy_tree(files, &below, &to.join(name), depth + 1)?;
            }
        }
        FileStatus::File { .. } => match files.read(from).ok()? {
            FileContents::Known(bytes) => {
                fs::write(to, bytes).ok()?;
                fs::set_permissions(to, fs::Permissions::from_mode(0o644)).ok()?;
            }
            FileContents::Unknown(_) => return None,
        },
        FileStatus::Link { to: target } => symlink(target, to).ok()?,
        FileStatus::Missing | FileStatus::Other => {}
        FileStatus::Dir { .. } | FileStatus::Unknown(_) => return None,
    }
    Some(())
}

/// Returns the number of a group (group(5)).
fn group_number(group: &[u8], name: &str) -> Option<u32> {
    let text = String::from_utf8_lossy(group);
    let mut lines = text.lines().map(|line| line.split(':'));
    lines.find_map(|mut fields| match fields.next() == Some(name) {
        true => fields.nth(1)?.parse().ok(),
        false => None,
    })
}

/// Returns a mount of a directory that is not attached anywhere (open_tree(2)).
#[expect(unsafe_code, reason = "nix has no open_tree(2)")]
fn detached_mount(directory: &Path) -> io::Result<OwnedFd> {
    let path = CString::new(directory.as_os_str().as_bytes())?;
    let flags = libc::OPEN_TREE_CLONE | libc::OPEN_TREE_CLOEXEC;
    // SAFETY: the path is a string that lives until the call returns.
    let fd = unsafe { libc::syscall(libc::SYS_open_tree, libc::AT_FDCWD, path.as_ptr(), flags) };
    let fd = Errno::result(fd)?;
    // SAFETY: the kernel has returned a new descriptor, which fits an int.
    Ok(unsafe { OwnedFd::from_raw_fd(i32::try_from(fd).unwrap_or(-1)) })
}

/// Attaches a detached mount (move_mount(2)).
#[expect(unsafe_code, reason = "nix has no move_mount(2)")]
fn move_mount(from: &OwnedFd, to: &CString) -> io::Result<()> {
    let flags = libc::MOVE_MOUNT_F_EMPTY_PATH;
    let (fd, here) = (from.as_raw_fd(), libc::AT_FDCWD);
    // SAFETY: both paths are strings that live until the call returns.
    let moved =
        unsafe { libc::syscall(libc::SYS_move_mount, fd, c"".as_ptr(), here, to.as_ptr(), flags) };
    Ok(Errno::result(moved).map(drop)?)
}

/// Makes all mounts of the namespace read-only, without devices and without set-user-ID programs
/// (mount_setattr(2)).
#[expect(unsafe_code, reason = "nix has no mount_setattr(2)")]
fn make_read_only() -> io::Result<()> {
    let attr_set = libc::MOUNT_ATTR_RDONLY | libc::MOUNT_ATTR_NOSUID | libc::MOUNT_ATTR_NODEV;
    let attributes = libc::mount_attr { attr_set, attr_clr: 0, propagation: 0, userns_fd: 0 };
    // SAFETY: the structure has the given size and lives until the call returns.
    let set = unsafe {
        libc::syscall(
            libc::SYS_mount_setattr,
            libc::AT_FDCWD,
            c"/".as_ptr(),
            libc::AT_RECURSIVE,
            &raw const attributes,
            size_of::<libc::mount_attr>(),
        )
    };
    Ok(Errno::result(set).map(drop)?)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::system::{Cmd, NoopWatch};

    const NOTHING_COPIED: Reading = Reading { copies: &[], unchanged: &[], group: "nogroup" };
    static NOTHING: Reading = NOTHING_COPIED;

    #[test]
    fn a_confined_program_has_no_rights() {
        if !Uid::effective().is_root() {
            return;
        }
        let script = "id -u; touch /etc/x /usr/x 2>&1 | wc -l; tail -n +3 /proc/net/dev | cut -d: -f1; \
                      touch /tmp/x && echo temporary; : >/dev/null && echo null; \
                      kill -0 $PPID 2>/dev/null || echo alone; grep -c . /proc/self/mounts >/dev/null && echo proc; \
                      grep ^CapBnd /proc/self/status >/dev/null; grep ^NoNewPrivs /proc/self/status";
        let cmd = Cmd::tool("sh").args(["-c", script]).only_reads(&NOTHING);
        let mut real = Real::new(crate::system::Interrupts::default());
        let confinement = real.confinement(Path::new("/"), &NOTHING).expect("root");
        let outcome = real.run_confined(&cmd, confinement).expect("it starts");
        let lines: Vec<&str> = outcome.stdout.lines().map(str::trim).collect();
        let wanted = ["65534", "2", "lo", "temporary", "null", "alone", "proc", "NoNewPrivs:\t1"];
        assert_eq!(lines, wanted, "{outcome:?}");
    }

    #[test]
    fn nothing_runs_unconfined_instead() {
        static DEEP: Reading = Reading { copies: &["/etc/portage"], ..NOTHING_COPIED };
        if !Uid::effective().is_root() {
            return;
        }
        let root = tempfile::tempdir().expect("a directory");
        let deep = root.path().join("etc/portage").join("x/".repeat(DEEPEST + 1));
        fs::create_dir_all(deep).expect("directories");
        fs::write(root.path().join("etc/group"), "").expect("a file");
        let cmd = Cmd::inside(root.path(), "/bin/sh").only_reads(&DEEP);
        let mut real = Real::new(crate::system::Interrupts::default());
        let step = crate::system::Step::Run(cmd);
        let error = crate::system::System::perform(&mut real, &step, &mut NoopWatch);
        let error = error.expect_err("the copy is too deep").to_string();
        assert!(error.contains("failed to confine"), "{error}");
    }

    #[test]
    fn a_group_is_found_by_its_name() {
        let group = b"root:x:0:\nportage:x:250:me,you\n";
        assert_eq!(group_number(group, "portage"), Some(250));
        assert_eq!(group_number(group, "port"), None);
    }
}
