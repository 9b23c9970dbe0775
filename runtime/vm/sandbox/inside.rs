//! The second program of a sandbox: the first process of its PID namespace. It drops all privileges,
//! starts the command, and exits when the command exits.

use std::fs::{self, File};
use std::io;
use std::os::fd::AsFd;
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;
use std::process::Command;

use nix::fcntl::OFlag;
use nix::mount::{MntFlags, MsFlags, mount, umount2};
use nix::poll::{PollFd, PollFlags, PollTimeout, poll};
use nix::sys::resource::{Resource, getrlimit, setrlimit};
use nix::sys::signal::Signal;
use nix::sys::wait::{WaitStatus, waitpid};
use nix::unistd::{Gid, Pid, Uid, chdir, pivot_root, setgroups, setresgid, setresuid};
use rustix::thread::{
    CapabilitySet, clear_ambient_capability_set, remove_capability_from_bounding_set,
};

use super::spec::SETUP_FAILED;

/// The process limit; every process of the guest is a process of the host.
const MOST_PROCESSES: u64 = 4096;
/// The limit of open files. Every file that is open in the guest is open in this process as well;
/// grub-install alone opens hundreds.
const MOST_FILES: u64 = 1 << 16;

/// The arguments of the second program.
pub struct Inside<'a> {
    /// The program and its arguments, as a JSON list.
    pub command: &'a str,
    /// The user and groups: `UID:GID:` or `UID:GID:GROUP`.
    pub owner: &'a str,
    /// The maximum size of a file in bytes.
    pub largest_file: u64,
    /// The descriptor of a pipe that is closed when the first program exits.
    pub alive: i32,
    /// The directory that becomes the root.
    pub root: &'a Path,
}

/// Runs the command; returns the exit code of the sandbox.
#[expect(clippy::disallowed_methods, reason = "the machine's console is a pipe to this program")]
pub fn inside(params: &Inside<'_>) -> i32 {
    match run(params) {
        Ok(()) => 0,
        Err(error) => {
            let _ =
                io::Write::write_all(&mut io::stderr(), format!("sandbox: {error}\n").as_bytes());
            SETUP_FAILED
        }
    }
}

fn run(params: &Inside<'_>) -> io::Result<()> {
    if std::process::id() != 1 {
        return Err(io::Error::other("only the first process of a sandbox can do this"));
    }
    ended_before(params.alive)?;
    enter(params.root)?;
    drop_privileges(params)?;
    let words: Vec<String> = serde_json::from_str(params.command)?;
    let Some((program, args)) = words.split_first() else { return Ok(()) };
    let child = Command::new(program)
        .args(args)
        .spawn()
        .map_err(|error| io::Error::other(format!("{program}: {error}")))?;
    let child = i32::try_from(child.id()).map(Pid::from_raw).map_err(io::Error::other)?;
    // Orphans are reparented to the first process.
    loop {
        match waitpid(None, None) {
            Ok(WaitStatus::Exited(pid, _) | WaitStatus::Signaled(pid, _, _)) if pid == child => {
                return Ok(());
            }
            Ok(_) | Err(nix::errno::Errno::EINTR) => {}
            Err(error) => return Err(error.into()),
        }
    }
}

/// Drops all privileges of the host's root irrevocably.
fn drop_privileges(params: &Inside<'_>) -> io::Result<()> {
    for capability in CapabilitySet::all().iter() {
        match remove_capability_from_bounding_set(capability) {
            // Older kernels do not support every capability.
            Ok(()) | Err(rustix::io::Errno::INVAL) => {}
            Err(error) => return Err(error.into()),
        }
    }
    clear_ambient_capability_set()?;
    let mut owner = params.owner.split(':');
    let mut number = || owner.next().and_then(|number| number.parse::<u32>().ok());
    // A user namespace has no other users.
    let alone =
        fs::read_to_string("/proc/self/setgroups").is_ok_and(|allowed| allowed.trim() == "deny");
    if let (Some(uid), Some(gid), false) = (number(), number(), alone) {
        let groups: Vec<Gid> = number().map(Gid::from_raw).into_iter().collect();
        setgroups(&groups)?;
        let (uid, gid) = (Uid::from_raw(uid), Gid::from_raw(gid));
        setresgid(gid, gid, gid)?;
        setresuid(uid, uid, uid)?;
    }
    nix::sys::prctl::set_no_new_privs()?;
    for (limit, most) in [
        (Resource::RLIMIT_CORE, 0),
        (Resource::RLIMIT_NPROC, MOST_PROCESSES),
        (Resource::RLIMIT_NOFILE, MOST_FILES),
        (Resource::RLIMIT_FSIZE, params.largest_file),
    ] {
        let most = most.min(getrlimit(limit)?.1);
        setrlimit(limit, most, most)?;
    }
    // Changing the user clears the parent death signal.
    nix::sys::prctl::set_pdeathsig(Signal::SIGKILL)?;
    nix::sys::prctl::set_dumpable(false)?;
    Ok(())
}

/// Returns an error if the first program exited before the parent death signal was set.
fn ended_before(alive: i32) -> io::Result<()> {
    nix::sys::prctl::set_pdeathsig(Signal::SIGKILL)?;
    let how = &mut File::options();
    // Without a writer, opening the pipe would block.
    let alive = how
        .read(true)
        .custom_flags(OFlag::O_NONBLOCK.bits())
        .open(format!("/proc/self/fd/{alive}"))?;
    let mut asked = [PollFd::new(alive.as_fd(), PollFlags::POLLIN)];
    poll(&mut asked, PollTimeout::ZERO)?;
    match asked[0].revents() {
        Some(events) if events.contains(PollFlags::POLLHUP) => {
            Err(io::Error::other("the program that started it has ended"))
        }
        _ => Ok(()),
    }
}

/// Makes the directory the root, with a `/proc` for this PID namespace. None of the host's mounts
/// remain visible.
fn enter(root: &Path) -> io::Result<()> {
    let none = None::<&str>;
    let closed = MsFlags::MS_NOSUID | MsFlags::MS_NODEV;
    // In a user namespace, proc can only be mounted while another proc mount is visible.
    mount(Some("proc"), &root.join("proc"), Some("proc"), closed | MsFlags::MS_NOEXEC, none)?;
    chdir(root)?;
    pivot_root(".", ".")?;
    umount2(".", MntFlags::MNT_DETACH)?;
    chdir("/")?;
    let sealed = MsFlags::MS_BIND | MsFlags::MS_REMOUNT | MsFlags::MS_RDONLY | closed;
    Ok(mount(none, "/", none, sealed, none)?)
}
