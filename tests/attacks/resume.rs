//! Journals that were forged, edited or found, and what they make resume and release do.

use super::Attempt;

/// The attempts of this class.
pub fn attempts() -> Vec<Attempt> {
    vec![

        Attempt::new("no journal at all")
            .command(&["resume", "/tmp/case/here/journal.jsonl"])
            .exits(1)
            .exits(2),
    ]
}
