//! What a value that leaves a script may hold. A list can hold another one many times over without taking
//! memory for it; as plain data it would take all there is.

use super::limits::{ELEMENTS, Limit, NESTING, TEXT};

/// See the module.
pub(super) struct Room {
    depth: usize,
    elements: usize,
    bytes: usize,
}

impl Default for Room {
    fn default() -> Self {
        Self { depth: NESTING, elements: ELEMENTS, bytes: TEXT }
    }
}

impl Room {
    /// Another value.
    pub(super) fn one(&mut self) -> Result<(), Limit> {
        // The outermost one is not an element.
        take(&mut self.elements, usize::from(self.depth < NESTING)).ok_or(Limit::Elements)
    }

    /// Another string of so many bytes.
    pub(super) fn text(&mut self, bytes: usize) -> Result<(), Limit> {
        take(&mut self.bytes, bytes).ok_or(Limit::Text)
    }

    /// The values of a list or map begin.
    pub(super) fn enter(&mut self) -> Result<(), Limit> {
        take(&mut self.depth, 1).ok_or(Limit::Nesting)
    }

    /// They end.
    pub(super) fn leave(&mut self) {
        self.depth += 1;
    }
}

fn take(left: &mut usize, count: usize) -> Option<()> {
    *left = left.checked_sub(count)?;
    Some(())
}
