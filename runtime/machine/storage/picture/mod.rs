//! The picture of a machine's disks: boxes in boxes, as wide as what they show is large.
//!
//! `model` says what is drawn, `place` where each box goes (in character cells), `text` draws it on
//! a terminal and `svg` into a file. Where the boxes don't fit, the tree of [`super::layout`] does.

mod canvas;
mod model;
mod place;
mod svg;
mod text;

#[cfg(test)]
mod tests;

use crate::machine::{Machine, layout_within};

pub use canvas::Canvas;

/// Draws these disks, or all: as boxes where they fit, and as a tree elsewhere.
pub fn picture(machine: &Machine, disks: &[&str], canvas: Canvas) -> String {
    let blocks = model::blocks(machine, disks);
    let placed: Option<Vec<_>> =
        blocks.iter().map(|block| place::place(block, canvas.width)).collect();
    match placed {
        Some(placed) => {
            let drawn: Vec<String> = placed.iter().map(|disk| text::draw(disk, canvas)).collect();
            drawn.join("\n")
        }
        None => text::plain(&layout_within(machine, disks, canvas.width), canvas),
    }
}

/// The same disks before and after, as one SVG file.
pub fn svg(title: &str, sides: &[(&str, &Machine)], disks: &[&str]) -> String {
    let sides: Vec<_> =
        sides.iter().map(|(name, machine)| (*name, model::blocks(machine, disks))).collect();
    svg::document(title, &sides)
}
