//! The tokens and comments of a script in either language.

use super::Language;
use super::lua::lexer as lua;
use super::rhai::lexer as rhai;
use super::token::{Lexed, Token};

/// Returns all tokens of a script.
pub fn tokens(language: Language, text: &str) -> Vec<Token> {
    lex(language, text).tokens
}

/// Returns the comments of a script, with their markers: the line number of each, starting at 1,
/// and its content.
pub fn comments(language: Language, text: &str) -> Vec<(u32, String)> {
    lex(language, text).comments
}

fn lex(language: Language, text: &str) -> Lexed {
    match language {
        Language::Rhai => rhai::lex(text),
        Language::Lua => lua::lex(text),
    }
}

#[cfg(test)]
mod tests {
    use super::super::token::TokenKind;
    use super::*;

    fn names(language: Language, text: &str) -> Vec<String> {
        let words = tokens(language, text).into_iter().map(|token| match token.kind {
            TokenKind::Name(name) => format!("{name}:{}", token.line),
            TokenKind::Text(text) => format!("{text:?}"),
            TokenKind::Number => "0".into(),
            TokenKind::Sign(sign) => sign.to_owned(),
            TokenKind::Invalid => "invalid".into(),
        });
        words.collect()
    }

    #[test]
    fn comments_texts_and_interpolations() {
        assert_eq!(
            names(Language::Rhai, "a::b(\"c//\\\"\"); // d\n/* e\n */ f = `g${h(1)}i`;"),
            [
                "a:1",
                "::",
                "b:1",
                "(",
                "\"c//\\\"\"",
                ")",
                ";",
                "f:3",
                "=",
                "h:3",
                "(",
                "0",
                ")",
                "\"gi\"",
                ";"
            ]
        );
        assert_eq!(
            names(Language::Lua, "a.b'c' --[[ d\n]] e = [=[f]]]=] -- g\nh"),
            ["a:1", ".", "b:1", "\"c\"", "e:2", "=", "\"f]]\"", "h:3"]
        );
    }

    #[test]
    fn lexers_end_without_a_panic_at_malformed_sources() {
        let pieces = [
            "`", "${", "}", "{", "\"", "'", "[[", "]]", "[=[", "--", "--[[", "//", "/*", "*/",
            "\\", "\n", "\r", "a", "1", "0x", "1e", "~", "!", "#{", "#", "?", "$", "::", "\u{fc}",
            " ", "\0",
        ];
        // A linear congruential generator, so that a failure can be repeated.
        let mut state = 1_u64;
        for _ in 0..2000 {
            let mut text = String::new();
            for _ in 0..12 {
                state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
                text.push_str(pieces[(state >> 33) as usize % pieces.len()]);
            }
            for language in [Language::Rhai, Language::Lua] {
                tokens(language, &text);
            }
        }
    }
}
