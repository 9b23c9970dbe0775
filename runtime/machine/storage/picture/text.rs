//! Drawing of boxes on a terminal.

use unicode_width::{UnicodeWidthChar, UnicodeWidthStr};

use super::canvas::Canvas;
use super::model::BlockKind;
use super::place::PlacedBox;

/// The characters of a border.
struct Lines {
    corners: [&'static str; 4],
    horizontal: &'static str,
    vertical: &'static str,
}

const SOLID: Lines =
    Lines { corners: ["┌", "┐", "└", "┘"], horizontal: "─", vertical: "│" };
const DASHED: Lines =
    Lines { corners: ["┌", "┐", "└", "┘"], horizontal: "╌", vertical: "╎" };
const ASCII: Lines = Lines { corners: ["+", "+", "+", "+"], horizontal: "-", vertical: "|" };
const ASCII_DASHED: Lines = Lines { corners: ["+", "+", "+", "+"], horizontal: ".", vertical: ":" };

/// Draws a disk.
pub(super) fn draw(disk: &PlacedBox, canvas: Canvas) -> String {
    // A cell contains a character, or nothing if the previous character takes two cells.
    let mut cells = vec![vec![String::from(" "); disk.width]; disk.height];
    draw_box(disk, canvas, &mut cells);
    let lines: Vec<String> =
        cells.into_iter().map(|row| row.concat().trim_end().to_owned()).collect();
    lines.join("\n")
}

fn draw_box(placed: &PlacedBox, canvas: Canvas, cells: &mut [Vec<String>]) {
    let lines = match (canvas.unicode, placed.tone) {
        (true, BlockKind::Free) => &DASHED,
        (true, _) => &SOLID,
        (false, BlockKind::Free) => &ASCII_DASHED,
        (false, _) => &ASCII,
    };
    let (left, top) = (placed.x, placed.y);
    let (right, bottom) = (left + placed.width - 1, top + placed.height - 1);
    for y in [top, bottom] {
        for cell in &mut cells[y][left..=right] {
            lines.horizontal.clone_into(cell);
        }
    }
    for row in &mut cells[top..=bottom] {
        lines.vertical.clone_into(&mut row[left]);
        lines.vertical.clone_into(&mut row[right]);
    }
    let corners = [(top, left), (top, right), (bottom, left), (bottom, right)];
    for ((y, x), corner) in corners.into_iter().zip(lines.corners) {
        corner.clone_into(&mut cells[y][x]);
    }
    let room = placed.width - 4;
    write(&format!(" {} ", fit(&placed.title, room, canvas)), left + 1, &mut cells[top]);
    for (line, row) in placed.lines.iter().zip(&mut cells[top + 1..]) {
        write(&fit(line, room, canvas), left + 2, row);
    }
    for part in &placed.inner {
        draw_box(part, canvas, cells);
    }
}

/// Converts text to characters that the canvas can show, and truncates it to `room` columns.
fn fit(text: &str, room: usize, canvas: Canvas) -> String {
    let text = replace_unsupported(text, canvas);
    match text.width() > room && !canvas.unicode {
        // Escapes are longer than the characters that they replace.
        true => text.chars().take(room.saturating_sub(3)).chain("...".chars()).take(room).collect(),
        false => text,
    }
}

fn write(text: &str, mut x: usize, row: &mut [String]) {
    for c in text.chars() {
        let width = c.width().unwrap_or(0);
        match row.get_mut(x) {
            Some(cell) if width > 0 => c.to_string().clone_into(cell),
            // A combining character is added to the previous cell.
            _ => {
                if let Some(cell) = x.checked_sub(1).and_then(|x| row.get_mut(x)) {
                    cell.push(c);
                }
            }
        }
        if width == 2
            && let Some(cell) = row.get_mut(x + 1)
        {
            cell.clear();
        }
        x += width;
    }
}

/// Replaces characters that the canvas cannot show.
pub(super) fn replace_unsupported(text: &str, canvas: Canvas) -> String {
    if canvas.unicode {
        return text.to_owned();
    }
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '…' => out.push('~'),
            '├' | '└' => out.push('+'),
            '·' | '─' => out.push('-'),
            '│' => out.push('|'),
            c if c.is_ascii() => out.push(c),
            c => out.extend(c.escape_unicode()),
        }
    }
    out
}
