//! The first process of the virtual machine: it creates a writable root, runs the commands, and
//! powers the machine off.

use std::ffi::CString;
use std::fs::{self, File};
use std::io::{self, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::os::unix::process::ExitStatusExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use nix::mount::{MntFlags, MsFlags, mount, umount2};
use nix::sys::reboot::{RebootMode, reboot};
use nix::sys::stat::{Mode, SFlag, makedev, mknod};
use nix::unistd::{chdir, pivot_root};

use super::{GuestReport, Order};
use crate::system::real::find_program;

/// The mount point for building the new root.
const STAGE: &str = "/mnt";
/// The directory of the modules of a kernel that is installed without a prefix, as in Gentoo.
const MODULES_OF_SYSTEM: &str = "/lib/modules";
/// The modules to load. `cbc` is first because some versions of dm-crypt request it too late.
const MODULES: [&str; 4] = ["cbc", "xts", "dm-mod", "dm-crypt"];

/// Executes the order with modules from this directory, if it has those of the running kernel.
/// Never returns in a virtual machine; elsewhere it returns an error.
pub fn guest(order: &Path, modules: &Path) -> io::Error {
    if std::process::id() != 1 {
        return io::Error::other("only the first process of a virtual machine can do this");
    }
    if let Err(error) = execute_order(order, modules) {
        // Without a report, the host shows the last lines of the console.
        println!("guest: {error}");
    }
    nix::unistd::sync();
    match reboot(RebootMode::RB_POWER_OFF) {
        Ok(never) => match never {},
        Err(error) => error.into(),
    }
}

/// Runs the commands of the order and writes the report.
fn execute_order(order: &Path, modules: &Path) -> io::Result<()> {
    let order: Order = serde_json::from_slice(&fs::read(order)?)?;
    let report = run(&order, modules).unwrap_or_else(|error| GuestReport {
        trouble: Some(error.to_string()),
        ..GuestReport::default()
    });
    let mut file = File::create(order.report())?;
    file.write_all(&serde_json::to_vec(&report)?)?;
    file.sync_all()
}

fn run(order: &Order, modules: &Path) -> io::Result<GuestReport> {
    let release = kernel_release()?;
    let places = [modules, Path::new(MODULES_OF_SYSTEM)].map(|dir| dir.join(&release));
    let modules = places.into_iter().find(|dir| dir.join("modules.dep").exists());
    let modules = modules.ok_or_else(|| {
        io::Error::other(format!("there are no kernel modules for {release} on this system"))
    })?;
    make_root(&modules).map_err(|error| {
        io::Error::other(format!(
            "failed to create the root: \
        {error}"
        ))
    })?;
    // The shared directory has the same path on the host and in the guest.
    let shared = order.exchange.as_path();
    fs::create_dir_all(shared)?;
    mount(None::<&str>, shared, Some("hostfs"), MsFlags::empty(), Some(shared))?;
    load_modules()?;
    for (path, text) in &order.files {
        put(path, text)
            .map_err(|error| io::Error::other(format!("{}: {error}", path.display())))?;
    }
    let mut report = GuestReport::default();
    for command in &order.commands {
        let Some((program, args)) = command.split_first() else { continue };
        let status = Command::new(program)
            .args(args)
            .env_clear()
            .env("PATH", "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin")
            .env("HOME", "/root")
            .env("LANG", "C.UTF-8")
            .env("DM_DISABLE_UDEV", "1")
            .env("GSCRIPT_STATE", shared)
            .current_dir("/")
            .stdin(Stdio::null())
            .status()
            .map_err(|error| io::Error::other(format!("{program}: {error}")))?;
        let code = status.code().unwrap_or_else(|| 128 + status.signal().unwrap_or(0));
        report.codes.push(code);
        if code != 0 {
            break;
        }
    }
    Ok(report)
}

/// Writes a file that only root can read.
fn put(path: &Path, text: &str) -> io::Result<()> {
    fs::create_dir_all(path.parent().unwrap_or(Path::new("/")))?;
    let mut file = File::options().write(true).create_new(true).mode(0o600).open(path)?;
    file.write_all(text.as_bytes())
}

fn kernel_release() -> io::Result<String> {
    // Proc is not mounted yet, so the release comes from the system call.
    let name = nix::sys::utsname::uname()?;
    Ok(name.release().to_string_lossy().into_owned())
}

/// Makes an overlay in memory, on top of the host's root, the new root.
fn make_root(modules: &Path) -> io::Result<()> {
    let none = None::<&str>;
    mount(Some("tmpfs"), STAGE, Some("tmpfs"), MsFlags::empty(), none)?;
    let directory = |name: &str| -> io::Result<PathBuf> {
        let path = Path::new(STAGE).join(name);
        fs::create_dir(&path)?;
        Ok(path)
    };
    let (lower, upper, work, root) =
        (directory("lower")?, directory("upper")?, directory("work")?, directory("root")?);
    mount(Some("/"), &lower, none, MsFlags::MS_BIND, none)?;
    insert(&modules.join("kernel/fs/overlayfs/overlay.ko"))?;
    let options = format!(
        "lowerdir={},upperdir={},workdir={}",
        lower.display(),
        upper.display(),
        work.display()
    );
    mount(Some("overlay"), &root, Some("overlay"), MsFlags::empty(), Some(options.as_str()))?;
    let old = root.join("mnt");
    fs::create_dir_all(&old)?;
    pivot_root(&root, &old)?;
    chdir("/")?;
    umount2("/mnt", MntFlags::MNT_DETACH)?;
    for (kind, at) in
        [("proc", "/proc"), ("sysfs", "/sys"), ("devtmpfs", "/dev"), ("tmpfs", "/run")]
    {
        fs::create_dir_all(at)?;
        mount(Some(kind), at, Some(kind), MsFlags::empty(), none)?;
    }
    for at in ["/dev/pts", "/dev/shm"] {
        fs::create_dir_all(at)?;
    }
    mount(Some("devpts"), "/dev/pts", Some("devpts"), MsFlags::empty(), none)?;
    mount(Some("tmpfs"), "/dev/shm", Some("tmpfs"), MsFlags::empty(), none)?;
    // On other systems udev creates these; Portage fails without the first one.
    for (at, to) in [
        ("/dev/fd", "/proc/self/fd"),
        ("/dev/stdin", "/proc/self/fd/0"),
        ("/dev/stdout", "/proc/self/fd/1"),
        ("/dev/stderr", "/proc/self/fd/2"),
    ] {
        std::os::unix::fs::symlink(to, at)?;
    }
    // On other systems kmod and udev create it; to open it loads the module.
    fs::create_dir_all("/dev/net")?;
    let everyone = Mode::from_bits_truncate(0o666);
    mknod("/dev/net/tun", SFlag::S_IFCHR, everyone, makedev(10, 200))?;
    // The kernel loads modules from here on demand.
    let place = Path::new("/lib/modules").join(modules.file_name().unwrap_or_default());
    if !place.exists() {
        fs::create_dir_all("/lib/modules")?;
        std::os::unix::fs::symlink(modules, place)?;
    }
    Ok(())
}

/// Loads a module from its file; a missing file is ignored because the module may be built in.
fn insert(module: &Path) -> io::Result<()> {
    let file = match File::open(module) {
        Ok(file) => file,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
        Err(error) => return Err(error),
    };
    let no_options = CString::default();
    let flags = nix::kmod::ModuleInitFlags::empty();
    match nix::kmod::finit_module(&file, &no_options, flags) {
        Ok(()) | Err(nix::errno::Errno::EEXIST) => Ok(()),
        Err(error) => Err(error.into()),
    }
}

fn load_modules() -> io::Result<()> {
    let Some(modprobe) = find_program("modprobe") else {
        return Err(io::Error::other("modprobe is not installed (package kmod)"));
    };
    let output = Command::new(modprobe).arg("-a").args(MODULES).output()?;
    if output.status.success() {
        return Ok(());
    }
    let said = String::from_utf8_lossy(&output.stderr).trim().to_owned();
    Err(io::Error::other(format!("failed to load kernel modules: {said}")))
}
