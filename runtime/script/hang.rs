//! Detection of scripts that hang. Limits are counted where the language allows counting; other
//! code (a pattern, nested values, handlers that catch every error) is monitored from another
//! thread. A script that must end and does not is abandoned: the program reports this and exits,
//! after cleaning up the changes of the run.

use crate::failure::Failure;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, AtomicU32, AtomicU64, Ordering};
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};
use std::sync::{Arc, Mutex, OnceLock, PoisonError};
use std::time::Duration;

use nix::time::{ClockId, clock_gettime};

use super::limits::limited;
use super::limits::{GRACE, Limit, SILENT};
use super::time_limit::scaled;
use crate::event::Site;
use crate::system::Interrupts;

/// A script that was abandoned.
pub struct Abandoned {
    /// The error.
    pub error: Failure,
    /// The source.
    pub text: String,
    /// Whether the run only plans or simulates, so that nothing real has happened.
    pub only_plans: bool,
    /// The journal of the run, which lists the changes to clean up.
    pub journal: Option<PathBuf>,
}

/// A function that ends the program.
pub type Handler = fn(&Abandoned);

static HANDLER: OnceLock<Handler> = OnceLock::new();

/// The running scripts, innermost last.
static RUNNING: Mutex<Vec<WatchedScript>> = Mutex::new(Vec::new());

/// The interval of the checks.
const CHECK_INTERVAL: Duration = Duration::from_millis(200);

/// Sets the handler that ends the program when a script hangs.
pub fn on_hang(handler: Handler) {
    // A second handler is ignored.
    let _ = HANDLER.set(handler);
}

/// Abandons the running script because its native stack is exhausted.
pub fn stack_overflowed() {
    let script = with_running(|scripts| scripts.last().cloned()).unwrap_or_default();
    abandon(script, |site| limited(Limit::Native, site));
}

/// The progress of a script, shared with the monitoring thread.
#[derive(Default)]
pub(super) struct Heartbeat {
    beats: AtomicU64,
    line: AtomicU32,
    /// Whether a primitive is running, for which no time limit applies.
    away: AtomicBool,
    /// The limit that was reached, after which the script must end.
    ends: Mutex<Option<Limit>>,
    journal: Mutex<Option<PathBuf>>,
}

impl Heartbeat {
    pub(super) fn beat(&self) {
        self.beats.fetch_add(1, Ordering::Relaxed);
    }

    pub(super) fn at(&self, line: u32) {
        self.line.store(line, Ordering::Relaxed);
    }

    pub(super) fn set_in_primitive(&self, away: bool) {
        self.beats.fetch_add(1, Ordering::Relaxed);
        self.away.store(away, Ordering::Relaxed);
    }

    pub(super) fn set_limit(&self, limit: Option<Limit>) {
        *self.ends.lock().unwrap_or_else(PoisonError::into_inner) = limit;
    }

    /// Sets the path of the journal.
    pub(super) fn journal(&self, path: Option<&Path>) {
        let mut journal = self.journal.lock().unwrap_or_else(PoisonError::into_inner);
        if journal.as_deref() != path {
            *journal = path.map(Path::to_owned);
        }
    }
}

#[derive(Clone, Default)]
pub(super) struct WatchedScript {
    pub(super) file: String,
    pub(super) text: String,
    pub(super) only_plans: bool,
    pub(super) interrupts: Interrupts,
    pub(super) pulse: Arc<Heartbeat>,
}

/// A guard: the script is monitored until this value is dropped.
pub(super) struct Watched(#[expect(dead_code, reason = "used only for its drop")] Sender<()>);

impl Drop for Watched {
    fn drop(&mut self) {
        with_running(|scripts| _ = scripts.pop());
    }
}

fn with_running<T>(see: impl FnOnce(&mut Vec<WatchedScript>) -> T) -> T {
    see(&mut RUNNING.lock().unwrap_or_else(PoisonError::into_inner))
}

/// Starts monitoring a script, if a handler is set.
pub(super) fn watch(script: WatchedScript) -> Option<Watched> {
    HANDLER.get()?;
    with_running(|scripts| scripts.push(script.clone()));
    let (running, ended) = channel();
    let watched = Watched(running);
    // If the thread cannot be created, the script is not monitored.
    let _ = std::thread::Builder::new().spawn(move || monitor(script, &ended));
    Some(watched)
}

/// Returns the processor time of this process; except during primitives, this is the time of the
/// script.
fn process_cpu_time() -> Duration {
    clock_gettime(ClockId::CLOCK_PROCESS_CPUTIME_ID).map_or(Duration::ZERO, Duration::from)
}

fn monitor(script: WatchedScript, ended: &Receiver<()>) {
    let WatchedScript { pulse, interrupts, .. } = &script;
    let (mut beats, mut since_beat, mut since_asked) = (0, process_cpu_time(), None);
    while ended.recv_timeout(CHECK_INTERVAL) == Err(RecvTimeoutError::Timeout) {
        let (now, beats_now) = (process_cpu_time(), pulse.beats.load(Ordering::Relaxed));
        if pulse.away.load(Ordering::Relaxed) {
            (since_beat, since_asked) = (now, None);
            continue;
        }
        if beats_now != beats {
            (beats, since_beat) = (beats_now, now);
        }
        let limit = *pulse.ends.lock().unwrap_or_else(PoisonError::into_inner);
        let stopped = interrupts.count() > 0;
        if !stopped && limit.is_none() {
            since_asked = None;
        } else if now.saturating_sub(*since_asked.get_or_insert(now)) > GRACE {
            return abandon(script, |site| match limit {
                Some(limit) if !stopped => limited(limit, site),
                _ => Failure::stopped(site),
            });
        }
        let silent = now.saturating_sub(since_beat);
        let most = Duration::from_secs(SILENT);
        if silent > most && silent > scaled(most) {
            let seconds = silent.as_secs();
            return abandon(script, |site| limited(Limit::Hang { seconds }, site));
        }
    }
}

fn abandon(script: WatchedScript, why: impl FnOnce(Site) -> Failure) {
    let Some(handler) = HANDLER.get() else { return };
    let line = script.pulse.line.load(Ordering::Relaxed);
    let error = why(Site { file: script.file.as_str().into(), line });
    let journal = script.pulse.journal.lock().unwrap_or_else(PoisonError::into_inner).clone();
    let WatchedScript { text, only_plans, .. } = script;
    handler(&Abandoned { error, text, only_plans, journal });
}
