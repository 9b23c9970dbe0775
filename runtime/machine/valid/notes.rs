//! What is wrong with a machine, as it is found.

use super::{Flaw, place};

/// Collects what is wrong.
#[derive(Default)]
pub(super) struct Notes(Vec<Flaw>);

impl Notes {
    pub(super) fn add(&mut self, keys: &[&str], why: String, next: &str) {
        self.add_at(place(keys), why, next);
    }

    pub(super) fn add_at(&mut self, at: String, why: String, next: &str) {
        self.0.push(Flaw { at, why, next: next.to_owned() });
    }

    pub(super) fn all(self) -> Vec<Flaw> {
        self.0
    }
}
