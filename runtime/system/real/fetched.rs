//! Collections from elsewhere, fetched by git(1) and curl(1). Nothing in them is run: a repository
//! is copied without a work tree, hooks, filters and submodules, and read as an archive.

use std::fs::File;
use std::path::{Path, PathBuf};

use super::super::{Cmd, NoopWatch, StepError};
use super::Real;

/// The largest archive that is downloaded, in bytes.
const MAX_DOWNLOAD: &str = "134217728";
/// The time without a single byte after which a connection is given up, in seconds.
const STALLED: &str = "60";

/// Settings of git-config(1): only these transports, and nothing that a repository could start.
const SETTINGS: [&str; 9] = [
    "protocol.allow=never",
    "protocol.https.allow=always",
    "protocol.http.allow=always",
    "protocol.ssh.allow=always",
    "protocol.file.allow=always",
    "core.hooksPath=/dev/null",
    "transfer.fsckObjects=true",
    "transfer.bundleURI=false",
    "http.lowSpeedLimit=1",
];

/// The environment of git(1): no settings of the user, and no prompts.
const ENVIRONMENT: [(&str, &str); 5] = [
    ("GIT_CONFIG_NOSYSTEM", "1"),
    ("GIT_CONFIG_GLOBAL", "/dev/null"),
    ("GIT_TERMINAL_PROMPT", "0"),
    ("GIT_ATTR_NOSYSTEM", "1"),
    ("GIT_SSH_COMMAND", "ssh -o BatchMode=yes"),
];

fn git() -> Cmd {
    let low_speed = format!("http.lowSpeedTime={STALLED}");
    let settings = SETTINGS.into_iter().chain([low_speed.as_str()]);
    let cmd = settings.fold(Cmd::tool("git"), |cmd, setting| cmd.args(["-c", setting]));
    ENVIRONMENT.into_iter().fold(cmd, |cmd, (name, value)| cmd.env(name, value))
}

impl Real {
    /// Copies the newest commit of a git repository into a directory; returns it as a tar archive.
    pub fn fetch_git(&mut self, address: &str, directory: &Path) -> Result<PathBuf, StepError> {
        let repository = directory.join("repository").to_string_lossy().into_owned();
        let archive = directory.join("tree.tar");
        let clone = git()
            .args(["clone", "--quiet", "--bare", "--depth=1", "--single-branch", "--no-tags"])
            .args(["--no-recurse-submodules", "--template=", "--", address, &repository]);
        self.run(&clone, &mut NoopWatch)?;
        let tree = git().args(["--git-dir", &repository, "archive", "--format=tar"]).args([
            "--output",
            &archive.to_string_lossy(),
            "HEAD",
        ]);
        self.run(&tree, &mut NoopWatch)?;
        Ok(archive)
    }

    /// Downloads a file.
    pub fn fetch_file(&mut self, address: &str, file: &File) -> Result<(), StepError> {
        let cmd = Cmd::tool("curl")
            .args(["--disable", "--fail", "--location", "--silent", "--show-error"])
            .args(["--proto", "=http,https", "--connect-timeout", STALLED])
            .args(["--speed-limit", "1", "--speed-time", STALLED])
            .args(["--max-filesize", MAX_DOWNLOAD, "--", address]);
        self.run_writing(&cmd, file, 0, &mut NoopWatch)
    }
}
