//! Placement of boxes in character cells: in proportion to their sizes, but always readable.

use unicode_width::UnicodeWidthStr;

use super::model::{BlockKind, DiagramBlock};
use crate::types::cut;

/// Maximum length of words that are never truncated.
const MAX_UNBROKEN_WORD: usize = 12;
/// Maximum number of lines; longer text is truncated.
const MAX_LINES: usize = 3;

/// A box and its position.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct PlacedBox {
    pub x: usize,
    pub y: usize,
    pub width: usize,
    pub height: usize,
    /// The text in the upper border.
    pub title: String,
    /// The text in the box, above the inner boxes.
    pub lines: Vec<String>,
    pub tone: BlockKind,
    pub inner: Vec<PlacedBox>,
}

/// Places a block in this width; `None` if it would not be readable.
pub(super) fn place(block: &DiagramBlock, width: usize) -> Option<PlacedBox> {
    (min_width(block) <= width).then(|| place_at(block, 0, 0, width))
}

/// Returns the minimum width of a block.
pub(super) fn min_width(block: &DiagramBlock) -> usize {
    let words = block.details.iter().flat_map(|fact| fact.split(' '));
    let word = words.map(|word| word.width().min(MAX_UNBROKEN_WORD)).max().unwrap_or(0);
    let own = block.name.width().max(block.shown_size().width()).max(word) + 4;
    let inner: usize = block.parts.iter().map(min_width).sum();
    own.max(inner + 2)
}

fn place_at(block: &DiagramBlock, x: usize, y: usize, width: usize) -> PlacedBox {
    let room = width - 4;
    let texts: Vec<String> =
        std::iter::once(block.shown_size()).chain(block.details.iter().cloned()).collect();
    let whole = format!("{} · {}", block.name, texts.join(" · "));
    // A box around others shows everything in its border if it fits; other boxes use lines.
    let (title, lines) = match !block.parts.is_empty() && whole.width() <= room {
        true => (whole, Vec::new()),
        false => (cut(&block.name, room), texts.iter().flat_map(|text| wrap(text, room)).collect()),
    };
    let widths = divide_width(&block.parts, width - 2);
    let (mut left, top) = (x + 1, y + 1 + lines.len());
    let mut inner = Vec::with_capacity(block.parts.len());
    for (part, width) in block.parts.iter().zip(widths) {
        inner.push(place_at(part, left, top, width));
        left += width;
    }
    let tallest = inner.iter().map(|part| part.height).max().unwrap_or(0);
    let height = 2 + lines.len() + tallest;
    let mut placed = PlacedBox { x, y, width, height, title, lines, tone: block.tone, inner };
    placed.stretch(height);
    placed
}

impl PlacedBox {
    /// Stretches a box and its inner boxes to the height of its neighbours.
    fn stretch(&mut self, height: usize) {
        self.height = height;
        let inside = height - 2 - self.lines.len();
        for part in &mut self.inner {
            part.stretch(inside);
        }
    }
}

/// Divides a width in proportion to sizes, but gives each block at least its minimum.
fn divide_width(parts: &[DiagramBlock], width: usize) -> Vec<usize> {
    let leasts: Vec<usize> = parts.iter().map(min_width).collect();
    let mut fixed = vec![false; parts.len()];
    loop {
        let taken: usize = leasts.iter().zip(&fixed).filter(|(_, f)| **f).map(|(l, _)| l).sum();
        let room = width.saturating_sub(taken);
        let open = || parts.iter().zip(&fixed).filter(|(_, fixed)| !**fixed);
        let total: u128 = open().map(|(part, _)| u128::from(part.size).max(1)).sum();
        let share = |part: &DiagramBlock| {
            let cells = room as u128 * u128::from(part.size).max(1) / total.max(1);
            usize::try_from(cells).unwrap_or(room)
        };
        let small = (0..parts.len()).find(|&i| !fixed[i] && share(&parts[i]) < leasts[i]);
        if let Some(index) = small {
            fixed[index] = true;
            continue;
        }
        let mut widths: Vec<usize> =
            (0..parts.len()).map(|i| if fixed[i] { leasts[i] } else { share(&parts[i]) }).collect();
        // The remainder of rounding goes to the largest block.
        let rest = width.saturating_sub(widths.iter().sum());
        let largest = (0..parts.len()).max_by_key(|&i| parts[i].size);
        if let Some(index) = largest {
            widths[index] += rest;
        }
        return widths;
    }
}

/// Wraps text between words, and within words that are longer than a line.
fn wrap(text: &str, width: usize) -> Vec<String> {
    let mut lines: Vec<String> = Vec::new();
    for word in text.split(' ').flat_map(|word| split_word(word, width)) {
        match lines.last_mut().filter(|line| line.width() + 1 + word.width() <= width) {
            Some(line) => {
                line.push(' ');
                line.push_str(&word);
            }
            None => lines.push(word),
        }
    }
    if lines.len() > MAX_LINES {
        lines.truncate(MAX_LINES);
        if let Some(last) = lines.last_mut() {
            // Longer than the line, so that `cut` always adds the ellipsis.
            *last = cut(&format!("{last}{}", " ".repeat(width)), width);
        }
    }
    lines
}

/// Splits a word into pieces that fit into a line; paths are split before a slash.
fn split_word(word: &str, width: usize) -> Vec<String> {
    let mut pieces = Vec::new();
    let mut rest = word;
    while rest.width() > width {
        let mut end = 0;
        for (at, c) in rest.char_indices() {
            if rest[..at + c.len_utf8()].width() > width {
                break;
            }
            end = at + c.len_utf8();
        }
        let slash = rest[..end.max(1)].rfind('/').filter(|at| *at > 0 && word.starts_with('/'));
        let (piece, more) = rest.split_at(slash.unwrap_or(end.max(1)));
        pieces.push(piece.to_owned());
        rest = more;
    }
    pieces.push(rest.to_owned());
    pieces
}
