//! Following emerge while it runs: its status socket where there is one, otherwise its log.

use std::fs::File;
use std::io::{ErrorKind, Read, Seek, SeekFrom};
use std::os::fd::AsRawFd;
use std::os::unix::net::UnixStream;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant, SystemTime};

use nix::fcntl::OFlag;
use nix::unistd::Pid;

use super::files::reach::{open_following, open_reading};
use super::input::read_all;
use super::orphans;
use crate::event::{BuildSource, BuildStatus, LockHolder, RunningBuild};
use crate::machine::builds::{
    BuildSnapshot, Durations, LoggedBuilds, PlannedBuild, emerge_log, lock_holder, resume_list,
    schedule, snapshots,
};
use crate::machine::{Cmd, Program};

/// The time between two states. Portage itself publishes one every second at most.
const INTERVAL: Duration = Duration::from_secs(1);

/// How much of the log tells how long earlier builds took.
const HISTORY: u64 = 16 << 20;

/// The largest message or log line that is read; longer ones are discarded.
const MAX_LINE: usize = 1 << 20;

/// The largest list of packages that is read.
const MAX_LIST: u64 = 16 << 20;

/// A running emerge.
pub(super) struct FollowedBuilds {
    root: PathBuf,
    pid: u32,
    begun: Instant,
    last: Option<Instant>,
    log: FollowedLog,
    logged: LoggedBuilds,
    socket: Option<StreamLines<UnixStream>>,
    snapshot: Option<BuildSnapshot>,
    durations: Durations,
    /// The largest number of builds side by side so far.
    jobs: usize,
}

/// The log of emerge, from where it ended when emerge began.
struct FollowedLog {
    path: PathBuf,
    offset: u64,
    lines: Option<StreamLines<File>>,
}

/// Complete lines of a stream.
struct StreamLines<R> {
    from: R,
    partial: Vec<u8>,
}

impl FollowedBuilds {
    /// Begins to follow a command, if it is emerge, before it is started.
    pub(super) fn of(cmd: &Cmd) -> Option<Self> {
        let path = cmd.emerge_log.clone()?;
        let root = match &cmd.program {
            Program::Tool(_) => PathBuf::from("/"),
            Program::Inside { root, .. } => root.clone(),
        };
        let (durations, offset) = earlier(&root, &path).unwrap_or_default();
        Some(Self {
            root,
            pid: 0,
            begun: Instant::now(),
            last: None,
            log: FollowedLog { path, offset, lines: None },
            logged: LoggedBuilds::default(),
            socket: None,
            snapshot: None,
            durations,
            jobs: 1,
        })
    }

    /// Sets the process of emerge.
    pub(super) fn started(&mut self, pid: u32) {
        self.pid = pid;
    }

    /// Handles a line that emerge printed.
    pub(super) fn printed(&mut self, line: &str) {
        self.logged.printed(line);
    }

    /// Returns the state, at most once a second; `None` before the first package has begun, unless
    /// emerge waits for another process.
    pub(super) fn poll(&mut self) -> Option<BuildStatus> {
        if self.last.is_some_and(|last| last.elapsed() < INTERVAL) {
            return None;
        }
        self.last = Some(Instant::now());
        let logged = &mut self.logged;
        self.log.read(&self.root, |line| logged.logged(line));
        self.read_socket();
        let mut status = match self.snapshot.clone() {
            Some(snapshot) => self.published_status(&snapshot),
            None => self.logged_status(),
        };
        // Portage prints nothing about locks that it waits for.
        status.waits_for = self.waits_for();
        if status.total == 0 && status.waits_for.is_none() {
            return None;
        }
        self.jobs = self.jobs.max(status.running.len());
        status.left = self.left(&status);
        Some(status)
    }

    fn read_socket(&mut self) {
        if self.socket.is_none() {
            let path = format!("/run/portage/emerge-{}.sock", self.pid);
            self.socket = connect(&self.root, Path::new(&path)).map(StreamLines::of);
        }
        let Some(socket) = &mut self.socket else { return };
        let (pid, snapshot) = (u64::from(self.pid), &mut self.snapshot);
        let is_open = socket.read(|line| {
            let read = snapshots(line).into_iter().find(|read| read.emerge_pid == pid);
            if read.is_some() {
                *snapshot = read;
            }
        });
        if !is_open {
            (self.socket, self.snapshot) = (None, None);
        }
    }

    /// Returns the process that holds a lock for which emerge, or a process that it has started, waits.
    fn waits_for(&self) -> Option<LockHolder> {
        let locks = std::fs::read_to_string("/proc/locks").ok()?;
        if !locks.contains("->") {
            return None;
        }
        let own = orphans::tree(Pid::from_raw(self.pid.cast_signed()), &[]);
        let is_own = |process: u32| own.iter().any(|one| one.pid.as_raw() == process.cast_signed());
        // Processes of this emerge that wait for each other are none of the user's concern.
        let process = lock_holder(&locks, is_own).filter(|process| !is_own(*process))?;
        let words = std::fs::read(format!("/proc/{process}/cmdline")).ok()?;
        Some(LockHolder { process, name: program_name(&String::from_utf8_lossy(&words)) })
    }

    fn published_status(&mut self, snapshot: &BuildSnapshot) -> BuildStatus {
        if let Some(most) = snapshot.jobs.max.as_u64().and_then(|most| usize::try_from(most).ok()) {
            self.jobs = self.jobs.max(most);
        }
        let running = snapshot.tasks.iter().map(|task| RunningBuild {
            name: task.cpv.clone(),
            phase: task.phase().to_owned(),
            seconds: task.seconds(),
            expected: self.durations.expected(&task.cpv, task.binary),
            memory: task.resources.mem_peak,
        });
        let counts = (snapshot.jobs.completed, snapshot.jobs.total, snapshot.jobs.failed);
        self.status(BuildSource::Socket, counts, running.collect())
    }

    fn logged_status(&self) -> BuildStatus {
        let now = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
        let running = self.logged.running().map(|(name, phase, started)| RunningBuild {
            name: name.to_owned(),
            phase: phase.to_owned(),
            seconds: now.as_secs().saturating_sub(started),
            expected: self.durations.expected(name, false),
            memory: None,
        });
        self.status(BuildSource::Log, self.logged.counts(), running.collect())
    }

    fn status(
        &self,
        source: BuildSource,
        (done, total, failed): (u64, u64, u64),
        running: Vec<RunningBuild>,
    ) -> BuildStatus {
        let load = std::fs::read_to_string("/proc/loadavg").ok();
        let load = load.and_then(|text| text.split(' ').next()?.parse().ok());
        let seconds = self.begun.elapsed().as_secs();
        let (left, waits_for) = (None, None);
        BuildStatus { source, done, total, failed, running, seconds, left, load, waits_for }
    }

    /// Returns the seconds until everything is installed, if most of it was built before.
    fn left(&self, status: &BuildStatus) -> Option<u64> {
        let list = open_reading(&self.root, Path::new("/var/cache/edb/mtimedb"));
        let list = list.ok().and_then(|file| read_all(file, MAX_LIST).ok());
        let list = list.map(|bytes| resume_list(&String::from_utf8_lossy(&bytes)));
        let begun = |name: &str| status.running.iter().find(|one| one.name == name);
        let waiting =
            list.unwrap_or_default().into_iter().filter(|(name, _)| begun(name).is_none());
        let waiting: Vec<Option<u64>> =
            waiting.map(|(name, binary)| self.durations.expected(&name, binary)).collect();
        let running = status.running.iter();
        let running = running.map(|one| Some(one.expected?.saturating_sub(one.seconds)));
        let all: Vec<Option<u64>> = running.chain(waiting).collect();
        let known: Vec<u64> = all.iter().filter_map(|seconds| *seconds).collect();
        let count = u64::try_from(known.len()).unwrap_or(u64::MAX);
        if known.len() * 2 < all.len() || known.is_empty() {
            return None;
        }
        let average = known.iter().sum::<u64>() / count;
        let planned = all.iter().map(|seconds| PlannedBuild {
            seconds: seconds.unwrap_or(average),
            requires: Vec::new(),
        });
        Some(schedule(&planned.collect::<Vec<_>>(), self.jobs).seconds)
    }
}

/// Returns the name of a program from its command line (proc_pid_cmdline(5)): emerge is a script of
/// Python.
fn program_name(words: &str) -> String {
    let mut names = words.split('\0').map(|word| word.rsplit('/').next().unwrap_or(word));
    let name = names.find(|name| !name.is_empty() && !name.starts_with("python"));
    name.unwrap_or("another program").to_owned()
}

/// Returns how long earlier builds took, and the length of the log.
fn earlier(root: &Path, path: &Path) -> Option<(Durations, u64)> {
    let mut file = open_log(root, path)?;
    let length = file.metadata().ok()?.len();
    file.seek(SeekFrom::Start(length.saturating_sub(HISTORY))).ok()?;
    let mut bytes = Vec::new();
    file.take(HISTORY).read_to_end(&mut bytes).ok()?;
    let merges = emerge_log::merges(&String::from_utf8_lossy(&bytes));
    Some((Durations::of(&merges), length))
}

fn open_log(root: &Path, path: &Path) -> Option<File> {
    let file = open_reading(root, path).ok()?;
    file.metadata().ok()?.is_file().then_some(file)
}

/// Connects to a socket inside a root.
fn connect(root: &Path, path: &Path) -> Option<UnixStream> {
    let node = open_following(root, path, OFlag::O_PATH | OFlag::O_CLOEXEC).ok()?;
    let stream = UnixStream::connect(format!("/proc/self/fd/{}", node.as_raw_fd())).ok()?;
    stream.set_nonblocking(true).ok()?;
    Some(stream)
}

impl FollowedLog {
    fn read(&mut self, root: &Path, line: impl FnMut(&str)) {
        if self.lines.is_none() {
            let Some(mut file) = open_log(root, &self.path) else { return };
            if file.seek(SeekFrom::Start(self.offset)).is_err() {
                return;
            }
            self.lines = Some(StreamLines::of(file));
        }
        if let Some(lines) = &mut self.lines {
            lines.read(line);
        }
    }
}

impl<R: Read> StreamLines<R> {
    fn of(from: R) -> Self {
        Self { from, partial: Vec::new() }
    }

    /// Handles the complete lines that are available; returns `false` at the end of the stream.
    fn read(&mut self, mut line: impl FnMut(&str)) -> bool {
        const MOST: usize = 64;
        let mut buffer = [0; 16 << 10];
        for _ in 0..MOST {
            let count = match self.from.read(&mut buffer) {
                Ok(0) => return false,
                Ok(count) => count,
                Err(error) if error.kind() == ErrorKind::Interrupted => continue,
                Err(error) => return error.kind() == ErrorKind::WouldBlock,
            };
            for piece in buffer[..count].split_inclusive(|byte| *byte == b'\n') {
                if self.partial.len() < MAX_LINE {
                    self.partial.extend_from_slice(piece);
                }
                if piece.ends_with(b"\n") {
                    line(String::from_utf8_lossy(&self.partial).trim_end());
                    self.partial.clear();
                }
            }
        }
        true
    }
}

#[cfg(test)]
mod tests {
    use std::io::Write;
    use std::os::unix::net::UnixListener;

    use super::*;

    fn follow(root: &Path) -> FollowedBuilds {
        let cmd = Cmd::inside(root, "/usr/bin/emerge").follow_builds("/var/log/emerge.log");
        let mut followed = FollowedBuilds::of(&cmd).expect("emerge");
        followed.started(7);
        followed
    }

    fn next(followed: &mut FollowedBuilds) -> Option<BuildStatus> {
        followed.last = None;
        followed.poll()
    }

    #[test]
    fn the_socket_replaces_the_log_while_it_is_there() {
        let root = tempfile::tempdir().expect("a directory");
        let root = root.path();
        std::fs::create_dir_all(root.join("var/log")).expect("a directory");
        std::fs::create_dir_all(root.join("run/portage")).expect("a directory");
        let log = root.join("var/log/emerge.log");
        let earlier = "1:  >>> emerge (1 of 1) a/one-1 to /\n9:  ::: completed emerge (1 of 1) a/one-1 to /\n";
        std::fs::write(&log, earlier).expect("a log");
        let mut followed = follow(root);
        assert_eq!(next(&mut followed), None);
        let mut log = std::fs::OpenOptions::new().append(true).open(log).expect("the log");
        log.write_all(b"20:  >>> emerge (1 of 2) a/one-2 to /\n21:  >>> eme").expect("written");
        let status = next(&mut followed).expect("a status");
        assert_eq!((status.source, status.done, status.total), (BuildSource::Log, 0, 2));
        assert_eq!(status.running[0].expected, Some(8));
        let socket = UnixListener::bind(root.join("run/portage/emerge-7.sock")).expect("a socket");
        assert_eq!(next(&mut followed).expect("a status").source, BuildSource::Log);
        let (mut emerge, _) = socket.accept().expect("a connection");
        let snapshot = r#"{"type": "snapshot", "schema": 1, "emerge_pid": 7, "jobs": {"max": 4, "completed": 1, "total": 2, "failed": 0}, "tasks": [{"cpv": "a/one-2", "kind": "build", "phase": "test", "elapsed": 3.5, "binary": false}]}"#;
        let other = r#"{"type": "other", "schema": 1, "emerge_pid": 7}"#;
        emerge.write_all(format!("{snapshot}\n{other}\n").as_bytes()).expect("sent");
        let status = next(&mut followed).expect("a status");
        assert_eq!((status.source, status.done), (BuildSource::Socket, 1));
        assert_eq!(status.running[0].phase, "test");
        assert_eq!(status.left, Some(5));
        drop(emerge);
        drop(socket);
        assert_eq!(next(&mut followed).expect("a status").source, BuildSource::Log);
    }

    #[test]
    fn a_script_is_named_and_not_its_interpreter() {
        let emerge = "/usr/bin/python3.12\0/usr/lib/python-exec/python3.12/emerge\0--oneshot\0";
        assert_eq!(program_name(emerge), "emerge");
        assert_eq!(program_name("/usr/bin/ebuild\0x\0"), "ebuild");
        assert_eq!(program_name(""), "another program");
    }

    #[test]
    fn a_link_does_not_lead_out_of_the_root() {
        let (root, outside) =
            (tempfile::tempdir().expect("one"), tempfile::tempdir().expect("two"));
        let path = outside.path().join("emerge-7.sock");
        let _socket = UnixListener::bind(&path).expect("a socket");
        std::fs::create_dir(root.path().join("run")).expect("a directory");
        let link = root.path().join("run/portage");
        std::os::unix::fs::symlink(outside.path(), link).expect("a link");
        assert!(connect(root.path(), Path::new("/run/portage/emerge-7.sock")).is_none());
        assert!(connect(Path::new("/"), &path).is_some());
    }
}
