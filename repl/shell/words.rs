//! The proposals of a session, as the line editor wants them.

use std::sync::{Arc, Mutex};

use gscript::complete::{Known, Proposal, proposals};
use reedline::{Completer, CompletionResult, Span, Suggestion};

/// See the module. What is known is replaced after every text.
pub(super) struct Words {
    pub(super) known: Arc<Mutex<Known>>,
}

impl Completer for Words {
    fn complete(&mut self, line: &str, pos: usize) -> CompletionResult {
        let Ok(known) = self.known.lock() else {
            return CompletionResult::fresh(Vec::new());
        };
        let (start, proposals) = proposals(&known, &line[..pos]);
        let suggestion = |(value, about): Proposal| Suggestion {
            description: (!about.is_empty()).then_some(about),
            append_whitespace: false,
            span: Span::new(start, pos),
            value,
            ..Suggestion::default()
        };
        CompletionResult::fresh(proposals.into_iter().map(suggestion).collect::<Vec<_>>())
    }
}
