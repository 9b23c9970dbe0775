//! Converts the output of a step to events.

use std::time::{Duration, Instant};

use crate::event::{BuildStatus, Event, Listener};
use crate::system::{Progress, Watch};

/// A watch that passes the output of a step on as events; progress at most every 100 ms.
pub(crate) struct EventWatch<'a> {
    call: u64,
    listener: &'a mut dyn Listener,
    last: Option<Instant>,
}

impl<'a> EventWatch<'a> {
    pub(crate) fn new(call: u64, listener: &'a mut dyn Listener) -> Self {
        Self { call, listener, last: None }
    }
}

impl Watch for EventWatch<'_> {
    fn line(&mut self, line: &str) {
        self.listener.on_event(&Event::Line { call: self.call, text: line.to_owned() });
    }

    fn builds(&mut self, status: &BuildStatus) {
        self.listener.on_event(&Event::Builds { call: self.call, status: status.clone() });
    }

    fn notice(&mut self, text: &str) {
        self.listener.on_event(&Event::Warning { text: text.to_owned() });
    }

    fn progress(&mut self, progress: Progress) {
        const MIN_INTERVAL: Duration = Duration::from_millis(100);
        if self.last.is_some_and(|last| last.elapsed() < MIN_INTERVAL) {
            return;
        }
        self.last = Some(Instant::now());
        let Progress { done, total } = progress;
        self.listener.on_event(&Event::Progress { call: self.call, done, total });
    }
}
