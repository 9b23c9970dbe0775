//! The diagram of a machine's disks: nested boxes with widths in proportion to their sizes.
//!
//! `model` defines the contents, `place` the position of each box in character cells; `text` draws
//! the boxes on a terminal, `svg` writes them to a file. If the boxes do not fit, the tree of
//! [`super::layout`] is drawn instead.

mod canvas;
mod model;
mod place;
mod svg;
mod text;

#[cfg(test)]
mod tests;

use crate::machine::{Machine, layout_within};

pub use canvas::Canvas;

/// Draws these disks, or all disks: as boxes if they fit, otherwise as a tree.
pub fn picture(machine: &Machine, disks: &[&str], canvas: Canvas) -> String {
    let blocks = model::blocks(machine, disks);
    let placed: Option<Vec<_>> =
        blocks.iter().map(|block| place::place(block, canvas.width)).collect();
    match placed {
        Some(placed) => {
            let drawn: Vec<String> = placed.iter().map(|disk| text::draw(disk, canvas)).collect();
            drawn.join("\n")
        }
        None => text::replace_unsupported(&layout_within(machine, disks, canvas.width), canvas),
    }
}

/// Draws the same disks of several machines, such as before and after a run, as an SVG file.
pub fn svg(title: &str, sides: &[(&str, &Machine)], disks: &[&str]) -> String {
    let sides: Vec<_> =
        sides.iter().map(|(name, machine)| (*name, model::blocks(machine, disks))).collect();
    svg::document(title, &sides)
}
