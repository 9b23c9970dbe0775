//! What a picture is drawn on.

/// What a terminal can show.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Canvas {
    /// Columns.
    pub width: usize,
    /// Whether it has more than ASCII.
    pub unicode: bool,
}
