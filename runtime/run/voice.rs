//! The voice of a run: who hears what happens, and who can interrupt it.

use crate::event::{Event, Listener};
use crate::run::relay::Relay;
use crate::system::Interrupts;

/// Tells listeners what happens, and knows of Ctrl-C.
pub(crate) struct Voice {
    listener: Box<dyn Listener>,
    interrupts: Interrupts,
}

impl Voice {
    /// Speaks to this listener.
    pub(crate) fn new(listener: Box<dyn Listener>, interrupts: Interrupts) -> Self {
        Self { listener, interrupts }
    }

    /// Tells what happens.
    pub(crate) fn tell(&mut self, event: &Event) {
        self.listener.hear(event);
    }

    /// Tells something to think about.
    pub(crate) fn warn(&mut self, text: impl Into<String>) {
        self.listener.hear(&Event::Warning { text: text.into() });
    }

    /// Asks the user, who has the terminal meanwhile.
    pub(crate) fn ask<T>(&mut self, ask: impl FnOnce() -> T) -> T {
        self.listener.hear(&Event::Terminal { taken: true });
        let answer = ask();
        self.listener.hear(&Event::Terminal { taken: false });
        answer
    }

    /// Returns what watches a step of this call and passes on what it tells.
    pub(crate) fn watch(&mut self, call: u64) -> Relay<'_> {
        Relay::new(call, self.listener.as_mut())
    }

    /// Returns the handle of Ctrl-C.
    pub(crate) fn interrupts(&self) -> &Interrupts {
        &self.interrupts
    }

    /// Whether the user has pressed Ctrl-C.
    pub(crate) fn is_interrupted(&self) -> bool {
        self.interrupts.count() > 0
    }

    /// Forgets that the user has pressed Ctrl-C.
    pub(crate) fn clear_interrupts(&self) {
        self.interrupts.clear();
    }
}
