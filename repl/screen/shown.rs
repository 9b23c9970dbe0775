//! The one door to a terminal: only [`Shown`] passes it.
//!
//! Whatever implements `Display` is foreign: recipes, devices, programs, files and command lines wrote
//! it, so it is escaped, kept on its line and cut where it has no end. Only [`Style`](super::Style) and
//! the renderer of errors add sequences for the terminal, and [`Shown`] has no `Display`, so that
//! neither can be mistaken for the other. To show something new, hand it to `tell`, `say` or `shown!`.

use std::fmt::{Display, Write};

use gscript::types::{cut, printable};
use unicode_width::{UnicodeWidthChar, UnicodeWidthStr};

/// Columns of one foreign text; the longest path has as many bytes.
const MOST: usize = 4096;

/// Text that a terminal may see: everything foreign in it is escaped.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Shown(String);

/// What can be shown.
pub(crate) trait Show {
    /// Adds it to a text.
    fn show(&self, to: &mut Shown);
}

impl<T: Display + ?Sized> Show for T {
    fn show(&self, to: &mut Shown) {
        to.0.push_str(&field(&self.to_string()));
    }
}

impl Show for Shown {
    fn show(&self, to: &mut Shown) {
        to.0.push_str(&self.0);
    }
}

/// A foreign text on one line.
fn field(text: &str) -> String {
    let shown = printable(text);
    if shown.len() <= MOST {
        return shown;
    }
    let kept = cut(&shown, MOST);
    if kept == shown {
        return shown;
    }
    // The mark of `cut` is none of its characters.
    let more = shown.chars().count() + 1 - kept.chars().count();
    format!("{kept} ({more} more characters)")
}

/// Puts a line together: literals, values and styled text, one after the other.
macro_rules! shown {
    ($($part:expr),* $(,)?) => {{
        let mut shown = $crate::screen::Shown::default();
        $({
            #[allow(unused_imports, reason = "it may be in scope already")]
            use $crate::screen::Show as _;
            $part.show(&mut shown);
        })*
        shown
    }};
}
pub(crate) use shown;

impl Shown {
    /// A text of several lines, each of them escaped; tabs become spaces.
    pub(crate) fn lines(text: &(impl Display + ?Sized)) -> Self {
        Self::indented("", text)
    }

    /// The same, with something before each line.
    pub(crate) fn indented(before: &(impl Show + ?Sized), text: &(impl Display + ?Sized)) -> Self {
        let text = text.to_string();
        let lines = text.lines().map(|line| shown![before, line.replace('\t', "    ")]);
        Self::joined(lines)
    }

    /// Several texts, one below the other.
    pub(crate) fn joined(lines: impl IntoIterator<Item = Self>) -> Self {
        let lines: Vec<String> = lines.into_iter().map(|line| line.0).collect();
        Self(lines.join("\n"))
    }

    /// Adds a line.
    pub(crate) fn line(&mut self, line: &(impl Show + ?Sized)) {
        line.show(self);
        self.0.push('\n');
    }

    /// Without the newlines at its end.
    pub(crate) fn trimmed(mut self) -> Self {
        self.0.truncate(self.0.trim_end_matches('\n').len());
        self
    }

    /// As it is written to a terminal.
    pub(crate) fn as_str(&self) -> &str {
        &self.0
    }

    /// Text between the two halves of one of our own sequences.
    pub(super) fn painted(style: anstyle::Style, text: &(impl Show + ?Sized)) -> Self {
        let mut shown = Self(style.render().to_string());
        text.show(&mut shown);
        // Writing to a String can't fail.
        let _ = write!(shown.0, "{style:#}");
        shown
    }

    /// What the renderer of errors made from parts that were escaped before.
    pub(super) fn rendered(text: String) -> Self {
        Self(text)
    }

    /// The text in rows of a terminal. What goes on in the next row is marked there: padding must not
    /// let a foreign text begin a row as if it were ours.
    pub(super) fn wrapped(&self, columns: usize, mark: &str) -> Self {
        let rows = self.0.split('\n').map(|line| wrap(line, columns, mark)).collect::<Vec<_>>();
        Self(rows.join("\n"))
    }
}

/// One line in rows of so many columns.
fn wrap(line: &str, columns: usize, mark: &str) -> String {
    const LEAST: usize = 16;
    let seen = pieces(line).filter(|(_, is_sequence)| !is_sequence);
    if columns < LEAST || seen.map(|(text, _)| text.width()).sum::<usize>() <= columns {
        return line.to_owned();
    }
    let blank = line.len() - line.trim_start_matches(' ').len();
    let before = format!("{}{mark} ", " ".repeat(blank.min(columns / 2)));
    let mut out = String::with_capacity(line.len() * 2);
    let mut at = 0;
    for (text, is_sequence) in pieces(line) {
        if is_sequence {
            out.push_str(text);
            continue;
        }
        for c in text.chars() {
            let width = c.width().unwrap_or(0);
            if at + width > columns {
                out.push('\n');
                out.push_str(&before);
                at = before.width();
            }
            out.push(c);
            at += width;
        }
    }
    out
}

/// The line in pieces, each a sequence for the terminal or text between two of them. Only sequences that
/// [`Style`](super::Style) and the renderer of errors make are in it: `ESC [ … m`.
fn pieces(mut rest: &str) -> impl Iterator<Item = (&str, bool)> {
    std::iter::from_fn(move || {
        let end = match rest.find("\u{1b}[") {
            _ if rest.is_empty() => return None,
            Some(0) => rest.find('m').map_or(rest.len(), |at| at + 1),
            Some(text) => text,
            None => rest.len(),
        };
        let (piece, after) = rest.split_at(end);
        rest = after;
        Some((piece, piece.starts_with('\u{1b}')))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_styles_add_sequences() {
        let bold = Shown::painted(anstyle::Style::new().bold(), "\u{1b}[2Jx\ny");
        let line = shown!["a\rb ", bold, '\u{202e}', 7];
        assert_eq!(line.as_str(), "a\\rb \u{1b}[1m\\u{1b}[2Jx\\ny\u{1b}[0m\\u{202e}7");
        let lines = Shown::indented("| ", "a\tb\nThis run\u{9b}");
        assert_eq!(lines.as_str(), "| a    b\n| This run\\u{9b}");
    }

    #[test]
    fn a_text_without_an_end_is_cut_with_a_mark() {
        let line = shown!["x".repeat(MOST + 50)];
        assert!(line.as_str().ends_with("x… (51 more characters)"), "{line:?}");
    }

    #[test]
    fn no_foreign_text_begins_a_row() {
        let padded = format!("  {}This run", "x".repeat(18));
        let rows = shown![padded].wrapped(20, ">");
        assert_eq!(rows.as_str(), format!("  {}\n  > This run", "x".repeat(18)));
        let bold = Shown::painted(anstyle::Style::new().bold(), "0123456789abcdef");
        assert_eq!(bold.wrapped(16, ">"), bold);
    }
}
