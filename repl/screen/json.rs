//! Events for programs: one JSON object per line on standard output.

use gscript::event::{Event, Listener};

use super::out::say_json;

/// A listener that prints events as JSON.
pub(super) struct Json;

impl Listener for Json {
    fn hear(&mut self, event: &Event) {
        say_json(event, false);
    }
}
