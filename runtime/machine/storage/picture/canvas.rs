//! The capabilities of the terminal on which a diagram is drawn.

/// The capabilities of a terminal.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Canvas {
    /// Width in columns.
    pub width: usize,
    /// Whether it can show characters other than ASCII.
    pub unicode: bool,
}
