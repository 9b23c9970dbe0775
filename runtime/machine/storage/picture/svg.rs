//! Drawing of boxes as a self-contained SVG file, without scripts, external fonts or images.

use unicode_width::UnicodeWidthStr;

use super::model::{BlockKind, DiagramBlock};
use super::place::{PlacedBox, min_width, place};

/// Width and height of a character cell in pixels.
const CELL: (usize, usize) = (8, 18);
/// Minimum width of a diagram in cells.
const WIDTH: usize = 120;
const MARGIN: usize = 16;

/// Colours that are readable on white and on black: strong borders, faint fills, and text in the
/// colour scheme that the reader prefers.
const STYLE: &str = "\
text{font:13px ui-monospace,Menlo,Consolas,'DejaVu Sans Mono',monospace;fill:#1f2328;white-space:pre}
.t{font-weight:bold}.h{font-size:16px;font-weight:bold}
rect{stroke-width:1.5;fill-opacity:.12}
.back{fill:#fff;fill-opacity:1}
.disk{fill:#7d8590;stroke:#7d8590}.part{fill:#388bfd;stroke:#388bfd}.open{fill:#a371f7;stroke:#a371f7}
.vol{fill:#2ea043;stroke:#2ea043}.free{fill:none;stroke:#9198a1;stroke-dasharray:4 3}
@media(prefers-color-scheme:dark){text{fill:#e6edf3}.back{fill:#0d1117}}
";

/// Returns the document: the sides with their names, each with its disks one below the other.
pub(super) fn document(title: &str, sides: &[(&str, Vec<DiagramBlock>)]) -> String {
    let needed = sides.iter().flat_map(|(_, blocks)| blocks.iter().map(min_width)).max();
    // Wider than necessary, so that proportions are visible.
    let cells = needed.map_or(WIDTH, |needed| (needed + needed / 2).max(WIDTH));
    let width = cells * CELL.0 + 2 * MARGIN;
    let mut body = String::new();
    let mut y = MARGIN + CELL.1;
    body += &text("h", MARGIN, y, title);
    for (name, blocks) in sides {
        y += 2 * CELL.1;
        body += &text("h", MARGIN, y, name);
        y += CELL.1 / 2;
        for disk in blocks.iter().filter_map(|block| place(block, cells)) {
            draw(&disk, y, &mut body);
            y += disk.height * CELL.1 + CELL.1 / 2;
        }
    }
    let height = y + MARGIN;
    format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" xml:space=\"preserve\" viewBox=\"0 0 {width} {height}\" \
         width=\"{width}\" height=\"{height}\" role=\"img\">\n<title>{}</title>\n\
         <style>{STYLE}</style>\n<rect class=\"back\" width=\"{width}\" height=\"{height}\"/>\n\
         {body}</svg>\n",
        escape(title)
    )
}

fn draw(placed: &PlacedBox, top: usize, out: &mut String) {
    let class = match placed.tone {
        BlockKind::Disk => "disk",
        BlockKind::Partition => "part",
        BlockKind::Opened => "open",
        BlockKind::Volume => "vol",
        BlockKind::Free => "free",
    };
    let (x, y) = (placed.x * CELL.0 + MARGIN + 2, placed.y * CELL.1 + top + 2);
    let (width, height) = (placed.width * CELL.0 - 4, placed.height * CELL.1 - 4);
    *out += &format!(
        "<rect class=\"{class}\" x=\"{x}\" y=\"{y}\" width=\"{width}\" height=\"{height}\" rx=\"3\"/>\n"
    );
    let line = |index: usize| y + index * CELL.1 + CELL.1 - 4;
    *out += &text("t", x + CELL.0, line(0), &placed.title);
    for (index, words) in placed.lines.iter().enumerate() {
        *out += &text("l", x + CELL.0, line(index + 1), words);
    }
    for part in &placed.inner {
        draw(part, top, out);
    }
}

/// Returns a line of text. Its length is fixed, so that it fits into the box with any font.
fn text(class: &str, x: usize, y: usize, words: &str) -> String {
    let length = match class {
        "h" => String::new(),
        _ => format!(
            " textLength=\"{}\" lengthAdjust=\"spacingAndGlyphs\"",
            words.width() * CELL.0 - words.width() / 4
        ),
    };
    format!("<text class=\"{class}\" x=\"{x}\" y=\"{y}\"{length}>{}</text>\n", escape(words))
}

/// Escapes text for XML, and replaces characters that XML does not allow.
fn escape(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\u{fffe}' | '\u{ffff}' => out.push('\u{fffd}'),
            c if c.is_control() => out.push('\u{fffd}'),
            c => out.push(c),
        }
    }
    out
}
