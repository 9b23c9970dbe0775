//! Text that a terminal may show: labels and file names can hold anything, also commands to the
//! terminal.

use std::borrow::Cow;

/// The text with control characters written out (`\e`, `\n`, `\u009b`), so that it shows what is
/// there and does nothing.
pub fn printable(text: &str) -> Cow<'_, str> {
    let harmless = |c: char| c == '\t' || !(c.is_control() || is_bidi(c));
    if text.chars().all(harmless) {
        return Cow::Borrowed(text);
    }
    let mut out = String::with_capacity(text.len() + 8);
    for c in text.chars() {
        match c {
            _ if harmless(c) => out.push(c),
            '\u{1b}' => out.push_str("\\e"),
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            _ => out.push_str(&format!("\\u{:04x}", u32::from(c))),
        }
    }
    Cow::Owned(out)
}

/// Characters that turn the direction of the text around them: what is shown would not be what
/// runs.
fn is_bidi(c: char) -> bool {
    matches!(c, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{200e}' | '\u{200f}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_terminal_would_obey_is_written_out() {
        assert_eq!(printable("a\tb ü"), "a\tb ü");
        assert_eq!(printable("\u{1b}[2J\rx\u{9b}\u{202e}"), "\\e[2J\\rx\\u009b\\u202e");
    }
}
