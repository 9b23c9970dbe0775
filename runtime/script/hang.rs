//! A single instruction of Lua can take for ever: its patterns go through every way in which they
//! could fit. No limit is looked at meanwhile, and nothing can end it but the end of the program,
//! which is safe only while nothing real happens. So whoever runs the program is told.

use std::sync::atomic::{AtomicBool, AtomicU32, AtomicU64, Ordering};
use std::sync::mpsc::{RecvTimeoutError, Sender, channel};
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use super::limits::{Limit, SILENT};
use super::{ScriptError, limited};
use crate::event::Site;

/// Ends the program; gets the error, and the text of the script.
pub type Handler = fn(&ScriptError, &str);

static HANDLER: OnceLock<Handler> = OnceLock::new();

/// Sets what ends the program when a script that only plans hangs.
pub fn on_hang(handler: Handler) {
    // The first one stays.
    let _ = HANDLER.set(handler);
}

/// The signs of life of a script.
#[derive(Default)]
pub(super) struct Pulse {
    beats: AtomicU64,
    line: AtomicU32,
    /// Whether a primitive is at work, which may take its time.
    away: AtomicBool,
}

impl Pulse {
    pub(super) fn beat(&self) {
        self.beats.fetch_add(1, Ordering::Relaxed);
    }

    pub(super) fn at(&self, line: u32) {
        self.line.store(line, Ordering::Relaxed);
    }

    pub(super) fn away(&self, away: bool) {
        self.beats.fetch_add(1, Ordering::Relaxed);
        self.away.store(away, Ordering::Relaxed);
    }
}

/// Listens to the pulse of a script until what this returns is dropped.
pub(super) fn listen(file: &str, text: &str, pulse: &Arc<Pulse>) -> Option<Sender<()>> {
    let handler = *HANDLER.get()?;
    let (running, ended) = channel();
    let (pulse, file, text) = (Arc::clone(pulse), file.to_owned(), text.to_owned());
    let watch = move || {
        let (mut seen, mut silent) = (0, 0);
        while ended.recv_timeout(Duration::from_secs(1)) == Err(RecvTimeoutError::Timeout) {
            let beats = pulse.beats.load(Ordering::Relaxed);
            let quiet = beats == seen && !pulse.away.load(Ordering::Relaxed);
            silent = if quiet { silent + 1 } else { 0 };
            if silent >= SILENT {
                let line = pulse.line.load(Ordering::Relaxed).max(1);
                handler(&limited(Limit::Hang, Site { file: file.into(), line }), &text);
                return;
            }
            seen = beats;
        }
    };
    // Without a thread to spare, nobody listens.
    std::thread::Builder::new().spawn(watch).ok().map(|_| running)
}
