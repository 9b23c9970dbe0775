//! Starting programs: looked up once, without a shell, in their own process group, with bounded
//! output and a time limit, and stopped by Ctrl-C.

use std::ffi::OsStr;
use std::fs::File;
use std::io::{self, Write};
use std::os::fd::{AsFd, OwnedFd};
use std::os::unix::ffi::OsStrExt;
use std::os::unix::process::{CommandExt, ExitStatusExt};
use std::path::Path;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::time::{Duration, Instant};

use nix::fcntl::{FcntlArg, OFlag, fcntl};
use nix::poll::{PollFd, PollFlags, PollTimeout, poll};
use nix::sys::signal::{SigHandler, Signal, killpg};
use nix::unistd::{Pid, Uid};
use zeroize::Zeroizing;

use super::super::{Cmd, FailureKind, NoopWatch, Outcome, Program, Stdin, StepError, Watch};
use super::Real;
use super::activity::{Activity, TimeLimit};
use super::builds::FollowedBuilds;
use super::confined::Confinement;
use super::conversation::ProgramOutput;
use super::environment::environment;
use super::started::Started;
use crate::system::real::files::reach::{is_running_root, open_root};
use crate::system::real::storage::reading::NOTICE_DELAY;
use crate::types::Secret;

/// The time that a program has to exit before it is killed.
const GRACE: Duration = Duration::from_secs(2);

impl Real {
    pub(super) fn run(&mut self, cmd: &Cmd, watch: &mut dyn Watch) -> Result<Outcome, StepError> {
        self.run_reading(cmd, None, watch)
    }

    /// Runs a program whose standard input is a file, and reports the read position as progress.
    pub(super) fn run_reading(
        &mut self,
        cmd: &Cmd,
        file: Option<&File>,
        watch: &mut dyn Watch,
    ) -> Result<Outcome, StepError> {
        let mut talk = ProgramOutput::new(watch, file);
        let code = self.run_to_exit(cmd, &mut talk)?;
        Ok(talk.outcome(code))
    }

    /// Runs a program whose standard output is a file, and reports the length of the file as
    /// progress.
    pub(super) fn run_writing(
        &mut self,
        cmd: &Cmd,
        file: &File,
        total: u64,
        watch: &mut dyn Watch,
    ) -> Result<(), StepError> {
        let mut talk = ProgramOutput::into_file(watch, file, total);
        self.run_to_exit(cmd, &mut talk).map(drop)
    }

    /// Runs a program for its output, which is secret: not shown, not logged, and zeroed on drop.
    pub(super) fn run_for_output(
        &mut self,
        cmd: &Cmd,
        watch: &mut dyn Watch,
    ) -> Result<Zeroizing<Vec<u8>>, StepError> {
        let mut talk = ProgramOutput::secret(watch);
        self.run_to_exit(cmd, &mut talk)?;
        Ok(talk.into_output())
    }

    /// Runs a program until it exits; returns its exit code.
    fn run_to_exit(&mut self, cmd: &Cmd, talk: &mut ProgramOutput<'_>) -> Result<i32, StepError> {
        let confinement = match cmd.reading {
            Some(reading) => self.confinement(cmd.root(), reading),
            None => None,
        };
        // It was not approved to do more than read. An ordinary user's rights are its own.
        if cmd.reading.is_some() && confinement.is_none() && Uid::effective().is_root() {
            let text = format!("failed to confine {} to reading: nothing was run", cmd.name());
            return Err(StepError::kernel(cmd, text));
        }
        let command = self.command(cmd, confinement)?;
        self.run_command(cmd, command, talk)
    }

    /// Runs a command that only reads, with the files of a plan.
    pub(in crate::system) fn run_confined(
        &mut self,
        cmd: &Cmd,
        confinement: Confinement,
    ) -> Result<Outcome, StepError> {
        let mut watch = NoopWatch;
        let mut talk = ProgramOutput::new(&mut watch, None);
        let command = self.command(cmd, Some(confinement))?;
        let code = self.run_command(cmd, command, &mut talk)?;
        Ok(talk.outcome(code))
    }

    fn run_command(
        &mut self,
        cmd: &Cmd,
        mut command: Command,
        talk: &mut ProgramOutput<'_>,
    ) -> Result<i32, StepError> {
        let failed = |broken: FailureKind| StepError::new(cmd, broken);
        if cmd.stdin == Stdin::Terminal {
            let status = command.status().map_err(|error| spawn_error(cmd, &error))?;
            return Ok(status.code().unwrap_or(-1));
        }
        let (lines, output);
        let input = match &cmd.stdin {
            Stdin::Output(from) => {
                output = self.run_for_output(from, talk.watch)?;
                &output
            }
            Stdin::Text(text) => text.as_bytes(),
            Stdin::Secret(secret) => secret.expose(),
            Stdin::Secrets(secrets) => {
                lines = joined(secrets);
                &lines
            }
            Stdin::Null | Stdin::Terminal => &[],
        };
        command.stdin(match talk.file {
            // A duplicate shares the file position with the original.
            Some(file) => file.try_clone().map_err(|error| spawn_error(cmd, &error))?.into(),
            None if input.is_empty() => Stdio::null(),
            None => Stdio::piped(),
        });
        command.stdout(match talk.into {
            Some((file, _)) => file.try_clone().map_err(|error| spawn_error(cmd, &error))?.into(),
            None => Stdio::piped(),
        });
        command.stderr(Stdio::piped()).process_group(0);
        talk.builds = FollowedBuilds::of(cmd);
        let (mut child, started) =
            Started::register(|| command.spawn(), |child| Pid::from_raw(child.id().cast_signed()))
                .map_err(|error| spawn_error(cmd, &error))?;
        if let Some(builds) = &mut talk.builds {
            builds.started(child.id());
        }
        // A program in a root without a time limit (emerge) may print any amount of output.
        talk.limit_output(cmd.limit.is_some() || matches!(cmd.program, Program::Tool(_)));
        let patience = match cmd.limit.map(|limit| self.limit.unwrap_or(limit)) {
            None => TimeLimit::Endless,
            Some(limit) if cmd.works_long => TimeLimit::Idle(limit),
            Some(limit) => TimeLimit::Total(limit),
        };
        let activity = Activity::of(started.pid(), patience);
        let ended = self.communicate(cmd, &mut child, input, activity, talk);
        let status = match ended {
            Ok(status) => status,
            Err(broken) => {
                terminate(&mut child, &started);
                return Err(StepError { tail: talk.tail(), ..failed(broken) });
            }
        };
        exit_code(cmd, status).map_err(|broken| StepError { tail: talk.tail(), ..failed(broken) })
    }

    /// Returns the command with its arguments and a minimal environment.
    fn command(
        &mut self,
        cmd: &Cmd,
        confinement: Option<Confinement>,
    ) -> Result<Command, StepError> {
        let (program, root) = match &cmd.program {
            Program::Tool(_) => (self.tool(cmd)?, None),
            Program::Inside { root, path } => (path.into(), Some(root.as_path())),
        };
        let mut command = Command::new(program);
        let root = root.map(open_new_root).transpose().map_err(|error| spawn_error(cmd, &error))?;
        match confinement {
            Some(confinement) => confinement.apply(&mut command, root),
            None => die_with_parent(&mut command, root),
        }
        command.args(&cmd.args).env_clear().envs(environment(cmd, std::env::vars_os()));
        if !Path::new("/run/udev/control").exists() {
            command.env("DM_DISABLE_UDEV", "1");
        }
        command.envs(cmd.env.iter().map(|(name, value)| (name, value)));
        if let Some((name, secret)) = cmd.secret.as_deref() {
            command.env(name, OsStr::from_bytes(secret.expose()));
        }
        Ok(command)
    }

    /// Writes the input, reads the output, and waits until the program exits.
    fn communicate(
        &self,
        cmd: &Cmd,
        child: &mut Child,
        mut input: &[u8],
        mut activity: Activity,
        talk: &mut ProgramOutput<'_>,
    ) -> Result<ExitStatus, FailureKind> {
        let io = |error: io::Error| FailureKind::Kernel(error.to_string());
        let mut stdin = child.stdin.take();
        let (mut out, mut err) = (child.stdout.take(), child.stderr.take());
        let streams = [
            stdin.as_ref().map(AsFd::as_fd),
            out.as_ref().map(AsFd::as_fd),
            err.as_ref().map(AsFd::as_fd),
        ];
        for stream in streams.into_iter().flatten() {
            fcntl(stream, FcntlArg::F_SETFL(OFlag::O_NONBLOCK)).map_err(|e| io(e.into()))?;
        }
        let (since, mut announced, mut stopping) = (Instant::now(), false, false);
        loop {
            talk.report_position();
            if self.is_stopped() {
                return Err(FailureKind::Interrupted);
            }
            if self.interrupts.count() == 1 && !stopping {
                stopping = true;
                talk.watch.notice("will stop after this command; press Ctrl-C again to kill it");
            }
            activity.check()?;
            if since.elapsed() > NOTICE_DELAY && !announced {
                announced = true;
                self.announce(&format!("waiting for {}", cmd.name()));
            }
            if out.is_none() && err.is_none() {
                drop(stdin.take());
                if let Some(status) = child.try_wait().map_err(io)? {
                    return Ok(status);
                }
                // Both streams are closed, but the program is still running: check again soon.
                std::thread::sleep(Duration::from_millis(1));
                continue;
            }
            if ready(stdin.as_ref(), out.as_ref(), err.as_ref()).map_err(io)? {
                activity.printed();
            } else {
                // A daemon that the program left behind may keep the streams open forever.
                if let Some(status) = child.try_wait().map_err(io)? {
                    talk.drain(out.as_mut(), err.as_mut());
                    return Ok(status);
                }
            }
            if let Some(pipe) = &mut stdin {
                match pipe.write(input) {
                    Ok(written) => input = &input[written..],
                    Err(error) if error.kind() == io::ErrorKind::WouldBlock => {}
                    // The program does not read more input.
                    Err(_) => input = &[],
                }
                if input.is_empty() {
                    stdin = None;
                }
            }
            if talk.read_available(out.as_mut(), false) {
                out = None;
            }
            if talk.read_available(err.as_mut(), true) {
                err = None;
            }
        }
    }
}

/// Returns the exit code of a program, if it is a result.
fn exit_code(cmd: &Cmd, status: ExitStatus) -> Result<i32, FailureKind> {
    let code = status.code().unwrap_or(-1);
    match status.signal().map(Signal::try_from) {
        Some(signal) => {
            Err(FailureKind::Signal(signal.map_or("a signal", Signal::as_str).to_owned()))
        }
        None if code != 0 && !cmd.any_code => Err(FailureKind::Exit(code)),
        None => Ok(code),
    }
}

/// Joins secrets as lines, which are zeroed on drop.
fn joined(secrets: &[Secret]) -> Zeroizing<Vec<u8>> {
    let length = secrets.iter().map(|secret| secret.expose().len() + 1).sum();
    // The buffer never grows, so that no copies remain in memory.
    let mut lines = Zeroizing::new(Vec::with_capacity(length));
    for secret in secrets {
        lines.extend_from_slice(secret.expose());
        lines.push(b'\n');
    }
    lines
}

/// Waits until any stream is ready; returns `false` after a timeout.
fn ready(
    stdin: Option<&impl AsFd>,
    out: Option<&impl AsFd>,
    err: Option<&impl AsFd>,
) -> io::Result<bool> {
    let mut fds = Vec::with_capacity(3);
    fds.extend(stdin.map(|fd| PollFd::new(fd.as_fd(), PollFlags::POLLOUT)));
    fds.extend(out.map(|fd| PollFd::new(fd.as_fd(), PollFlags::POLLIN)));
    fds.extend(err.map(|fd| PollFd::new(fd.as_fd(), PollFlags::POLLIN)));
    match poll(&mut fds, PollTimeout::from(100_u8)) {
        Ok(count) => Ok(count > 0),
        Err(nix::errno::Errno::EINTR) => Ok(false),
        Err(error) => Err(error.into()),
    }
}

/// Terminates a program and everything that it started, including processes with a session of their
/// own, because orphans become children of this process. Children that existed before the program
/// are spared. A program that waits in the kernel for a device cannot be killed; it ends when the
/// device answers.
fn terminate(child: &mut Child, program: &Started) {
    let pid = program.pid();
    // An error means that it has already exited.
    let _ = killpg(pid, Signal::SIGTERM);
    wait_briefly(child);
    let _ = killpg(pid, Signal::SIGKILL);
    if !wait_briefly(child) {
        program.abandon();
    }
    program.end_descendants();
}

/// Waits for a program that was sent a signal; returns whether it has exited.
fn wait_briefly(child: &mut Child) -> bool {
    let start = Instant::now();
    loop {
        if matches!(child.try_wait(), Ok(Some(_))) {
            return true;
        }
        if start.elapsed() > GRACE {
            return false;
        }
        std::thread::sleep(Duration::from_millis(10));
    }
}

fn spawn_error(cmd: &Cmd, error: &io::Error) -> StepError {
    StepError::kernel(cmd, format!("failed to start {}: {error}", cmd.name()))
}

/// Opens the root for a program; the directory stays open until the program has entered it.
fn open_new_root(root: &Path) -> io::Result<OwnedFd> {
    let directory = open_root(root)?;
    if is_running_root(&directory)? {
        let text = format!("{} is the running system", root.display());
        return Err(io::Error::new(io::ErrorKind::PermissionDenied, text));
    }
    Ok(directory)
}

/// Terminates the command when this process dies for any reason, so that the command does not
/// continue to write to a disk while a resumed run uses it. Optionally starts the command inside a
/// root.
#[expect(unsafe_code, reason = "prctl(2) and chroot(2) must happen between fork and exec")]
pub(crate) fn die_with_parent(command: &mut Command, root: Option<OwnedFd>) {
    let me = nix::unistd::getpid();
    let begin = move || {
        // Between fork and exec, the handler of this program would take the signal for its own.
        // SAFETY: the default action is no handler.
        unsafe { nix::sys::signal::signal(Signal::SIGTERM, SigHandler::SigDfl) }?;
        nix::sys::prctl::set_pdeathsig(Signal::SIGTERM)?;
        if nix::unistd::getppid() != me {
            return Err(nix::errno::Errno::ESRCH.into());
        }
        if let Some(root) = &root {
            nix::unistd::fchdir(root)?;
            nix::unistd::chroot(".")?;
        }
        Ok(())
    };
    // SAFETY: only system calls, no allocation, no locks.
    unsafe { command.pre_exec(begin) };
}

#[cfg(test)]
mod tests;
