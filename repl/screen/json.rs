//! Events for programs: one JSON object per line on standard output.

use std::io::{self, Write};

use gscript::event::{Event, Listener};

/// Prints events as JSON.
pub(super) struct Json;

impl Listener for Json {
    fn hear(&mut self, event: &Event) {
        if let Ok(mut line) = serde_json::to_vec(event) {
            line.push(b'\n');
            let mut out = io::stdout().lock();
            // Whoever stopped listening does not stop the run.
            let _ = out.write_all(&line).and_then(|()| out.flush());
        }
    }
}
