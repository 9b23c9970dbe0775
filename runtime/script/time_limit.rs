//! The time limit of scripts. The other limits are counts, which are reached first on every
//! machine; processor time only ends scripts that no count covers. A slower machine allows more
//! time.

use std::hint::black_box;
use std::sync::OnceLock;
use std::time::Duration;

use nix::time::{ClockId, clock_gettime};

use super::limits::SECONDS;

/// The duration of the benchmark on a machine that allows exactly [`SECONDS`], which is a rather
/// fast one.
const REFERENCE: Duration = Duration::from_millis(20);
/// The number of bytes that the benchmark processes.
const BENCHMARK_BYTES: usize = 16 << 20;

/// Returns the processor time of this thread, which does not depend on the load of the machine.
pub(super) fn thread_cpu_time() -> Duration {
    clock_gettime(ClockId::CLOCK_THREAD_CPUTIME_ID).map_or(Duration::ZERO, Duration::from)
}

/// Returns the processor time that a script may use on this machine. The machine is measured once,
/// and only when a script has used as much time as the fastest machine allows.
pub(super) fn allowed(own: Duration) -> Duration {
    let least = Duration::from_secs(SECONDS);
    if own <= least { least } else { scaled(least) }
}

/// Scales a duration from the fastest machine to this machine, which is measured once.
pub(super) fn scaled(time: Duration) -> Duration {
    static MEASURED: OnceLock<Duration> = OnceLock::new();
    scale(time, *MEASURED.get_or_init(benchmark))
}

fn scale(time: Duration, measured: Duration) -> Duration {
    time.mul_f64(measured.div_duration_f64(REFERENCE).max(1.0))
}

/// Runs the benchmark, which validates UTF-8: the standard library is optimized in every build
/// profile.
fn benchmark() -> Duration {
    let text = "ä€x".repeat(1 << 12);
    let before = thread_cpu_time();
    for _ in 0..BENCHMARK_BYTES / text.len() {
        _ = black_box(std::str::from_utf8(black_box(text.as_bytes())));
    }
    thread_cpu_time().saturating_sub(before)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_slower_machine_gives_more_time() {
        let least = Duration::from_secs(SECONDS);
        assert_eq!(scale(least, Duration::ZERO), least);
        assert_eq!(scale(least, REFERENCE * 10), least * 10);
        assert!(benchmark() > Duration::ZERO);
        // Without a measurement, the minimum applies.
        assert_eq!(allowed(Duration::ZERO), least);
    }
}
