//! Events for programs: one JSON object per line on standard output.

use gscript::event::{Event, Listener};

use super::out::write_json;

/// A listener that prints events as JSON.
pub(super) struct Json;

impl Listener for Json {
    fn on_event(&mut self, event: &Event) {
        write_json(event, false);
    }
}
