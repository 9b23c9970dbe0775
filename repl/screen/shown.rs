//! The only way to write to a terminal: everything printed is a [`Shown`].
//!
//! A value that implements `Display` is untrusted, because recipes, devices, programs, files and
//! command lines may have written it: it is escaped, kept on one line, and truncated. Only
//! [`Style`](super::Style) and the renderer of errors add escape sequences, and [`Shown`] does not
//! implement `Display`, so that neither can be mistaken for the other. To print something new, pass
//! it to `tell`, `say` or `shown!`.

use std::fmt::{Display, Write};

use gscript::types::{cut, printable};
use unicode_width::{UnicodeWidthChar, UnicodeWidthStr};

/// The maximum width of one untrusted string in columns; equals PATH_MAX, the longest path in
/// bytes.
const MAX_WIDTH: usize = 4096;

/// A string that is safe for a terminal: everything untrusted in it is escaped.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Shown(String);

/// A value that can be shown.
pub(crate) trait Show {
    /// Appends the value to `to`.
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

/// Escapes an untrusted string, and truncates it to one line.
fn field(text: &str) -> String {
    let shown = printable(text);
    if shown.len() <= MAX_WIDTH {
        return shown;
    }
    let kept = cut(&shown, MAX_WIDTH);
    if kept == shown {
        return shown;
    }
    // `cut` appends a mark, which is not one of the string's own characters.
    let more = shown.chars().count() + 1 - kept.chars().count();
    format!("{kept} ({more} more characters)")
}

/// Builds a line from literals, values and styled strings.
macro_rules! shown {
    ($($part:expr),* $(,)?) => {{
        let mut shown = $crate::screen::Shown::default();
        $({
            #[allow(unused_imports, reason = "the trait may be in scope already")]
            use $crate::screen::Show as _;
            $part.show(&mut shown);
        })*
        shown
    }};
}
pub(crate) use shown;

impl Shown {
    /// Escapes a string of several lines line by line; tabs become spaces.
    pub(crate) fn lines(text: &(impl Display + ?Sized)) -> Self {
        Self::indented("", text)
    }

    /// Escapes a string of several lines, with a prefix before each line.
    pub(crate) fn indented(before: &(impl Show + ?Sized), text: &(impl Display + ?Sized)) -> Self {
        let text = text.to_string();
        let lines = text.lines().map(|line| shown![before, line.replace('\t', "    ")]);
        Self::joined(lines)
    }

    /// Joins strings with newlines.
    pub(crate) fn joined(lines: impl IntoIterator<Item = Self>) -> Self {
        let lines: Vec<String> = lines.into_iter().map(|line| line.0).collect();
        Self(lines.join("\n"))
    }

    /// Adds a line.
    pub(crate) fn line(&mut self, line: &(impl Show + ?Sized)) {
        line.show(self);
        self.0.push('\n');
    }

    /// Removes trailing newlines.
    pub(crate) fn trimmed(mut self) -> Self {
        self.0.truncate(self.0.trim_end_matches('\n').len());
        self
    }

    /// Returns the string as written to a terminal.
    pub(crate) fn as_str(&self) -> &str {
        &self.0
    }

    /// Encloses a string in the start and end sequences of a style.
    pub(super) fn painted(style: anstyle::Style, text: &(impl Show + ?Sized)) -> Self {
        let mut shown = Self(style.render().to_string());
        text.show(&mut shown);
        // Writing to a String cannot fail.
        let _ = write!(shown.0, "{style:#}");
        shown
    }

    /// Wraps the output of the error renderer, whose input was escaped.
    pub(super) fn rendered(text: String) -> Self {
        Self(text)
    }

    /// Wraps the string to the rows of a terminal. Continuation rows begin with a mark, so that an
    /// untrusted string cannot use padding to begin a row like a line of gscript.
    pub(super) fn wrapped(&self, columns: usize, mark: &str) -> Self {
        let rows = self.0.split('\n').map(|line| wrap(line, columns, mark)).collect::<Vec<_>>();
        Self(rows.join("\n"))
    }
}

/// Wraps one line to rows of `columns` columns.
fn wrap(line: &str, columns: usize, mark: &str) -> String {
    const MIN_WIDTH: usize = 16;
    let seen = pieces(line).filter(|(_, is_sequence)| !is_sequence);
    if columns < MIN_WIDTH || seen.map(|(text, _)| text.width()).sum::<usize>() <= columns {
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

/// Splits a line into pieces, each an escape sequence (`true`) or the text between two. The only
/// sequences in it are those of [`Style`](super::Style) and of the renderer of errors: `ESC [ … m`.
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
    fn a_long_string_is_truncated_with_a_mark() {
        let line = shown!["x".repeat(MAX_WIDTH + 50)];
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
