//! The output of a run: its listeners, and the state of Ctrl-C.

use crate::event::{Event, Listener};
use crate::run::event_watch::EventWatch;
use crate::system::Interrupts;

/// The listeners to which events are passed, and the state of Ctrl-C.
pub(crate) struct Reporter {
    listener: Box<dyn Listener>,
    interrupts: Interrupts,
}

impl Reporter {
    /// Creates the output to a listener.
    pub(crate) fn new(listener: Box<dyn Listener>, interrupts: Interrupts) -> Self {
        Self { listener, interrupts }
    }

    /// Passes an event to the listener.
    pub(crate) fn emit(&mut self, event: &Event) {
        self.listener.on_event(event);
    }

    /// Closes the files of the listener, before a filesystem is unmounted that may contain them.
    pub(crate) fn close_files(&mut self) {
        self.listener.close_files();
    }

    /// Passes a warning to the listener.
    pub(crate) fn warn(&mut self, text: impl Into<String>) {
        self.listener.on_event(&Event::Warning { text: text.into() });
    }

    /// Prompts the user; the terminal is reserved meanwhile.
    pub(crate) fn with_terminal<T>(&mut self, ask: impl FnOnce() -> T) -> T {
        self.listener.on_event(&Event::Terminal { taken: true });
        let answer = ask();
        self.listener.on_event(&Event::Terminal { taken: false });
        answer
    }

    /// Returns a watch that passes the output of a step of this call on as events.
    pub(crate) fn watch(&mut self, call: u64) -> EventWatch<'_> {
        EventWatch::new(call, self.listener.as_mut())
    }

    /// Returns the handle of Ctrl-C.
    pub(crate) fn interrupts(&self) -> &Interrupts {
        &self.interrupts
    }

    /// Returns whether the user has pressed Ctrl-C.
    pub(crate) fn is_interrupted(&self) -> bool {
        self.interrupts.count() > 0
    }

    /// Forgets earlier presses of Ctrl-C.
    pub(crate) fn clear_interrupts(&self) {
        self.interrupts.clear();
    }
}
