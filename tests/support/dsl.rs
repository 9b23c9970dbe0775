//! Runs the program and compares its output exactly.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::PathBuf;
use std::process::{Command, Stdio};
use std::time::Duration;

use tempfile::TempDir;

/// The program under test.
pub const PROGRAM: &str = env!("CARGO_BIN_EXE_gscript");

/// Returns a path below the project's directory.
pub fn project(path: &str) -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join(path)
}

/// Replaces values that differ between runs by their kind.
pub fn normalized(text: &str) -> String {
    let replace = |text: String, pattern: &str, by: &str| {
        regex::Regex::new(pattern).expect(pattern).replace_all(&text, by).into_owned()
    };
    let text = text.to_owned();
    let text = replace(text, r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", "UUID");
    let text = replace(text, r"[0-9a-f]{8}(:[0-9a-f]{8}){3}", "MD-UUID");
    let text = replace(text, r"\b\w{6}(-\w{4}){5}-\w{6}\b", "LVM-UUID");
    let text = replace(text, r"label-id: 0x[0-9a-f]{8}", "label-id: MBR-ID");
    let text = replace(text, r"UUID=[0-9A-F]{4}-[0-9A-F]{4}\b", "UUID=FAT-ID");
    let text = replace(text, r"(mkfs\.vfat .*-i) [0-9A-F]{8}\b", "$1 FAT-ID");
    let text = replace(text, r"\bgroup \d{5,}", "group LINK-GROUP");
    let text = replace(text, r"\d{8}T\d{6}Z", "TIME");
    replace(text, r"\d+\.\d s\b", "N s")
}

/// Compares a text with its snapshot; `GSCRIPT_WRITE_SNAPSHOTS=1` writes the snapshot.
#[track_caller]
pub fn snapshot(name: &str, text: &str) {
    let file = project("tests/snapshots").join(name);
    if std::env::var_os("GSCRIPT_WRITE_SNAPSHOTS").is_some() {
        fs::create_dir_all(file.parent().expect("a directory")).expect("the directory");
        fs::write(&file, text).expect("the snapshot");
    }
    let kept = fs::read_to_string(&file).unwrap_or_default();
    if kept != text {
        let diff = gscript::types::unified_diff(("kept", "now"), &kept, text, 3);
        panic!("{name} differs from the snapshot:\n{diff}");
    }
}

/// One call of the program, in a directory of its own.
pub struct Test {
    directory: TempDir,
    args: Vec<String>,
    env: Vec<(String, String)>,
    /// In bytes.
    memory: Option<u64>,
    /// After this time the program is killed.
    limit: Option<Duration>,
}

/// Result of a call.
pub struct ProgramOutput {
    /// Exit code; -1 if the program was killed.
    pub status: i32,
    pub stdout: String,
    pub stderr: String,
    /// Temporary directory of the call; it is removed when this is dropped.
    pub directory: TempDir,
}

impl Test {
    /// Creates a call with these arguments; `@` at the beginning stands for the project's
    /// directory.
    pub fn new(args: &[&str]) -> Self {
        let expand = |arg: &&str| match arg.strip_prefix('@') {
            Some(path) => project(path).to_string_lossy().into_owned(),
            None => (*arg).to_owned(),
        };
        Self {
            directory: tempfile::tempdir().expect("a directory"),
            args: args.iter().map(expand).collect(),
            env: Vec::new(),
            memory: None,
            limit: None,
        }
    }

    /// Adds a file to the directory.
    pub fn file(self, name: &str, content: impl AsRef<[u8]>) -> Self {
        fs::write(self.directory.path().join(name), content).expect("a file");
        self
    }

    /// Adds a file that only its owner can read, as required of files with secrets.
    pub fn private(self, name: &str, content: &str) -> Self {
        let test = self.file(name, content);
        let mode = fs::Permissions::from_mode(0o600);
        fs::set_permissions(test.directory.path().join(name), mode).expect("its mode");
        test
    }

    /// Sets an environment variable.
    pub fn env(mut self, name: &str, value: &str) -> Self {
        self.env.push((name.to_owned(), value.to_owned()));
        self
    }

    /// Limits its address space, in bytes.
    pub fn memory(mut self, bytes: u64) -> Self {
        self.memory = Some(bytes);
        self
    }

    /// Kills it after this time; its exit code is then -1.
    pub fn limit(mut self, limit: Duration) -> Self {
        self.limit = Some(limit);
        self
    }

    /// Runs it without a terminal.
    pub fn run(self) -> ProgramOutput {
        let mut command = match self.memory {
            None => Command::new(PROGRAM),
            Some(bytes) => {
                let mut prlimit = Command::new("prlimit");
                prlimit.arg(format!("--as={bytes}")).arg(PROGRAM);
                prlimit
            }
        };
        if let Some(limit) = self.limit {
            let mut timeout = Command::new("timeout");
            timeout.args(["--signal=KILL", &limit.as_secs().to_string()]);
            timeout.arg(command.get_program()).args(command.get_args());
            command = timeout;
        }
        let output = command
            .args(&self.args)
            .env("GSCRIPT_STATE", self.directory.path().join("state"))
            // The output must not depend on the environment of the tests.
            .env_remove("LC_ALL")
            .env_remove("LC_CTYPE")
            .env("LANG", "C.UTF-8")
            .env("TERM", "xterm")
            .env("COLUMNS", "80")
            .envs(self.env)
            .current_dir(self.directory.path())
            .stdin(Stdio::null())
            .output()
            .expect("the program starts");
        let text = |bytes: Vec<u8>| String::from_utf8(bytes).expect("text");
        ProgramOutput {
            status: output.status.code().unwrap_or(-1),
            stdout: text(output.stdout),
            stderr: text(output.stderr),
            directory: self.directory,
        }
    }

    /// Runs it and expects exactly this on standard error, and nothing on standard output.
    #[track_caller]
    pub fn refuses(self, status: i32, stderr: &str) {
        let ran = self.run();
        assert_eq!(ran.stdout, "");
        assert_eq!(ran.stderr.trim_end(), stderr.trim_end());
        assert_eq!(ran.status, status);
    }

    /// Runs it and expects exactly this on standard output, and nothing on standard error.
    #[track_caller]
    pub fn prints(self, stdout: &str) {
        let ran = self.run();
        assert_eq!(ran.stderr, "");
        assert_eq!(ran.stdout.trim_end(), stdout.trim_end());
        assert_eq!(ran.status, 0);
    }
}
