//! The completions of the interactive shell, as the line editor requires them.

use std::sync::{Arc, Mutex};

use gscript::reference::complete::{Candidates, Proposal, proposals};
use gscript::types::printable;
use reedline::{Completer, CompletionResult, Span, Suggestion};

/// A completer whose names are replaced after every input. Names with control or deceptive
/// characters are skipped, because the editor would insert them unescaped.
pub(super) struct WordCompleter {
    pub(super) known: Arc<Mutex<Candidates>>,
}

impl Completer for WordCompleter {
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
