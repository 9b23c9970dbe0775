//! The size limits of a value that leaves a script. A list can contain another list many times
//! without using memory for it; converted to plain data, it could exhaust the memory.

use super::limits::{ELEMENTS, Limit, NESTING, TEXT};

/// The remaining size of a value.
pub(super) struct SizeBudget {
    depth: usize,
    elements: usize,
    bytes: usize,
}

impl Default for SizeBudget {
    fn default() -> Self {
        Self { depth: NESTING, elements: ELEMENTS, bytes: TEXT }
    }
}

impl SizeBudget {
    /// Counts a value.
    pub(super) fn count_value(&mut self) -> Result<(), Limit> {
        // The outermost value is not an element.
        take(&mut self.elements, usize::from(self.depth < NESTING)).ok_or(Limit::Elements)
    }

    /// Counts a string.
    pub(super) fn count_string(&mut self, bytes: usize) -> Result<(), Limit> {
        take(&mut self.bytes, bytes).ok_or(Limit::Text)
    }

    /// Enters a list or map.
    pub(super) fn enter_nested(&mut self) -> Result<(), Limit> {
        take(&mut self.depth, 1).ok_or(Limit::Nesting)
    }

    /// Leaves a list or map.
    pub(super) fn leave_nested(&mut self) {
        self.depth += 1;
    }
}

fn take(left: &mut usize, count: usize) -> Option<()> {
    *left = left.checked_sub(count)?;
    Some(())
}
