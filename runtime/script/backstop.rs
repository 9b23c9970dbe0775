//! How long a script may compute. Its limits are counts, which come first on every machine; processor
//! time only ends what no count describes, and a slower machine gives more of it.

use std::hint::black_box;
use std::sync::OnceLock;
use std::time::Duration;

use nix::time::{ClockId, clock_gettime};

use super::limits::SECONDS;

/// What the known work takes on a machine that gives exactly [`SECONDS`], a rather fast one.
const REFERENCE: Duration = Duration::from_millis(20);
/// Bytes of the known work.
const WORK: usize = 16 << 20;

/// Returns the time that this thread has computed, whatever else the machine does.
pub(super) fn computed() -> Duration {
    clock_gettime(ClockId::CLOCK_THREAD_CPUTIME_ID).map_or(Duration::ZERO, Duration::from)
}

/// Returns the time that a script may compute here. The machine is measured once, and only when a script
/// has computed for as long as the fastest machine allows.
pub(super) fn allowed(own: Duration) -> Duration {
    let least = Duration::from_secs(SECONDS);
    if own <= least { least } else { scaled(least) }
}

/// Returns what such a time on the fastest machine is on this one, which is measured once.
pub(super) fn scaled(time: Duration) -> Duration {
    static MEASURED: OnceLock<Duration> = OnceLock::new();
    slower(time, *MEASURED.get_or_init(known_work))
}

fn slower(time: Duration, measured: Duration) -> Duration {
    time.mul_f64(measured.div_duration_f64(REFERENCE).max(1.0))
}

/// Checks text as UTF-8: the standard library is optimised in every build of ours.
fn known_work() -> Duration {
    let text = "ä€x".repeat(1 << 12);
    let before = computed();
    for _ in 0..WORK / text.len() {
        _ = black_box(std::str::from_utf8(black_box(text.as_bytes())));
    }
    computed().saturating_sub(before)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_slower_machine_gives_more_time() {
        let least = Duration::from_secs(SECONDS);
        assert_eq!(slower(least, Duration::ZERO), least);
        assert_eq!(slower(least, REFERENCE * 10), least * 10);
        assert!(known_work() > Duration::ZERO);
        // What is not measured yet is the least.
        assert_eq!(allowed(Duration::ZERO), least);
    }
}
