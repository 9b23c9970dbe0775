//! Ctrl-C, as a count that steps look at.

use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use signal_hook::consts::{SIGHUP, SIGINT, SIGTERM};

/// How often the person asked to stop: once means "after this command", twice means "now".
#[derive(Debug, Clone, Default)]
pub struct Interrupts(Arc<AtomicUsize>);

impl Interrupts {
    /// Counts the signals that ask this process to stop.
    pub fn listen() -> io::Result<Self> {
        let interrupts = Self::default();
        for signal in [SIGINT, SIGTERM, SIGHUP] {
            let count = Arc::clone(&interrupts.0);
            // A terminal that is gone, or a shutdown, can't be asked twice.
            let weight = if signal == SIGINT { 1 } else { 2 };
            let note = move || {
                count.fetch_add(weight, Ordering::SeqCst);
            };
            register(signal, note)?;
        }
        Ok(interrupts)
    }

    /// How often so far.
    pub fn count(&self) -> usize {
        self.0.load(Ordering::SeqCst)
    }

    /// Forgets them, once the stop they asked for is under way.
    pub fn clear(&self) {
        self.0.store(0, Ordering::SeqCst);
    }
}

#[expect(unsafe_code, reason = "signal handlers may only do what signal-safety(7) allows")]
fn register(signal: i32, note: impl Fn() + Send + Sync + 'static) -> io::Result<()> {
    // SAFETY: the handler does nothing but add to an atomic counter.
    unsafe { signal_hook::low_level::register(signal, note) }.map(drop)
}
