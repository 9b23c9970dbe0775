//! The virtual machine of the lab tests: real tools, a real kernel, virtual disks.
//!
//! Every machine has one more disk than a test asks for, `/dev/ubdp`. No test may write to it;
//! after every boot its contents must be unchanged.
//!
//! The machine runs scripts of `tests/lab`, which source `lib/cases.sh`.

use std::fmt::Write;
use std::fs::{self, File};
use std::os::unix::fs::PermissionsExt;
use std::os::unix::net::UnixDatagram;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::OnceLock;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::time::Duration;

use gscript::system::{Interrupts, PROGRAMS, find_program};
use gscript::types::Size;
use gscript::vm::{Boot, Console, GuestReport, Order, Share, VmError, find_kernel};
use nix::sys::signal::{Signal, killpg};
use nix::unistd::Pid;
use tempfile::TempDir;

use crate::harness::Missing;
use crate::support::dsl::{PROGRAM, project};

/// A boot that takes longer counts as hanging. dracut alone takes minutes if many machines share
/// two processors.
const LIMIT: Duration = Duration::from_hours(1);
/// The exit code for SIGKILL.
const KILLED: i32 = 128 + 9;

/// A virtual machine that has not been started.
pub struct Lab {
    directory: TempDir,
    disks: Vec<PathBuf>,
    limit: Duration,
}

/// Result of a script: its directory, console and exit code.
pub struct ScriptResult {
    directory: TempDir,
    pub console: String,
    pub code: i32,
}

/// A script of the lab, and variables for it.
#[derive(Clone, Copy)]
pub struct Call<'a> {
    /// Path below `tests/lab`.
    pub script: &'a str,
    pub vars: &'a [(&'a str, &'a str)],
}

impl<'a> Call<'a> {
    pub fn new(script: &'a str) -> Self {
        Self { script, vars: &[] }
    }

    /// Returns the command line.
    fn words(self, directory: &Path) -> Vec<String> {
        let word = |path: &Path| path.to_string_lossy().into_owned();
        let vars = self.vars.iter().map(|(name, value)| format!("{name}={value}"));
        let tools: Vec<&str> = PROGRAMS.iter().map(|program| program.name).collect();
        let mut words = vec!["/usr/bin/env".to_owned(), format!("TOOLS={}", tools.join(" "))];
        words.extend(vars);
        words.extend(["/bin/bash".to_owned(), word(&project("tests/lab").join(self.script))]);
        words.extend([PROGRAM.to_owned(), word(directory), word(&project(""))]);
        words
    }
}

/// The output of the console, and the process group of the machine.
#[derive(Default)]
struct ConsoleLog<'a>(String, Option<&'a AtomicU32>);

impl Console for ConsoleLog<'_> {
    fn line(&mut self, line: &str) {
        self.0.push_str(line);
        self.0.push('\n');
    }

    fn started(&mut self, group: u32) {
        if let Some(started) = self.1 {
            started.store(group, Ordering::Relaxed);
        }
    }
}

/// Directories of the host that every machine of the lab sees besides the programs. Scripts of the
/// lab are trusted: add a path if one needs more.
fn shared() -> Vec<Share> {
    let paths = ["/etc", "/var/lib/dpkg", "/var/lib/systemd"].map(PathBuf::from);
    let paths = paths.into_iter().chain([project("")]).filter(|path| path.exists());
    paths.map(|path| Share::readable(fs::canonicalize(path).expect("a directory"))).collect()
}

impl Lab {
    /// Creates a machine with blank disks of these sizes: `/dev/ubda`, `/dev/ubdb` …
    pub fn new(sizes: &[&str]) -> Self {
        let directory = tempfile::tempdir().expect("a directory");
        let disks = sizes.iter().enumerate().map(|(index, size)| {
            let path = directory.path().join(format!("disk{index}.img"));
            let size: Size = size.parse().expect("a size");
            File::create(&path).and_then(|file| file.set_len(size.get())).expect("a disk");
            path
        });
        let disks = disks.collect();
        fs::write(directory.path().join(SENTINEL), sentinel())
            .expect("the disk that nobody chooses");
        Self { directory, disks, limit: LIMIT }
    }

    /// Counts a boot as hanging only after this time.
    pub fn with_limit(self, limit: Duration) -> Self {
        Self { limit, ..self }
    }

    /// Returns the directory that host and guest share, at the same path on both sides.
    pub fn path(&self) -> &Path {
        self.directory.path()
    }

    /// Reverses the order of the disks at the next boot.
    pub fn reverse_disks(&mut self) {
        self.disks.reverse();
    }

    /// Runs a script as root in one boot.
    pub fn run(self, call: Call<'_>) -> Result<ScriptResult, Missing> {
        let (console, code) = self.boot(call)?;
        Ok(self.done(console, code))
    }

    /// Returns the result of a machine that is not booted again.
    pub fn done(self, console: String, code: i32) -> ScriptResult {
        keep_proved(self.directory.path());
        ScriptResult { directory: self.directory, console, code }
    }

    /// Runs a script that needs no device on this system in namespaces of its own for mounts and
    /// processes, if they are allowed. A virtual machine takes ten times as long to start a program, and
    /// Portage and dracut start thousands of them. Its settings and accounts cannot be changed by
    /// mistake: `/etc` is read-only. What it leaves running ends with it.
    pub fn run_beside(self, call: Call<'_>) -> Result<ScriptResult, Missing> {
        let limit = self.limit.as_secs();
        let unshare = || {
            let mut command = Command::new("timeout");
            command.args(["--signal", "KILL", &limit.to_string(), "unshare", "--mount"]);
            command.args(["--pid", "--fork", "--kill-child", "--mount-proc"]);
            command.args(["--propagation", "private", "--"]);
            command
        };
        let may = unshare().args(["mount", "-t", "tmpfs", "tmpfs", "/mnt"]).output();
        if !may.is_ok_and(|output| output.status.success()) {
            return self.run(call);
        }
        let protected = "mount --bind -o ro /etc /etc && exec \"$@\"";
        let output = unshare()
            .args(["sh", "-c", protected, "sh"])
            .args(call.words(self.directory.path()))
            .env("NAMESPACE", "own")
            .stdin(Stdio::null())
            .output()
            .expect("a shell");
        let said = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        let mut console = said(&output.stdout) + said(&output.stderr).as_str();
        let code = output.status.code().unwrap_or(KILLED);
        if code == KILLED {
            let _ = write!(console, "\nkilled, after {limit} s at the latest");
        }
        Ok(self.done(console, code))
    }

    /// Runs a script on a machine that can be booted again. Returns the console and the exit code:
    /// -1 if the machine died or did not run the script.
    pub fn boot(&self, call: Call<'_>) -> Result<(String, i32), Missing> {
        let (console, report) = self.start(call)?;
        let wrong = match report {
            Ok(GuestReport { trouble: None, codes }) => {
                return Ok((console, codes.first().copied().unwrap_or(-1)));
            }
            Ok(GuestReport { trouble: Some(trouble), .. }) => trouble,
            Err(error) => format!("{error}\n{}", error.console().join("\n")),
        };
        // The output of the script until then is still useful.
        Ok((format!("{console}\n{wrong}"), -1))
    }

    /// Runs a script until it makes the file `cut` in the shared directory, where the power is cut.
    /// Returns the console, and whether that happened.
    pub fn cut(&self, call: Call<'_>) -> Result<(String, bool), Missing> {
        let (console, report) = self.start(call)?;
        let cut = fs::remove_file(self.directory.path().join("cut")).is_ok();
        // The machine's own records are obsolete.
        let _ = fs::remove_dir_all(self.directory.path().join("guest"));
        Ok((console, cut && report.is_err()))
    }

    /// Boots the machine and waits for its end.
    fn start(&self, call: Call<'_>) -> Result<(String, Result<GuestReport, VmError>), Missing> {
        let kernel = find_kernel().map_err(|error| Missing(error.to_string()))?;
        let command = call.words(self.directory.path());
        let exchange = self.directory.path().to_owned();
        let order = Order { commands: vec![command], exchange, files: Vec::new() };
        let boot = Boot {
            kernel: &kernel,
            program: Path::new(PROGRAM),
            order: &order,
            disks: &self.disks,
            last: Some(&self.directory.path().join(SENTINEL)),
            shares: &shared(),
            memory: Size::mib(512),
            limit: self.limit,
        };
        let (over, group) = (AtomicBool::new(false), AtomicU32::new(0));
        let mut console = ConsoleLog(String::new(), Some(&group));
        let report = std::thread::scope(|scope| {
            scope.spawn(|| exchange_disk(self.directory.path(), &over));
            scope.spawn(|| cut_power(self.directory.path(), &group, &over));
            let report = boot.run(&Interrupts::default(), &mut console);
            over.store(true, Ordering::Relaxed);
            report
        });
        let after =
            fs::read(self.directory.path().join(SENTINEL)).expect("the disk that nobody chose");
        assert!(after == sentinel(), "{}: the disk that nobody chose has changed", call.script);
        Ok((console.0, report))
    }
}

/// The file of the disk that no test may use.
const SENTINEL: &str = "nobody-chooses-this.img";

/// Its contents: a filesystem with a file, and nothing else that a run could search for.
fn sentinel() -> &'static [u8] {
    static CONTENT: OnceLock<Vec<u8>> = OnceLock::new();
    CONTENT.get_or_init(|| {
        let directory = tempfile::tempdir().expect("a directory");
        let (tree, image) = (directory.path().join("tree"), directory.path().join("image"));
        fs::create_dir(&tree).expect("a directory");
        fs::write(tree.join("precious"), "the only copy\n").expect("a file");
        let mkfs = find_program("mkfs.ext4").expect("mkfs.ext4");
        let made = Command::new(mkfs)
            .args(["-q", "-F", "-L", "precious", "-d"])
            .args([tree.as_path(), image.as_path()])
            .arg("8M")
            .output();
        assert!(made.is_ok_and(|made| made.status.success()), "the filesystem that nobody chooses");
        fs::read(image).expect("it")
    })
}

impl ScriptResult {
    /// Returns the shared directory.
    pub fn directory(&self) -> &Path {
        self.directory.path()
    }

    /// Returns the names of the files with this suffix, without the suffix.
    pub fn names(&self, ending: &str) -> Vec<String> {
        let entries = fs::read_dir(self.directory.path()).expect("the directory").flatten();
        let name = |entry: fs::DirEntry| entry.file_name().into_string().ok();
        let stem = |name: String| name.strip_suffix(ending).map(str::to_owned);
        entries.filter_map(name).filter_map(stem).collect()
    }

    /// Reads a file that the script left.
    #[track_caller]
    pub fn read(&self, name: &str) -> String {
        let path = self.directory.path().join(name);
        fs::read_to_string(&path)
            .unwrap_or_else(|error| panic!("{}: {error}\n{}", path.display(), self.console))
    }

    /// Fails unless the script succeeded.
    #[track_caller]
    pub fn succeeded(&self) -> &Self {
        assert_eq!(self.code, 0, "{}", self.console);
        self
    }
}

/// Simulates a user who replaces a disk: when the file `exchange-ubdb` appears in the shared
/// directory, that disk is removed and `other.img` is attached under the same name.
fn exchange_disk(directory: &Path, over: &AtomicBool) {
    while !over.load(Ordering::Relaxed) {
        std::thread::sleep(Duration::from_millis(50));
        let request = directory.join("exchange-ubdb");
        if request.exists() {
            let other = directory.join("other.img");
            let told = send_order(directory, "remove ubdb")
                .and_then(|()| send_order(directory, &format!("config ubdb={}", other.display())));
            let answer = told.err().map(|error| error.to_string()).unwrap_or_default();
            fs::write(directory.join("exchanged"), answer).expect("an answer");
            fs::remove_file(request).expect("the request");
        }
    }
}

/// Simulates a power cut: the file `cut` in the shared directory ends all processes of the machine
/// at once. Data that its kernel had not written to the disks is lost.
fn cut_power(directory: &Path, group: &AtomicU32, over: &AtomicBool) {
    while !over.load(Ordering::Relaxed) {
        std::thread::sleep(Duration::from_millis(1));
        if directory.join("cut").exists() {
            let pid =
                i32::try_from(group.load(Ordering::Relaxed)).expect("the machine's processes");
            killpg(Pid::from_raw(pid), Signal::SIGKILL).expect("the power goes");
            return;
        }
    }
}

/// Sends an order to the management console of the virtual machine (a datagram of three numbers and
/// a string; `uml_mconsole(1)` does the same).
fn send_order(directory: &Path, order: &str) -> std::io::Result<()> {
    const MAGIC: u32 = 0xcafe_babe;
    const VERSION: u32 = 2;
    const ROOM: usize = 512;
    let socket = UnixDatagram::bind(directory.join("hands.sock"))?;
    // The machine runs as another user.
    fs::set_permissions(directory.join("hands.sock"), fs::Permissions::from_mode(0o777))?;
    let length = u32::try_from(order.len()).expect("a short order");
    let mut datagram: Vec<u8> =
        [MAGIC, VERSION, length].iter().flat_map(|number| number.to_ne_bytes()).collect();
    datagram.extend(order.as_bytes());
    datagram.resize(12 + ROOM, 0);
    socket.set_read_timeout(Some(Duration::from_mins(10)))?;
    socket.send_to(&datagram, directory.join("guest/mconsole"))?;
    let mut answer = [0; 12 + ROOM];
    let length = socket.recv(&mut answer)?;
    fs::remove_file(directory.join("hands.sock"))?;
    match answer[..4] {
        [0, 0, 0, 0] => Ok(()),
        _ => Err(std::io::Error::other(
            String::from_utf8_lossy(&answer[12.min(length)..length]).into_owned(),
        )),
    }
}

/// Directory in which tests record the actions that were run for real and ended as predicted.
pub fn proved() -> PathBuf {
    project("target/proved")
}

/// Identifies the program: results of an earlier build do not count.
pub fn build() -> String {
    let program = fs::metadata(PROGRAM).expect("the program");
    let built = program.modified().expect("a time").duration_since(std::time::UNIX_EPOCH);
    format!("{} {}", program.len(), built.expect("after 1970").as_nanos())
}

/// Writes one list for each machine, with the build of the program.
fn keep_proved(directory: &Path) {
    let Ok(names) = fs::read_to_string(directory.join("proved")) else { return };
    let list = format!("{}\n{names}", build());
    let name = directory.file_name().expect("a name");
    let kept = fs::create_dir_all(proved()).and_then(|()| fs::write(proved().join(name), list));
    kept.expect("the list of what is proved");
}
