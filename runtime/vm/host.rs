//! Starts the virtual machine and reads its console.

use std::fs;
use std::io::{self, BufRead, BufReader, Read};
use std::path::{Path, PathBuf};
use std::process::Child;
use std::sync::mpsc::{Receiver, RecvTimeoutError, sync_channel};
use std::time::{Duration, Instant};

use super::console::{Console, end, unconfined};
use super::error::{UML, VmError};
use super::sandbox::{Owner, SETUP_FAILED, Sandbox, SandboxStdin, Share, change_owner};
use super::{GuestReport, Order};
use crate::system::Interrupts;
use crate::system::real::{find_program, read_below};
use crate::types::Size;

/// One boot of the virtual machine.
pub struct Boot<'a> {
    /// The path of the kernel.
    pub kernel: &'a Path,
    /// The path of this executable.
    pub program: &'a Path,
    /// The commands to run.
    pub order: &'a Order,
    /// The disks: `/dev/ubda`, `/dev/ubdb` …
    pub disks: &'a [PathBuf],
    /// An additional disk, `/dev/ubdp`: the last possible one, independent of the number of other
    /// disks.
    pub last: Option<&'a Path>,
    /// Files and directories of the host that are visible in the guest at the same paths, in
    /// addition to the host's programs.
    pub shares: &'a [Share],
    /// The memory size.
    pub memory: Size,
    /// The time limit, after which the machine is killed.
    pub limit: Duration,
}

/// The maximum length of a console line in bytes; longer lines are split.
const LONGEST_LINE: u64 = 16 << 10;
/// The maximum size of a report in bytes.
const LONGEST_REPORT: u64 = 64 << 10;
/// The number of buffered console lines; a guest that prints faster is blocked.
const WAITING_LINES: usize = 256;
/// The path of the order in the guest.
const ORDER: &str = "/run/gscript/order.json";
/// The file size limit of the guest's process, unless its memory or a disk is larger.
const MAX_FILE_SIZE: u64 = 8 << 30;

/// Returns the path of the User Mode Linux kernel of this system.
pub fn find_kernel() -> Result<PathBuf, VmError> {
    find_program(UML.name).ok_or(VmError::NoKernel)
}

/// Returns the directory of the modules of a kernel: `/usr/lib/uml/modules` for
/// `/usr/bin/linux.uml`, as in Debian.
fn modules_of(kernel: &Path) -> PathBuf {
    let prefix = kernel.ancestors().nth(2).unwrap_or(Path::new("/usr"));
    prefix.join("lib/uml/modules")
}

impl Boot<'_> {
    /// Boots the machine, waits until it exits, and reads the report.
    pub fn run(
        &self,
        interrupts: &Interrupts,
        console: &mut dyn Console,
    ) -> Result<GuestReport, VmError> {
        let start = |error: io::Error| VmError::Start(error.to_string());
        // Remove the report of an earlier boot.
        match fs::remove_file(self.order.report()) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(start(error)),
            _ => {}
        }
        let owner = Owner::for_caller();
        self.give_to(owner).map_err(start)?;
        let mut child = self
            .sandbox(owner)
            .and_then(|sandbox| sandbox.spawn(self.program, SandboxStdin::Closed))
            .map_err(start)?;
        console.started(child.id());
        let lines = read_lines(&mut child);
        let mut tail = Vec::new();
        let ended = self.wait(&lines, interrupts, &mut tail, console);
        let code = end(&mut child);
        // Return the remaining files to the user who started the machine.
        self.give_to(Owner::caller()).map_err(start)?;
        ended.map_err(|error| match error {
            VmError::TimedOut { limit, .. } => VmError::TimedOut { limit, console: tail.clone() },
            other => other,
        })?;
        if code == Some(SETUP_FAILED) {
            return Err(unconfined(&tail));
        }
        // The guest may have written anything there, so the file is untrusted.
        let report = read_below(&self.order.exchange, Path::new(Order::REPORT), LONGEST_REPORT);
        let report = report.ok().flatten().and_then(|bytes| serde_json::from_slice(&bytes).ok());
        report.ok_or(VmError::Died { console: tail })
    }

    /// Returns the paths that the guest may write to.
    fn writable(&self) -> impl Iterator<Item = &Path> {
        let shares =
            self.shares.iter().filter(|share| share.writable).map(|share| share.path.as_path());
        let disks = self.disks.iter().map(PathBuf::as_path).chain(self.last);
        std::iter::once(self.order.exchange.as_path()).chain(disks).chain(shares)
    }

    fn give_to(&self, owner: Owner) -> io::Result<()> {
        self.writable().try_for_each(|path| change_owner(path, owner))
    }

    fn sandbox(&self, owner: Owner) -> io::Result<Sandbox> {
        let mut command =
            vec![self.kernel.display().to_string(), format!("mem={}", self.memory.exact())];
        let fixed = [
            "root=/dev/root",
            "rootfstype=hostfs",
            "rootflags=/",
            "ro",
            "con=null",
            "con0=null,fd:1",
            "quiet",
            "loglevel=1",
            "panic=1",
            "umid=guest",
            // Faster than ptrace, since Linux 6.16. That processes of the guest can write to its whole
            // memory is no loss: recipes are root there, and the sandbox confines the kernel as well.
            "seccomp=auto",
        ];
        command.extend(fixed.map(str::to_owned));
        command.push(format!("uml_dir={}/", self.order.exchange.display()));
        command.push(format!("init={}", self.program.display()));
        let disks = self.disks.iter().map(PathBuf::as_path).enumerate();
        for (number, disk) in disks.chain(self.last.map(|disk| (LAST_DISK, disk))) {
            command.push(format!("ubd{number}={}", disk.display()));
        }
        command.extend(["--", "guest", ORDER].map(str::to_owned));
        command.push(modules_of(self.kernel).display().to_string());
        let sizes = self.disks.iter().map(|disk| fs::metadata(disk).map_or(0, |meta| meta.len()));
        let memory = self.memory.get();
        // Read-only shares come first, because writable paths may be inside one of them.
        let readable = self.shares.iter().filter(|share| !share.writable).cloned();
        Ok(Sandbox {
            command,
            shares: readable.chain(self.writable().map(Share::writable)).collect(),
            files: vec![(ORDER.into(), serde_json::to_string(self.order)?)],
            shared_memory: memory + (memory >> 3) + (16 << 20),
            // The kernel and the processes of the guest run in turn; to switch between processors takes
            // several times longer than what most system calls do.
            one_processor: true,
            largest_file: sizes.fold(MAX_FILE_SIZE.max(memory), u64::max),
            owner,
        })
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

/// The index of `/dev/ubdp`.
const LAST_DISK: usize = 15;

/// Reads the lines of both output streams until both end.
fn read_lines(child: &mut Child) -> Receiver<String> {
    let (send, lines) = sync_channel(WAITING_LINES);
    let streams: [Option<Box<dyn Read + Send>>; 2] = [
        child.stdout.take().map(|stream| Box::new(stream) as Box<dyn Read + Send>),
        child.stderr.take().map(|stream| Box::new(stream) as Box<dyn Read + Send>),
    ];
    for stream in streams.into_iter().flatten() {
        let send = send.clone();
        std::thread::spawn(move || {
            let mut reader = BufReader::new(stream);
            let mut bytes = Vec::new();
            while reader
                .by_ref()
                .take(LONGEST_LINE)
                .read_until(b'\n', &mut bytes)
                .is_ok_and(|count| count > 0)
            {
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
