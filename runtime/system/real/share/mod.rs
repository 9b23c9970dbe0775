//! Shares of the real machine: the processes of virtiofsd, found by their arguments.
//!
//! `processes` finds and ends them, `attempts` tries what a directory can do.

mod attempts;
mod processes;

use std::fs;
use std::os::unix::fs::FileTypeExt;
use std::path::Path;

use super::Real;
use super::daemon::DaemonStart;
use super::files::reach::{is_running_root, open_root};
use crate::machine::share::{Daemon, Share, ShareStep, VIRTIOFSD};
use crate::machine::{Machine, Scope};
use crate::system::{Cmd, NoopWatch, Outcome, StepError, Watch};

const PREPARE: &str = r#"mkdir -p "${socket%/*}" "${log%/*}" || exit 1"#;

/// Performs a step on shares.
pub(super) fn perform(
    real: &mut Real,
    step: &ShareStep,
    watch: &mut dyn Watch,
) -> Result<Outcome, StepError> {
    let failed = |why: String| StepError::kernel(step, why);
    match step {
        ShareStep::Start { directory, socket, log, options } => {
            check(directory).map_err(failed)?;
            remove_socket(socket).map_err(failed)?;
            let daemon = real.tool(&Cmd::tool(VIRTIOFSD))?;
            let program = daemon.to_string_lossy().into_owned();
            let daemon = DaemonStart { user: None, directory: "/", socket, log, prepare: PREPARE };
            let words = std::iter::once(program).chain(options.iter().cloned());
            let started = daemon.start(real, step, words, watch);
            if started.is_err() {
                // A failed start leaves nothing; its own error counts.
                let _ = processes::end(socket).and_then(|()| remove_socket(socket));
            }
            started
        }
        ShareStep::Stop { socket } => {
            processes::end(socket).and_then(|()| remove_socket(socket)).map_err(failed)?;
            Ok(Outcome::default())
        }
        ShareStep::Probe { directory } => {
            let stdout = attempts::all(Path::new(directory)).map_err(failed)?;
            Ok(Outcome { stdout, ..Outcome::default() })
        }
    }
}

/// Returns an error if a directory must not, or cannot, be shared.
fn check(directory: &str) -> Result<(), String> {
    let named = |error: std::io::Error| format!("{directory}: {error}");
    let opened = open_root(Path::new(directory)).map_err(named)?;
    if is_running_root(&opened).map_err(named)? {
        return Err(format!("{directory} is the running system, which must not be shared"));
    }
    attempts::user_attributes(&opened).map_err(|error| {
        format!("the filesystem of {directory} has no attributes in user. (xattr(7)): {error}")
    })
}

/// Removes a socket that no process serves any more.
fn remove_socket(socket: &str) -> Result<(), String> {
    match is_socket(socket) {
        true => fs::remove_file(socket).map_err(|error| format!("{socket}: {error}")),
        false if fs::symlink_metadata(socket).is_ok() => {
            Err(format!("{socket} exists and is not a socket"))
        }
        false => Ok(()),
    }
}

fn is_socket(path: &str) -> bool {
    fs::symlink_metadata(path).is_ok_and(|found| found.file_type().is_socket())
}

/// Finds the shares, and the virtiofsd of this system.
#[expect(clippy::unnecessary_wraps, reason = "all parts have this signature")]
pub(super) fn look(
    real: &mut Real,
    machine: &mut Machine,
    scope: Option<&Scope>,
) -> Result<(), StepError> {
    if scope.is_some_and(|scope| scope.share.sockets.is_empty()) {
        return Ok(());
    }
    let wanted = scope.into_iter().flat_map(|scope| scope.share.sockets.clone());
    let known = machine.share.found.iter().flatten().map(|(socket, _)| socket.clone());
    let mut found = processes::shares();
    for socket in wanted.chain(known).filter(|socket| is_socket(socket)) {
        found.entry(socket).or_insert_with(Share::ended);
    }
    machine.share.found = Some(found);
    if scope.is_none() {
        machine.share.daemon = daemon(real);
    }
    Ok(())
}

/// Asks virtiofsd for its version. One that does not answer is unknown.
fn daemon(real: &mut Real) -> Option<Daemon> {
    let cmd = Cmd::tool(VIRTIOFSD).arg("--version").accept_any_exit_code();
    let said = real.run(&cmd, &mut NoopWatch).ok()?;
    // Some versions in Rust print it to the standard error.
    Daemon::of(&said.stdout).or_else(|| Daemon::of(&said.stderr))
}
