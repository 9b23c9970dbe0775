//! Programs that print, wait and exit.

use super::super::conversation::MAX_KEPT;
use super::*;
use crate::system::{Interrupts, Progress};

#[derive(Default)]
struct RecordedLines(Vec<String>);

impl Watch for RecordedLines {
    fn line(&mut self, line: &str) {
        self.0.push(line.to_owned());
    }
    fn progress(&mut self, _progress: Progress) {}
}

fn run(cmd: &Cmd) -> Result<Outcome, StepError> {
    Real::new(Interrupts::default()).run(cmd, &mut RecordedLines::default())
}

#[test]
fn a_command_ends_at_its_time_limit() {
    let directory = tempfile::tempdir().expect("a directory");
    let pipe = directory.path().join("pipe");
    nix::unistd::mkfifo(&pipe, nix::sys::stat::Mode::S_IRWXU).expect("a pipe");
    // There is no writer.
    let cmd = Cmd::tool("tar").args(["--extract", "--file", &pipe.to_string_lossy()]);
    let limit = Duration::from_millis(200);
    let error = run(&cmd.limit(Some(limit))).expect_err("the program hangs");
    assert_eq!(error.broken, FailureKind::Idle(limit));
}

#[test]
fn a_command_that_prints_without_end_ends_at_its_time_limit() {
    let limit = Duration::from_millis(300);
    // Faster than the output is read.
    let cmd = Cmd::tool("sh").args(["-c", "while :; do yes; done"]).limit(Some(limit));
    assert_eq!(
        run(&cmd).expect_err("the program never exits").broken,
        FailureKind::TimedOut(limit)
    );
}

#[test]
fn a_program_that_works_is_not_ended_however_long_it_takes() {
    let count = "i=0; while [ $i -lt 400000 ]; do i=$((i+1)); done; echo done";
    let limit = Some(Duration::from_millis(10));
    let cmd = || Cmd::tool("sh").args(["-c", count]).limit(limit);
    assert_eq!(run(&cmd().is_long_running()).expect("the program exits").stdout, "done\n");
    let error = run(&cmd()).expect_err("the same limit ends another program");
    assert!(matches!(error.broken, FailureKind::TimedOut(_)));
}

#[test]
fn a_program_that_does_nothing_is_ended_although_it_may_take_long() {
    let limit = Duration::from_millis(300);
    let cmd = Cmd::tool("sh").args(["-c", "sleep 1000"]).limit(Some(limit)).is_long_running();
    assert_eq!(run(&cmd).expect_err("the program sleeps").broken, FailureKind::Idle(limit));
}

/// A user who presses Ctrl-C twice as soon as a program prints something.
struct Impatient(Interrupts);

impl Watch for Impatient {
    fn line(&mut self, _line: &str) {
        self.0.stop_now();
    }
    fn progress(&mut self, _progress: Progress) {}
}

#[test]
fn all_descendants_are_terminated() {
    let directory = tempfile::tempdir().expect("a directory");
    let pid = directory.path().join("pid");
    // A session of its own, a parent that has exited, and SIGTERM ignored.
    let script = format!(
        "(setsid sh -c 'trap \"\" TERM; echo $$ >{0}.new; mv {0}.new {0}; sleep 1000; sleep 1000' \
         >/dev/null 2>&1 &); while [ ! -e {0} ]; do sleep 0.01; done; echo it runs; sleep 1000",
        pid.display()
    );
    let cmd = Cmd::tool("sh").args(["-c", &script]).limit(None);
    let interrupts = Interrupts::default();
    let mut watch = Impatient(interrupts.clone());
    let error = Real::new(interrupts).run(&cmd, &mut watch).expect_err("the program is stopped");
    assert_eq!(error.broken, FailureKind::Interrupted);
    let pid = std::fs::read_to_string(&pid).expect("the process ID");
    assert!(!Path::new("/proc").join(pid.trim()).exists(), "process {pid} is left");
}

#[test]
fn what_a_program_says_is_bounded_and_its_end_is_kept() {
    let directory = tempfile::tempdir().expect("a directory");
    let large = directory.path().join("large");
    File::create(&large).and_then(|file| file.set_len(64 << 20)).expect("a file");
    let cmd = Cmd::tool("tar").args(["--create", "--file=-", &large.to_string_lossy()]);
    let outcome = run(&cmd).expect("the program succeeds");
    assert_eq!(outcome.stdout.len(), MAX_KEPT);
    let error = run(&Cmd::tool("tar").args(["--extract", "--file=/nonexistent"]));
    let error = error.expect_err("the archive does not exist");
    assert_eq!(error.broken, FailureKind::Exit(2));
    assert!(error.tail.iter().any(|line| line.contains("/nonexistent")), "{error:?}");
}

/// The tested process is this program itself: its standard input is a pipe that stays open, and the
/// programs that it starts must not inherit it.
#[test]
#[expect(clippy::disallowed_types, reason = "the test starts its own program")]
fn programs_do_not_inherit_standard_input() {
    const ASKED: &str = "GSCRIPT_TEST_ASKED";
    if std::env::var_os(ASKED).is_some() {
        let cmd = Cmd::tool("tar").args(["--extract", "--file=-"]);
        let error = run(&cmd.limit(Some(Duration::from_mins(10)))).expect_err("no archive");
        assert_eq!(error.broken, FailureKind::Exit(2));
        return;
    }
    let name = "system::real::run::tests::programs_do_not_inherit_standard_input";
    loop {
        let mut asked = std::process::Command::new(std::env::current_exe().expect("this program"))
            .args([name, "--exact"])
            .env(ASKED, "1")
            .stdin(std::process::Stdio::piped())
            .stdout(std::process::Stdio::piped())
            .spawn()
            .expect("the program starts");
        let pipe = asked.stdin.take().expect("the pipe");
        let ended = asked.wait_with_output();
        drop(pipe);
        // Other tests end what hangs, with all programs that this process has started, and wait for
        // them.
        let Ok(ended) = ended else { continue };
        if std::os::unix::process::ExitStatusExt::signal(&ended.status).is_some() {
            continue;
        }
        let said = String::from_utf8_lossy(&ended.stdout);
        assert!(ended.status.success() && said.contains("1 passed"), "{said}");
        return;
    }
}

#[test]
fn ending_one_program_spares_another_that_is_just_starting() {
    let ended = std::sync::atomic::AtomicBool::new(false);
    std::thread::scope(|scope| {
        scope.spawn(|| {
            let hangs = Cmd::tool("sh").args(["-c", "sleep 1000 & wait"]);
            for _ in 0..10 {
                let limit = Some(Duration::from_millis(1));
                run(&hangs.clone().limit(limit)).expect_err("the program hangs");
            }
            ended.store(true, std::sync::atomic::Ordering::Relaxed);
        });
        while !ended.load(std::sync::atomic::Ordering::Relaxed) {
            run(&Cmd::tool("sh").args(["-c", ":"])).expect("this program is not terminated");
        }
    });
}
