//! Starting the virtual machine and listening to its console.

use std::fs;
use std::io::{self, BufRead, BufReader, Read};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::{Receiver, RecvTimeoutError, channel};
use std::time::{Duration, Instant};

use nix::sys::signal::{Signal, killpg};
use nix::sys::statvfs::{FsFlags, statvfs};
use nix::unistd::Pid;

use super::pc::QEMU;
use super::{Order, Report};
use crate::system::real::{end_with_us, find_program};
use crate::system::{Interrupts, ProgramInfo};
use crate::types::Size;

/// The package that brings the kernel.
const UML: ProgramInfo = ProgramInfo {
    name: "linux.uml",
    debian: "user-mode-linux",
    gentoo: "sys-kernel/usermode-sources (built with ARCH=um)",
    works_long: true,
};

/// One boot of the virtual machine.
pub struct Boot<'a> {
    /// The kernel.
    pub kernel: &'a Path,
    /// This program.
    pub program: &'a Path,
    /// What it does.
    pub order: &'a Order,
    /// Its disks: `/dev/ubda`, `/dev/ubdb` …
    pub disks: &'a [PathBuf],
    /// One more, `/dev/ubdp`: the last that there can be, whatever the others are.
    pub last: Option<&'a Path>,
    /// Its memory.
    pub memory: Size,
    /// When it is ended by force.
    pub limit: Duration,
}

/// Whoever listens to the console.
pub trait Console {
    /// The guest printed a line.
    fn line(&mut self, line: &str);
}

/// Why the virtual machine did not do what it was to do.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum VmError {
    /// There is no kernel for it.
    #[error("there is no User Mode Linux on this machine (linux.uml)")]
    NoKernel,
    /// There is no emulator.
    #[error("there is no emulator of a PC on this machine ({})", QEMU.name)]
    NoEmulator,
    /// Nothing that starts an EFI system.
    #[error("there is no EFI firmware for the emulated PC on this machine")]
    NoFirmware,
    /// Firmware without the file that it keeps its variables in.
    #[error("the firmware variables are missing: there is no {}", missing.display())]
    NoVariables {
        /// The file.
        missing: PathBuf,
    },
    /// It ended, or its time was over, before it said what it was to say.
    #[error("the emulated PC did not say {when:?} {}", limit.map_or("before it ended".to_owned(), |limit| format!("within {} s", limit.as_secs())))]
    Silent {
        /// The text that was waited for.
        when: String,
        /// The limit, if it was that.
        limit: Option<Duration>,
        /// The last lines of its console.
        console: Vec<String>,
    },
    /// It said what it must not say.
    #[error("the emulated PC said {text:?}")]
    Unwanted {
        /// The text.
        text: String,
        /// The last lines of its console.
        console: Vec<String>,
    },
    /// It could not be started.
    #[error("the virtual machine can't be started: {0}")]
    Start(String),
    /// It ended without a report.
    #[error("the virtual machine ended before it was done")]
    Died {
        /// The last lines of its console.
        console: Vec<String>,
    },
    /// It took too long.
    #[error("the virtual machine was ended after its time limit of {} s", limit.as_secs())]
    TimedOut {
        /// The limit.
        limit: Duration,
        /// The last lines of its console.
        console: Vec<String>,
    },
    /// The person pressed Ctrl-C.
    #[error("stopped on request")]
    Interrupted,
}

impl VmError {
    /// What to do about it.
    pub fn remedy(&self) -> Option<String> {
        match self {
            Self::NoKernel => Some(format!(
                "install it: apt install {} (Debian), {} (Gentoo)",
                UML.debian, UML.gentoo
            )),
            Self::NoEmulator => Some(format!(
                "install it: apt install {} (Debian), {} (Gentoo)",
                QEMU.debian, QEMU.gentoo
            )),
            Self::NoFirmware | Self::NoVariables { .. } => {
                Some("install it: apt install ovmf (Debian), sys-firmware/edk2-bin (Gentoo)".into())
            }
            Self::Silent { .. } | Self::Unwanted { .. } => Some(
                "the last lines of its console tell where it stopped; with --keep DIR the disk stays, to look into it"
                    .into(),
            ),
            Self::Start(_) | Self::Died { .. } => {
                Some("does /dev/shm or /tmp have room for the guest's memory?".into())
            }
            _ => None,
        }
    }

    /// The last lines of the console, if they tell anything.
    pub fn console(&self) -> &[String] {
        match self {
            Self::Died { console }
            | Self::TimedOut { console, .. }
            | Self::Silent { console, .. }
            | Self::Unwanted { console, .. } => console,
            _ => &[],
        }
    }
}

/// The User Mode Linux kernel of this system.
pub fn find_kernel() -> Result<PathBuf, VmError> {
    find_program(UML.name).ok_or(VmError::NoKernel)
}

impl Boot<'_> {
    /// Boots, waits for the end, and reads the report.
    pub fn run(
        &self,
        interrupts: &Interrupts,
        console: &mut dyn Console,
    ) -> Result<Report, VmError> {
        let start = |error: io::Error| VmError::Start(error.to_string());
        let order = self.order.exchange.join("order.json");
        // A report of an earlier boot must not be taken for this one's.
        match fs::remove_file(self.order.report()) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(start(error)),
            _ => {}
        }
        let text = serde_json::to_vec(self.order).map_err(|error| start(error.into()))?;
        fs::write(&order, text).map_err(start)?;
        let mut child = self.command(&order).spawn().map_err(start)?;
        let mut follower = follow(&child).map_err(|error| {
            end(&mut child);
            start(error)
        })?;
        let lines = listen(&mut child);
        let mut tail = Vec::new();
        let ended = self.wait(&lines, interrupts, &mut tail, console);
        end(&mut child);
        let _ = follower.wait();
        ended.map_err(|error| match error {
            VmError::TimedOut { limit, .. } => VmError::TimedOut { limit, console: tail.clone() },
            other => other,
        })?;
        let report = fs::read(self.order.report()).ok();
        let report = report.and_then(|bytes| serde_json::from_slice(&bytes).ok());
        report.ok_or(VmError::Died { console: tail })
    }

    fn command(&self, order: &Path) -> Command {
        let mut command = Command::new(self.kernel);
        command
            .arg(format!("mem={}", self.memory.exact()))
            .args(["root=/dev/root", "rootfstype=hostfs", "rootflags=/", "ro"])
            .args(["con=null", "con0=null,fd:1", "quiet", "loglevel=1", "panic=1"])
            .arg(format!("uml_dir={}/", self.order.exchange.display()))
            .arg("umid=guest")
            .arg(format!("init={}", self.program.display()));
        for (number, disk) in self.disks.iter().enumerate() {
            command.arg(format!("ubd{number}={}", disk.display()));
        }
        if let Some(disk) = self.last {
            command.arg(format!("ubd15={}", disk.display()));
        }
        command.arg("--").arg("guest").arg(order);
        if !executable_memory(Path::new("/dev/shm")) {
            command.env("TMPDIR", "/tmp");
        }
        command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
        command.process_group(0);
        end_with_us(&mut command, None);
        command
    }

    fn wait(
        &self,
        lines: &Receiver<String>,
        interrupts: &Interrupts,
        tail: &mut Vec<String>,
        console: &mut dyn Console,
    ) -> Result<(), VmError> {
        let start = Instant::now();
        loop {
            if interrupts.count() > 0 {
                return Err(VmError::Interrupted);
            }
            if start.elapsed() > self.limit {
                return Err(VmError::TimedOut { limit: self.limit, console: Vec::new() });
            }
            match lines.recv_timeout(Duration::from_millis(100)) {
                Ok(line) => {
                    console.line(&line);
                    if tail.len() == 30 {
                        tail.remove(0);
                    }
                    tail.push(line);
                }
                Err(RecvTimeoutError::Timeout) => {}
                Err(RecvTimeoutError::Disconnected) => return Ok(()),
            }
        }
    }
}

/// Memory of the guest is a file there, and some systems don't let it hold code.
fn executable_memory(folder: &Path) -> bool {
    statvfs(folder).is_ok_and(|fs| !fs.flags().contains(FsFlags::ST_NOEXEC))
}

/// Lines of both streams until both end.
fn listen(child: &mut Child) -> Receiver<String> {
    let (send, lines) = channel();
    let streams: [Option<Box<dyn Read + Send>>; 2] = [
        child.stdout.take().map(|stream| Box::new(stream) as Box<dyn Read + Send>),
        child.stderr.take().map(|stream| Box::new(stream) as Box<dyn Read + Send>),
    ];
    for stream in streams.into_iter().flatten() {
        let send = send.clone();
        std::thread::spawn(move || {
            let mut reader = BufReader::new(stream);
            let mut bytes = Vec::new();
            while reader.read_until(b'\n', &mut bytes).is_ok_and(|count| count > 0) {
                let line = String::from_utf8_lossy(&bytes).trim_end().to_owned();
                bytes.clear();
                if send.send(line).is_err() {
                    break;
                }
            }
        });
    }
    lines
}

/// Ends the whole group of a process when this program is gone: its own end is told to the kernel only, and the
/// threads that serve that kernel's disks, processes of the host, sometimes survive it.
fn follow(child: &Child) -> io::Result<Child> {
    let group = i32::try_from(child.id()).map_err(io::Error::other)?;
    // Nobody writes to its input, which closes with this program.
    Command::new("/bin/sh")
        .args(["-c", "read -r line; kill -KILL 0"])
        .stdin(Stdio::piped())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .process_group(group)
        .spawn()
}

/// Nothing of it stays, whatever state it is in.
pub(super) fn end(child: &mut Child) {
    let pid = i32::try_from(child.id()).map(Pid::from_raw);
    let start = Instant::now();
    // Its streams have ended or nobody listens any more: it has a moment to end by itself.
    while start.elapsed() < Duration::from_secs(2) {
        if matches!(child.try_wait(), Ok(Some(_))) {
            break;
        }
        std::thread::sleep(Duration::from_millis(5));
    }
    if let Ok(pid) = pid {
        // The guest's processes are processes of the host, in its group.
        let _ = killpg(pid, Signal::SIGKILL);
    }
    let _ = child.wait();
}
