//! Guests of QEMU: their directories, and the processes that run, found by their arguments.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::time::{Duration, Instant};

use nix::errno::Errno;
use nix::sys::signal::{Signal, kill};
use nix::sys::wait::{WaitPidFlag, waitpid};
use nix::unistd::Pid;

use super::log::read_log;
use super::qmp::Monitor;
use crate::machine::guest::{
    Guest, GuestKind, GuestState, QEMU_COMMAND, QEMU_CONSOLE, QEMU_LOG, QEMU_MONITOR, QEMU_PATH,
    QEMU_PID, QemuStep, path_and_name,
};
use crate::system::real::daemon::DaemonStart;
use crate::system::real::{EMULATED_CPU, KVM, KVM_CPU, Real, kvm_works};
use crate::system::{Cmd, FailureKind, NoopWatch, Outcome, StepError, Watch};
use crate::types::text_of;

/// The start of the names of the emulators.
const QEMU: &str = "qemu-system-";

/// How long QEMU may take to end after the monitor or a signal has told it to.
const GRACE: Duration = Duration::from_secs(5);

/// How long QEMU may take until its monitor answers.
const START_LIMIT: Duration = Duration::from_mins(1);

/// All files in the directory of the guest are made with the rights of the user that it belongs to.
const PREPARE: &str = r#"
console=$1 saved=$2 command=$3
shift 3
if [ ! -d "$dir" ]; then
    mkdir -p "$dir" || exit 1
    [ -z "$user" ] || chown -h "$user" "$dir" || exit 1
fi
$as test -O "$dir" || { echo "$dir belongs to another user" >&2; exit 1; }
$as rm -f "$dir/$console" "$dir/$saved" || exit 1
$as sh -c 'printf "%s\n" "$1" >"$2"' sh "$command" "$dir/$saved" || exit 1
"#;

/// Returns the directory of the guest in the arguments of QEMU: that of its `-pidfile`.
fn guest_of(words: &[String]) -> Option<&str> {
    let program = words.first()?.rsplit('/').next()?;
    let at =
        words.iter().position(|word| word == "-pidfile").filter(|_| program.starts_with(QEMU))?;
    words.get(at + 1)?.strip_suffix(QEMU_PID)?.strip_suffix('/')
}

/// Returns the processes of the guests that run.
fn running() -> BTreeMap<String, Pid> {
    let Ok(entries) = fs::read_dir("/proc") else { return BTreeMap::new() };
    let process = |entry: fs::DirEntry| {
        let pid = Pid::from_raw(entry.file_name().to_str()?.parse().ok()?);
        // A process that has exited has no arguments.
        let line = fs::read(entry.path().join("cmdline")).ok()?;
        let words: Vec<String> = line.split(|byte| *byte == 0).map(text_of).collect();
        Some((guest_of(&words)?.to_owned(), pid))
    };
    entries.flatten().filter_map(process).collect()
}

/// Returns the guests below a directory.
fn below(path: &str) -> Vec<String> {
    let Ok(entries) = fs::read_dir(path) else { return Vec::new() };
    let guest = |entry: fs::DirEntry| {
        let directory = entry.path();
        directory.join(QEMU_COMMAND).is_file().then(|| directory.to_str().map(str::to_owned))?
    };
    entries.flatten().filter_map(guest).collect()
}

/// Returns the guests by their directory: those in the directory of QEMU, those beside the named ones, and those that run.
pub(super) fn found(named: &BTreeSet<String>) -> BTreeMap<String, Guest> {
    let running = running();
    let named = named.iter().map(|directory| path_and_name(directory).0);
    let paths: BTreeSet<&str> = named.chain([QEMU_PATH]).collect();
    let stopped = paths.into_iter().flat_map(below);
    let guest = |directory: String| {
        let process = running.get(&directory);
        let guest = Guest {
            kind: GuestKind::Qemu,
            state: if process.is_some() { GuestState::Running } else { GuestState::Stopped },
            init: process.and_then(|pid| u32::try_from(pid.as_raw()).ok()),
            ..Guest::default()
        };
        (directory, guest)
    };
    stopped.chain(running.keys().cloned()).map(guest).collect()
}

/// Performs a step.
pub(super) fn perform(
    real: &mut Real,
    step: &QemuStep,
    watch: &mut dyn Watch,
) -> Result<Outcome, StepError> {
    match step {
        QemuStep::Start { guest, user, options } => {
            let started = start(real, step, guest, user.as_deref(), options, watch);
            if started.is_err() {
                // A failed start leaves nothing; its own error counts.
                let _ = end(guest);
            }
            started
        }
        QemuStep::Stop { guest, timeout, kill } => {
            let wait = Duration::from_secs(u64::from(*timeout));
            let rung =
                stop(real, guest, wait, *kill).map_err(|broken| StepError::new(step, broken))?;
            Ok(Outcome { stdout: rung.to_owned(), ..Outcome::default() })
        }
    }
}

fn start(
    real: &mut Real,
    step: &QemuStep,
    guest: &str,
    user: Option<&str>,
    options: &[String],
    watch: &mut dyn Watch,
) -> Result<Outcome, StepError> {
    let cmd = Cmd::tool("qemu-system-x86_64");
    let program = real.tool(&cmd)?;
    let kvm = may_use_kvm(real, user) && kvm_works(&program);
    let cpu = if kvm { KVM_CPU } else { EMULATED_CPU };
    let command = cmd.args(cpu).args(options.iter().cloned()).to_string();
    let daemon = DaemonStart {
        user,
        directory: guest,
        socket: &format!("{guest}/{QEMU_MONITOR}"),
        log: &format!("{guest}/{QEMU_LOG}"),
        prepare: PREPARE,
    };
    let own = [QEMU_CONSOLE, QEMU_COMMAND, &command, &program.to_string_lossy()].map(str::to_owned);
    let cpu = cpu.into_iter().map(str::to_owned);
    let words = own.into_iter().chain(cpu).chain(options.iter().cloned());
    daemon.start(real, step, words, watch)?;
    wait_for_monitor(real, guest).map_err(|broken| {
        let log = read_log(&format!("{guest}/{QEMU_LOG}"));
        let lines: Vec<&str> = log.lines().collect();
        let tail = lines[lines.len().saturating_sub(12)..].iter().map(|&line| line.to_owned());
        StepError { tail: tail.collect(), ..StepError::new(step, broken) }
    })?;
    Ok(Outcome { stdout: if kvm { "kvm" } else { "tcg" }.to_owned(), ..Outcome::default() })
}

/// Returns whether a user may open the device of KVM.
fn may_use_kvm(real: &mut Real, user: Option<&str>) -> bool {
    const TEST: &str = r#"exec setpriv --reuid="$1" --regid="$(id -g "$1")" --init-groups sh -c '[ -r "$1" ] && [ -w "$1" ]' sh "$2""#;
    let Some(user) = user else { return true };
    let cmd = Cmd::tool("sh").args(["-c", TEST, "sh", user, KVM]).accept_any_exit_code();
    real.run(&cmd, &mut NoopWatch).is_ok_and(|outcome| outcome.code == 0)
}

/// Waits until the monitor of a guest answers, which it does when its devices have been made.
fn wait_for_monitor(real: &Real, guest: &str) -> Result<(), FailureKind> {
    let socket = format!("{guest}/{QEMU_MONITOR}");
    let since = Instant::now();
    while Monitor::connect(&socket).is_err() {
        if !running().contains_key(guest) {
            let name = path_and_name(guest).1;
            let why = format!("virtual machine {name} ended during the start");
            return Err(FailureKind::Kernel(why));
        }
        if real.is_stopped() {
            return Err(FailureKind::Interrupted);
        }
        if since.elapsed() > START_LIMIT {
            let what = format!("an answer of {socket}");
            return Err(FailureKind::Waited { what, limit: START_LIMIT });
        }
        std::thread::sleep(Duration::from_millis(50));
    }
    Ok(())
}

/// Stops a guest, and returns what ended it.
fn stop(real: &Real, guest: &str, wait: Duration, kill: bool) -> Result<&'static str, FailureKind> {
    let socket = format!("{guest}/{QEMU_MONITOR}");
    let tell = |command: &str| Monitor::connect(&socket)?.execute(command);
    // A guest whose monitor does not answer is ended by the next rung.
    let told = tell("system_powerdown");
    if told.is_ok() && ends(real, guest, wait)? {
        return Ok("powerdown");
    }
    if !kill {
        return Err(match told {
            Ok(_) => FailureKind::Waited { what: format!("the shutdown of {guest}"), limit: wait },
            Err(error) => FailureKind::Kernel(format!("{socket}: {error}")),
        });
    }
    // It may end before it answers.
    let _ = tell("quit");
    if ends(real, guest, GRACE)? {
        return Ok("quit");
    }
    end(guest).map(|()| "kill").map_err(FailureKind::Kernel)
}

/// Waits until a guest has ended; returns whether it has.
fn ends(real: &Real, guest: &str, wait: Duration) -> Result<bool, FailureKind> {
    let since = Instant::now();
    loop {
        let Some(pid) = running().remove(guest) else { return Ok(true) };
        // This process inherits what a program leaves in the background.
        let _ = waitpid(pid, Some(WaitPidFlag::WNOHANG));
        if since.elapsed() > wait {
            return Ok(false);
        }
        if real.is_stopped() {
            return Err(FailureKind::Interrupted);
        }
        std::thread::sleep(Duration::from_millis(50));
    }
}

/// Kills a guest.
fn end(guest: &str) -> Result<(), String> {
    let since = Instant::now();
    while let Some(pid) = running().remove(guest) {
        match kill(pid, Signal::SIGKILL) {
            Ok(()) | Err(Errno::ESRCH) => {}
            Err(error) => return Err(format!("QEMU (pid {pid}): {error}")),
        }
        let _ = waitpid(pid, Some(WaitPidFlag::WNOHANG));
        if since.elapsed() > GRACE {
            return Err(format!("QEMU (pid {pid}) did not end within {} s", GRACE.as_secs()));
        }
        std::thread::sleep(Duration::from_millis(20));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_guest_is_found_by_its_arguments() {
        let words = |line: &str| line.split(' ').map(str::to_owned).collect::<Vec<_>>();
        let line = words(
            "/usr/bin/qemu-system-x86_64 -accel kvm -name web -pidfile /var/lib/qemu/web/qemu.pid",
        );
        assert_eq!(guest_of(&line), Some("/var/lib/qemu/web"));
        assert_eq!(guest_of(&words("qemu-system-x86_64 -pidfile /run/other.pid")), None);
        assert_eq!(guest_of(&words("sh -c qemu-system-x86_64 -pidfile /a/qemu.pid")), None);
        assert_eq!(guest_of(&words("qemu-system-x86_64 -pidfile")), None);
    }
}
