//! The proposals of a session, as the line editor wants them.

use std::sync::{Arc, Mutex};

use gscript::reference::complete::{Known, Proposal, proposals};
use gscript::types::printable;
use reedline::{Completer, CompletionResult, Span, Suggestion};

/// See the module. What is known is replaced after every text. Names that a terminal would obey are left
/// out: they would stand in the line as they are.
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
            description: (!about.is_empty()).then(|| printable(&about)),
            append_whitespace: false,
            span: Span::new(start, pos),
            value,
            ..Suggestion::default()
        };
        let words = proposals.into_iter().filter(|(value, _)| printable(value) == *value);
        CompletionResult::fresh(words.map(suggestion).collect::<Vec<_>>())
    }
}
