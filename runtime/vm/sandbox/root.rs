//! The first program of a sandbox: it leaves the host's namespaces and builds a root directory from
//! the shares.

use std::fs::{self, File, Permissions};
use std::io::{self, Read};
use std::os::fd::{AsRawFd, OwnedFd};
use std::os::unix::fs::{OpenOptionsExt, PermissionsExt, chown, symlink};
use std::path::{Path, PathBuf};
use std::process::Command;

use nix::fcntl::{OFlag, open};
use nix::mount::{MsFlags, mount};
use nix::sched::{CloneFlags, CpuSet, sched_getcpu, sched_setaffinity, unshare};
use nix::sys::signal::Signal;
use nix::sys::stat::Mode;
use nix::sys::statvfs::{FsFlags, statvfs};
use nix::unistd::{Pid, getegid, geteuid, pipe2, setsid};

use super::spec::{SETUP_FAILED, Sandbox, Share};

/// Candidate directories for building the new root, in the sandbox's own mount namespace.
const PLACES: [&str; 3] = ["/mnt", "/tmp", "/var"];
/// Directories of the host's programs.
const PROGRAMS: [&str; 7] = ["/usr", "/bin", "/sbin", "/lib", "/lib32", "/lib64", "/libx32"];
/// The devices that programs require; none of them gives access to hardware or data.
const DEVICES: [&str; 5] = ["null", "zero", "full", "random", "urandom"];
/// The configuration files of the host's programs. All other files in `/etc` are hidden.
const SETTINGS: [&str; 28] = [
    "alternatives",
    "debian_version",
    "dracut.conf",
    "dracut.conf.d",
    "gentoo-release",
    "inputrc",
    "ld.so.cache",
    "ld.so.conf",
    "ld.so.conf.d",
    "locale.alias",
    "locale.gen",
    "localtime",
    "login.defs",
    "lvm",
    "mdadm",
    "mke2fs.conf",
    "modprobe.d",
    "nsswitch.conf",
    "os-release",
    "pam.d",
    "profile",
    "protocols",
    "rc.conf",
    "services",
    "terminfo",
    "timezone",
    "udev",
    "xattr.conf",
];
/// The directories of a system that are created empty.
const EMPTY_DIRECTORIES: [&str; 16] = [
    "dev",
    "etc",
    "home",
    "media",
    "mnt",
    "opt",
    "proc",
    "root",
    "run",
    "srv",
    "sys",
    "tmp",
    "var/cache",
    "var/lib",
    "var/log",
    "var/tmp",
];
/// The maximum number of bytes to read of `passwd` and `group`.
const MAX_BYTES: u64 = 1 << 20;

/// Runs the first program of a sandbox; returns the exit code.
#[expect(clippy::disallowed_methods, reason = "the machine's console is a pipe to this program")]
pub fn sandbox() -> i32 {
    match run() {
        Ok(code) => code,
        Err(error) => {
            // Standard error is the machine's console.
            let _ =
                io::Write::write_all(&mut io::stderr(), format!("sandbox: {error}\n").as_bytes());
            SETUP_FAILED
        }
    }
}

fn run() -> io::Result<i32> {
    nix::sys::prctl::set_pdeathsig(Signal::SIGKILL)?;
    let (sandbox, program) = (read()?, std::env::current_exe()?);
    // Without a controlling terminal, no input can be injected into one.
    setsid()?;
    if sandbox.one_processor {
        // Without this, the guest runs, too.
        let _ = stay_on_this_processor();
    }
    unshare_namespaces()?;
    let base = build_root(&sandbox, &program)?;
    // The pipe lets the second program detect that this one exited before the second program could
    // set its parent death signal.
    let (alive, _keep) = pipe2(OFlag::O_CLOEXEC)?;
    rustix::io::fcntl_setfd(&alive, rustix::io::FdFlags::empty())?;
    let words = serde_json::to_string(&sandbox.command)?;
    let kvm = sandbox.owner.kvm.map(|group| group.to_string()).unwrap_or_default();
    let numbers = [sandbox.owner.uid.to_string(), sandbox.owner.gid.to_string(), kvm];
    let status = Command::new(program)
        .arg("sandbox")
        .args(["--inside", &words, "--largest-file", &sandbox.largest_file.to_string()])
        .args(["--owner", &numbers.join(":"), "--alive", &alive.as_raw_fd().to_string()])
        .arg("--root")
        .arg(base)
        .env_clear()
        .env("PATH", "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin")
        .env("TMPDIR", "/dev/shm")
        .status()?;
    Ok(status.code().unwrap_or(1))
}

/// Restricts this thread, and the processes that it starts, to the processor it runs on: the one that was
/// least busy when this program was executed.
fn stay_on_this_processor() -> nix::Result<()> {
    let mut set = CpuSet::new();
    set.set(sched_getcpu()?)?;
    sched_setaffinity(Pid::from_raw(0), &set)
}

/// Reads the description of the sandbox from standard input; the remaining input belongs to the
/// command.
fn read() -> io::Result<Sandbox> {
    // Unbuffered, so that no byte after the description is consumed.
    let mut input = File::from(nix::unistd::dup(io::stdin())?);
    let mut length = [0; 4];
    input.read_exact(&mut length)?;
    let mut text = vec![0; u32::from_le_bytes(length) as usize];
    input.read_exact(&mut text)?;
    Ok(serde_json::from_slice(&text)?)
}

/// Leaves the host's namespaces. A user other than root does this as the root of a user namespace.
fn unshare_namespaces() -> io::Result<()> {
    let (uid, gid) = (geteuid(), getegid());
    let spaces = CloneFlags::CLONE_NEWNS
        | CloneFlags::CLONE_NEWPID
        | CloneFlags::CLONE_NEWIPC
        | CloneFlags::CLONE_NEWUTS
        | CloneFlags::CLONE_NEWNET
        | CloneFlags::CLONE_NEWCGROUP;
    if uid.is_root() {
        return unshare(spaces)
            .map_err(|error| io::Error::other(format!("namespaces of its own: {error}")));
    }
    unshare(spaces | CloneFlags::CLONE_NEWUSER).map_err(|error| {
        io::Error::other(format!(
            "unprivileged user namespaces are disabled on this system (unshare: {error})"
        ))
    })?;
    // The files in /proc/self are owned by root if the process is not dumpable.
    nix::sys::prctl::set_dumpable(true)?;
    fs::write("/proc/self/setgroups", "deny")?;
    fs::write("/proc/self/uid_map", format!("0 {uid} 1"))?;
    fs::write("/proc/self/gid_map", format!("0 {gid} 1"))
}

/// A share, opened before the new root hides its path.
struct OpenShare<'a> {
    file: OwnedFd,
    share: &'a Share,
}

fn open_share(share: &Share) -> io::Result<OpenShare<'_>> {
    let file = open(&share.path, OFlag::O_PATH | OFlag::O_CLOEXEC, Mode::empty())
        .map_err(|error| io::Error::other(format!("{}: {error}", share.path.display())))?;
    Ok(OpenShare { file, share })
}

/// Builds the root directory; the second program enters it.
fn build_root(sandbox: &Sandbox, program: &Path) -> io::Result<&'static Path> {
    let none = None::<&str>;
    mount(none, "/", none, MsFlags::MS_REC | MsFlags::MS_PRIVATE, none)?;
    let mut shares = host_shares();
    // Files in a shared directory are already included in that share.
    shares.retain(|own| !sandbox.shares.iter().any(|share| own.path.starts_with(&share.path)));
    shares.push(Share::readable(program));
    shares.extend(sandbox.shares.iter().cloned());
    // Parent directories come first, so that files inside them are bound on top.
    shares.sort_by(|a, b| a.path.cmp(&b.path));
    let held: Vec<OpenShare<'_>> = shares.iter().map(open_share).collect::<io::Result<_>>()?;
    let accounts = ["passwd", "group"].map(|name| (name, system_accounts(name)));
    let base = PLACES.into_iter().map(Path::new).find(|place| place.is_dir());
    let base = base.ok_or_else(|| io::Error::other("no directory to make a root in"))?;
    let flags = MsFlags::MS_NOSUID | MsFlags::MS_NODEV;
    mount(Some("tmpfs"), base, Some("tmpfs"), flags, Some("size=64m,mode=755"))?;
    skeleton(base)?;
    for one in &held {
        bind(base, one)?;
    }
    for (name, text) in accounts {
        put_new(&base.join("etc").join(name), &text)?;
    }
    put_new(&base.join("etc/shadow"), "root:*:19000:0:99999:7:::\n")?;
    // A live medium has a resolv.conf as well; no server answers at this address (RFC 5737).
    put_new(&base.join("etc/resolv.conf"), "nameserver 192.0.2.1\n")?;
    for (path, text) in &sandbox.files {
        let path = inside(base, path);
        let mut file = File::options().write(true).create_new(true).mode(0o400).open(&path)?;
        io::Write::write_all(&mut file, text.as_bytes())?;
        if geteuid().is_root() && !in_user_namespace() {
            chown(&path, Some(sandbox.owner.uid), Some(sandbox.owner.gid))?;
        }
    }
    let size = format!("size={},mode=1777", sandbox.shared_memory);
    mount(Some("tmpfs"), &base.join("dev/shm"), Some("tmpfs"), flags, Some(size.as_str()))?;
    let pts = Some("newinstance,ptmxmode=0666,mode=0620");
    mount(
        Some("devpts"),
        &base.join("dev/pts"),
        Some("devpts"),
        MsFlags::MS_NOSUID | MsFlags::MS_NOEXEC,
        pts,
    )?;
    Ok(base)
}

/// Returns whether this process is in a user namespace, where root is a different user outside.
fn in_user_namespace() -> bool {
    fs::read_to_string("/proc/self/uid_map")
        .is_ok_and(|map| map.split_whitespace().collect::<Vec<_>>() != ["0", "0", "4294967295"])
}

/// Returns the shares of the host that every sandbox has.
fn host_shares() -> Vec<Share> {
    let programs =
        PROGRAMS.iter().map(PathBuf::from).filter(|path| path.is_dir() && !path.is_symlink());
    let settings = SETTINGS.iter().map(|name| Path::new("/etc").join(name));
    let devices = DEVICES.iter().map(|name| Path::new("/dev").join(name));
    let settings = settings.filter(|path| path.exists());
    programs.chain(settings).map(Share::readable).chain(devices.map(Share::writable)).collect()
}

/// Returns the entries of system accounts, without those of human users.
fn system_accounts(name: &str) -> String {
    const FIRST_USER_ID: u32 = 1000;
    let mut text = String::new();
    let file = File::open(Path::new("/etc").join(name));
    let _ = file.and_then(|file| file.take(MAX_BYTES).read_to_string(&mut text));
    let number = |line: &str| line.split(':').nth(2).and_then(|id| id.parse::<u32>().ok());
    let lines = text
        .lines()
        .filter(|line| number(line).is_some_and(|id| id < FIRST_USER_ID || id == 65_534));
    lines.flat_map(|line| [line, "\n"]).collect()
}

/// Creates the directories and symlinks that must exist before anything is bound.
fn skeleton(base: &Path) -> io::Result<()> {
    for name in EMPTY_DIRECTORIES {
        fs::create_dir_all(base.join(name))?;
    }
    for name in ["tmp", "var/tmp"] {
        fs::set_permissions(base.join(name), Permissions::from_mode(0o1777))?;
    }
    for name in ["dev/shm", "dev/pts", "run/gscript"] {
        fs::create_dir_all(base.join(name))?;
    }
    for (at, to) in [("dev/ptmx", "pts/ptmx"), ("dev/fd", "/proc/self/fd"), ("var/run", "../run")] {
        symlink(to, base.join(at))?;
    }
    for path in PROGRAMS.iter().map(Path::new).filter(|path| path.is_symlink()) {
        symlink(fs::read_link(path)?, inside(base, path))?;
    }
    Ok(())
}

fn inside(base: &Path, path: &Path) -> PathBuf {
    base.join(path.strip_prefix("/").unwrap_or(path))
}

/// Writes a file unless it exists.
fn put_new(path: &Path, text: &str) -> io::Result<()> {
    match path.exists() {
        // A share of the whole directory contains its own.
        true => Ok(()),
        false => fs::write(path, text),
    }
}

/// Binds a share to its path below the root.
fn bind(base: &Path, held: &OpenShare<'_>) -> io::Result<()> {
    let OpenShare { file, share } = held;
    let from = PathBuf::from(format!("/proc/self/fd/{}", file.as_raw_fd()));
    let at = inside(base, &share.path);
    let place = |error: io::Error| io::Error::other(format!("{}: {error}", share.path.display()));
    if !at.exists() {
        let directory = if from.is_dir() { at.as_path() } else { at.parent().unwrap_or(base) };
        fs::create_dir_all(directory).map_err(place)?;
        if !from.is_dir() {
            File::create(&at).map_err(place)?;
        }
    }
    let none = None::<&str>;
    mount(Some(&from), &at, none, MsFlags::MS_BIND | MsFlags::MS_REC, none)
        .map_err(|error| place(error.into()))?;
    for below in mounts_below(&at)? {
        restrict_mount(&below, share.writable).map_err(place)?;
    }
    Ok(())
}

/// Returns the mount points at or below a path.
fn mounts_below(at: &Path) -> io::Result<Vec<PathBuf>> {
    let list = fs::read_to_string("/proc/self/mountinfo")?;
    let places = list
        .lines()
        .filter_map(|line| line.split(' ').nth(4))
        .map(|place| PathBuf::from(unescaped(place)));
    Ok(places.filter(|place| place.starts_with(at)).collect())
}

fn unescaped(place: &str) -> String {
    let place = place.replace("\\040", " ").replace("\\011", "\t").replace("\\012", "\n");
    place.replace("\\134", "\\")
}

/// Remounts a bind mount without setuid programs, and read-only unless it is writable.
fn restrict_mount(at: &Path, writable: bool) -> io::Result<()> {
    let has = statvfs(at)?.flags();
    let is_device = at.parent().is_some_and(|parent| parent.ends_with("dev"));
    let mut flags = MsFlags::MS_BIND | MsFlags::MS_REMOUNT | MsFlags::MS_NOSUID;
    // In a user namespace, flags of the host's mount must not be cleared.
    for (flag, same) in [
        (FsFlags::ST_RDONLY, MsFlags::MS_RDONLY),
        (FsFlags::ST_NODEV, MsFlags::MS_NODEV),
        (FsFlags::ST_NOEXEC, MsFlags::MS_NOEXEC),
        (FsFlags::ST_NOATIME, MsFlags::MS_NOATIME),
        (FsFlags::ST_NODIRATIME, MsFlags::MS_NODIRATIME),
        (FsFlags::ST_RELATIME, MsFlags::MS_RELATIME),
    ] {
        flags.set(same, flags.contains(same) || has.contains(flag));
    }
    flags.set(MsFlags::MS_NODEV, !is_device || flags.contains(MsFlags::MS_NODEV));
    flags.set(MsFlags::MS_RDONLY, !writable || flags.contains(MsFlags::MS_RDONLY));
    Ok(mount(None::<&str>, at, None::<&str>, flags, None::<&str>)?)
}
