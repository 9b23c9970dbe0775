//! Runs an attempt as root where it cannot damage the system (`sandbox.sh`).

use std::fs::{self, File};
use std::io::{Read, Write};
use std::os::fd::{AsFd, OwnedFd};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::OnceLock;
use std::time::{Duration, Instant};

use nix::poll::{PollFd, PollFlags, PollTimeout, poll};
use nix::pty::{Winsize, openpty};

use super::{Act, Attempt, RunMode};
use crate::support::dsl::{PROGRAM, project};

/// A run that takes longer counts as hanging. No attempt is judged by how fast it fails.
pub const LIMIT: Duration = Duration::from_mins(5);
/// Directory of the recipe, as the run sees it.
const RECIPE_DIRECTORY: &str = "tmp/case/here";

/// The result of a run.
pub struct RunResult {
    /// Exit code of gscript; `None` if the run was killed.
    pub code: Option<i32>,
    /// Output, byte for byte.
    pub output: Vec<u8>,
    /// Files that changed: their lines in the listings before and after the run.
    pub changed: Vec<String>,
    /// Mounts that the run added or removed.
    pub mounted: Vec<String>,
    /// Command lines of the processes that are left.
    pub processes: Vec<String>,
    /// Error message of the `afterwards` commands.
    pub afterwards: Option<String>,
    /// Any other problem: an expected prompt that never appeared, or a preparation that failed.
    pub problem: Option<String>,
}

fn unshare() -> Command {
    let mut command = Command::new("unshare");
    command.args(["--mount", "--pid", "--fork", "--kill-child=KILL", "--net", "--uts", "--ipc"]);
    command.args(["--propagation", "private", "--"]);
    command
}

/// Returns whether attempts can be run as root on this machine.
pub fn can_run_as_root() -> bool {
    static ALLOWED: OnceLock<bool> = OnceLock::new();
    *ALLOWED.get_or_init(|| {
        let setup = "mount -t tmpfs tmpfs /mnt && mkdir /mnt/u /mnt/w /mnt/r && \
            mount -t overlay -o lowerdir=/,upperdir=/mnt/u,workdir=/mnt/w overlay /mnt/r && \
            mknod /mnt/u/x c 0 0";
        let tried = unshare().args(["/bin/bash", "-c", setup]).output();
        tried.is_ok_and(|tried| tried.status.success())
    })
}

/// Runs one recipe of an attempt.
pub fn run(attempt: &Attempt, recipe: Option<&(String, String)>) -> RunResult {
    let exchange = tempfile::tempdir().expect("a directory");
    write_input(attempt, recipe, exchange.path());
    let terminal = matches!(attempt.how, RunMode::Typed);
    let mut command = unshare();
    command
        .arg("/bin/bash")
        .arg(project("tests/attacks/sandbox.sh"))
        .arg(exchange.path())
        .arg(PROGRAM)
        .env_clear()
        .env("PATH", "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin")
        .envs([("HOME", "/tmp/case/home"), ("GSCRIPT_STATE", "/tmp/case/state")])
        .envs([("LANG", "C.UTF-8"), ("TERM", "xterm")]);
    let (output, problem) = match terminal {
        true => run_on_terminal(command.env("BED_TERMINAL", "1"), &attempt.acts),
        false => run_without_terminal(&mut command, exchange.path()),
    };
    let read = |name: &str| fs::read_to_string(exchange.path().join(name)).unwrap_or_default();
    let code = read("code").trim().parse().ok();
    let unprepared = (code.is_none() && !read("prepared").is_empty()).then(|| read("prepared"));
    RunResult {
        code,
        changed: differences(&read("before"), &read("after")),
        mounted: differences(&read("mounts.before"), &read("mounts.after")),
        processes: read("processes").lines().map(str::to_owned).collect(),
        afterwards: Some(read("afterwards.output")).filter(|text| !text.is_empty()),
        output,
        problem: problem.or(unprepared),
    }
}

/// Writes the input of the run to the exchange directory.
fn write_input(attempt: &Attempt, recipe: Option<&(String, String)>, exchange: &Path) {
    let tree = exchange.join("tree");
    let here = tree.join(RECIPE_DIRECTORY);
    fs::create_dir_all(&here).expect("a directory");
    let recipe_file = recipe.map(|(name, text)| (name, text.as_bytes()));
    let others = attempt.files.iter().map(|(name, content)| (name, content.as_slice()));
    for (name, content) in recipe_file.into_iter().chain(others) {
        let path = match name.strip_prefix('/') {
            Some(path) => tree.join(path),
            None => here.join(name),
        };
        fs::create_dir_all(path.parent().expect("a directory")).expect("its directory");
        fs::write(path, content).expect("a file");
    }
    fs::write(exchange.join("prepare"), &attempt.prepare).expect("a file");
    fs::write(exchange.join("afterwards"), &attempt.afterwards).expect("a file");
    let file = recipe.map_or("", |(name, _)| name);
    let words = attempt.words.iter().map(|word| if word == "RECIPE" { file } else { word });
    // Only gscript gets the variables, not the shell that prepares the run.
    let variables = attempt.env.iter().map(|(name, value)| format!("{name}={value}"));
    let variables: Vec<String> = variables.collect();
    let all = ["/usr/bin/env"].into_iter().chain(variables.iter().map(String::as_str));
    let all = all.chain(["/run/bed/gscript"]).chain(words);
    let words: String = all.flat_map(|word| [word, "\0"]).collect();
    fs::write(exchange.join("words"), words).expect("a file");
}

/// Waits until the child has ended; kills it after [`LIMIT`].
fn wait_or_kill(child: &mut Child) -> Option<String> {
    let start = Instant::now();
    while child.try_wait().expect("a child").is_none() {
        if start.elapsed() > LIMIT {
            child.kill().expect("it can be killed");
            child.wait().expect("it ends");
            return Some(format!("it hangs: killed after {} s", LIMIT.as_secs()));
        }
        std::thread::sleep(Duration::from_millis(5));
    }
    None
}

fn run_without_terminal(command: &mut Command, exchange: &Path) -> (Vec<u8>, Option<String>) {
    let path = exchange.join("output");
    let output = File::create(&path).expect("a file");
    let both = output.try_clone().expect("a file");
    let child = command.stdin(Stdio::null()).stdout(output).stderr(both).spawn();
    let problem = wait_or_kill(&mut child.expect("unshare"));
    (fs::read(path).expect("the output"), problem)
}

fn run_on_terminal(command: &mut Command, acts: &[Act]) -> (Vec<u8>, Option<String>) {
    let size = Winsize { ws_row: 40, ws_col: 100, ws_xpixel: 0, ws_ypixel: 0 };
    let pty = openpty(&size, None).expect("a terminal");
    let ours = |fd: &OwnedFd| Stdio::from(fd.try_clone().expect("a terminal"));
    command.stdin(ours(&pty.slave)).stdout(ours(&pty.slave)).stderr(ours(&pty.slave));
    let mut child = command.spawn().expect("unshare");
    // `command` holds copies of the other end of the terminal until they are replaced.
    command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
    drop(pty.slave);
    let mut terminal = Terminal { file: File::from(pty.master), shown: Vec::new(), seen: 0 };
    let missing = acts.iter().find_map(|act| terminal.act(act).err());
    if missing.is_some() {
        child.kill().expect("it can be killed");
    } else {
        let end = Instant::now() + LIMIT;
        while terminal.read(end) {}
    }
    let problem = wait_or_kill(&mut child);
    (terminal.shown, missing.or(problem))
}

struct Terminal {
    file: File,
    shown: Vec<u8>,
    /// End of the part that `acts` have already waited for, as an offset into the plain text.
    seen: usize,
}

impl Terminal {
    fn act(&mut self, act: &Act) -> Result<(), String> {
        let send = |mut file: &File, text: &[u8]| {
            // A program that has ended reads nothing; its output is judged later.
            let _ = file.write_all(text);
        };
        match act {
            Act::See(text) => self.wait_for(text)?,
            Act::Type(text) => send(&self.file, format!("{text}\r").as_bytes()),
            Act::Keys(keys) => send(&self.file, keys.as_bytes()),
        }
        Ok(())
    }

    fn wait_for(&mut self, text: &str) -> Result<(), String> {
        let end = Instant::now() + LIMIT;
        loop {
            let plain = plain(&self.shown);
            if let Some(at) = plain.get(self.seen..).and_then(|rest| rest.find(text)) {
                self.seen += at + text.len();
                return Ok(());
            }
            if !self.read(end) {
                return Err(format!("never saw {text:?} on the terminal"));
            }
        }
    }

    /// Reads more; returns `false` at the end of the output or when the deadline has passed.
    fn read(&mut self, end: Instant) -> bool {
        let mut fds = [PollFd::new(self.file.as_fd(), PollFlags::POLLIN)];
        if poll(&mut fds, PollTimeout::from(100_u8)) == Ok(0) {
            return Instant::now() < end;
        }
        let mut buffer = vec![0; 1 << 16];
        // Reading a terminal whose other end is closed is an error.
        let Ok(count @ 1..) = self.file.read(&mut buffer) else { return false };
        self.shown.extend(&buffer[..count]);
        if buffer[..count].windows(4).any(|bytes| bytes == b"\x1b[6n") {
            // A line editor asks for the position of the cursor.
            let _ = self.file.write_all(b"\x1b[1;1R");
        }
        true
    }
}

/// Returns what a terminal showed, without colours and cursor movements.
pub fn plain(shown: &[u8]) -> String {
    let text = String::from_utf8_lossy(shown).replace('\r', "");
    let pattern = regex::Regex::new(r"\x1b\[[0-9;?]*[A-Za-z]|\x1b[=>]").expect("a pattern");
    pattern.replace_all(&text, "").into_owned()
}

/// Returns the lines that are in only one of the two texts.
fn differences(before: &str, after: &str) -> Vec<String> {
    let (mut old, mut new): (Vec<&str>, Vec<&str>) =
        (before.lines().collect(), after.lines().collect());
    old.sort_unstable();
    new.sort_unstable();
    let gone = old.iter().filter(|line| new.binary_search(line).is_err());
    let added = new.iter().filter(|line| old.binary_search(line).is_err());
    gone.chain(added).map(|line| (*line).to_owned()).collect()
}
