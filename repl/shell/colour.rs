//! Syntax highlighting of the input: strings, numbers, comments, keywords, commands and primitives.

use std::sync::LazyLock;

use gscript::reference::docs;
use gscript::types::{is_deceptive, printable};
use reedline::{Color, Highlighter, StyledText};
use regex::Regex;
use unicode_width::UnicodeWidthChar;

const KEYWORDS: &[&str] = &[
    "and", "break", "const", "continue", "do", "else", "elseif", "end", "false", "fn", "for",
    "function", "if", "import", "in", "let", "local", "loop", "nil", "not", "or", "print",
    "repeat", "require", "return", "step", "switch", "then", "throw", "true", "until", "while",
];

#[expect(clippy::expect_used, reason = "the pattern is a constant that every test compiles")]
static TOKENS: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(
        r#"(?x)(?P<comment>//.*|--.*)
        |(?P<text>"(?:[^"\\]|\\.)*"?|`[^`]*`?|'(?:[^'\\]|\\.)*'?)
        |(?P<number>\b[0-9][0-9_.]*\b)
        |(?P<word>[A-Za-z_][A-Za-z0-9_]*(?:(?:::|\.)[A-Za-z_][A-Za-z0-9_]*)?)
        |(?P<meta>^:[a-z]+)"#,
    )
    .expect("a pattern")
});

/// The style of a part of the input.
enum Paint {
    None,
    Dim,
    Colour(Color),
    Bold(Color),
}

impl Paint {
    /// Appends text in this style.
    #[expect(clippy::default_trait_access, reason = "the editor does not export the type")]
    fn append(self, to: &mut StyledText, text: &str) {
        let style = match self {
            Self::None => Default::default(),
            Self::Dim => Color::Default.dimmed(),
            Self::Colour(colour) => colour.normal(),
            Self::Bold(colour) => colour.bold(),
        };
        to.push((style, visible(text)));
    }
}

/// The highlighter of the interactive shell.
pub(super) struct SyntaxHighlighter;

impl Highlighter for SyntaxHighlighter {
    fn highlight(&self, line: &str, _cursor: usize) -> StyledText {
        let mut styled = StyledText::new();
        let mut at = 0;
        for found in TOKENS.captures_iter(line) {
            let Some(whole) = found.get(0) else { continue };
            let paint = if found.name("comment").is_some() {
                Paint::Dim
            } else if found.name("text").is_some() {
                Paint::Colour(Color::Green)
            } else if found.name("number").is_some() {
                Paint::Colour(Color::Cyan)
            } else if found.name("meta").is_some() {
                Paint::Colour(Color::Purple)
            } else {
                word(whole.as_str())
            };
            Paint::None.append(&mut styled, &line[at..whole.start()]);
            paint.append(&mut styled, whole.as_str());
            at = whole.end();
        }
        Paint::None.append(&mut styled, &line[at..]);
        styled
    }
}

/// A highlighter without colours.
pub(crate) struct NoopHighlighter;

impl Highlighter for NoopHighlighter {
    fn highlight(&self, line: &str, _cursor: usize) -> StyledText {
        let mut styled = StyledText::new();
        Paint::None.append(&mut styled, line);
        styled
    }
}

/// Replaces every control or deceptive character of the input with a visible one. The editor counts
/// the bytes that it shows, so each replacement has the length of the original in UTF-8.
fn visible(text: &str) -> String {
    let sign = |c: char| match c {
        '\n' => c,
        c if printable(c.encode_utf8(&mut [0; 4])).len() == c.len_utf8() => c,
        // Combining characters that belong to the preceding letter.
        c if c.width() == Some(0) && !is_deceptive(c) && c.is_alphanumeric() => c,
        '\t' => ' ',
        c => match c.len_utf8() {
            1 => '?',
            2 => '¿',
            3 => '\u{fffd}',
            _ => '\u{1fbc0}',
        },
    };
    text.chars().map(sign).collect()
}

fn word(word: &str) -> Paint {
    let dotted = word.replacen("::", ".", 1);
    if KEYWORDS.contains(&word) {
        Paint::Colour(Color::Yellow)
    } else if docs::names().any(|name| name == dotted) {
        Paint::Bold(Color::Blue)
    } else {
        Paint::None
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pasted_control_characters_are_visible() {
        let pasted = "let a = \"\u{1b}[2J\u{9b}\u{202e}\u{e0041}\"; # ü数\nx\t\r";
        for styled in [SyntaxHighlighter.highlight(pasted, 0), NoopHighlighter.highlight(pasted, 0)]
        {
            let shown: String = styled.buffer.iter().map(|(_, text)| text.as_str()).collect();
            assert_eq!(shown.len(), pasted.len());
            assert!(shown.chars().all(|c| c == '\n' || !is_deceptive(c)), "{shown:?}");
            assert!(shown.contains("?[2J¿\u{fffd}\u{1fbc0}\"; # ü数\nx ?"), "{shown:?}");
        }
    }
}
