//! Colours of what is typed: texts, numbers, comments, words of the language, what can be called.

use std::sync::LazyLock;

use gscript::docs;
use nu_ansi_term::{Color, Style};
use reedline::{Highlighter, StyledText};
use regex::Regex;

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

/// See the module.
pub(super) struct Colours;

impl Highlighter for Colours {
    fn highlight(&self, line: &str, _cursor: usize) -> StyledText {
        let mut styled = StyledText::new();
        let mut at = 0;
        for found in TOKENS.captures_iter(line) {
            let Some(whole) = found.get(0) else { continue };
            let style = if found.name("comment").is_some() {
                Style::new().dimmed()
            } else if found.name("text").is_some() {
                Style::new().fg(Color::Green)
            } else if found.name("number").is_some() {
                Style::new().fg(Color::Cyan)
            } else if found.name("meta").is_some() {
                Style::new().fg(Color::Purple)
            } else {
                word(whole.as_str())
            };
            styled.push((Style::new(), line[at..whole.start()].to_owned()));
            styled.push((style, whole.as_str().to_owned()));
            at = whole.end();
        }
        styled.push((Style::new(), line[at..].to_owned()));
        styled
    }
}

fn word(word: &str) -> Style {
    let dotted = word.replacen("::", ".", 1);
    if KEYWORDS.contains(&word) {
        Style::new().fg(Color::Yellow)
    } else if docs::names().any(|name| name == dotted) {
        Style::new().fg(Color::Blue).bold()
    } else {
        Style::new()
    }
}
