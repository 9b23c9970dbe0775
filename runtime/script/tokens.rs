//! The tokens of a script, with their line numbers: as much of either language as is needed to find
//! calls and names. Invalid input is skipped here; the parsers of the languages report it.

use super::Language;
use super::limits::EXPRESSION_DEPTH;

/// A token of a script.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Token {
    /// The kind of the token.
    pub kind: TokenKind,
    /// The line number, starting at 1.
    pub line: u32,
}

/// The kind of a token.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum TokenKind {
    /// A name or keyword.
    Name(String),
    /// A string, without its quotes.
    Text(String),
    /// A number.
    Number,
    /// An operator or bracket; `::`, `#{`, `==` and similar ones are single tokens.
    Sign(&'static str),
}

impl Token {
    /// Returns the name, if the token is one.
    pub fn name(&self) -> Option<&str> {
        match &self.kind {
            TokenKind::Name(name) => Some(name),
            _ => None,
        }
    }

    /// Returns whether the token is this operator or bracket.
    pub fn is(&self, sign: &str) -> bool {
        matches!(&self.kind, TokenKind::Sign(own) if *own == sign)
    }
}

/// Operators and brackets, longer ones first.
const SIGNS: &[&str] = &[
    "...", "..=", "::", "#{", "==", "!=", "<=", ">=", "~=", "=>", "->", "..", "?.", "&&", "||",
    "??", "+=", "-=", "*=", "/=", "%=", "(", ")", "[", "]", "{", "}", ".", ",", ";", ":", "=", "|",
    "<", ">", "+", "-", "*", "/", "%", "!", "&", "^", "~", "#", "?", "@", "$", "'",
];

/// Returns all tokens of a script.
pub fn tokens(language: Language, text: &str) -> Vec<Token> {
    Scanner::of(language, text).found
}

/// Returns the comments of a script, with their markers: the line number of each, starting at 1,
/// and its content.
pub fn comments(language: Language, text: &str) -> Vec<(u32, &str)> {
    Scanner::of(language, text).comments
}

struct Scanner<'a> {
    language: Language,
    rest: &'a str,
    line: u32,
    /// The nesting depth of string interpolations.
    nested: usize,
    found: Vec<Token>,
    comments: Vec<(u32, &'a str)>,
}

impl<'a> Scanner<'a> {
    fn of(language: Language, text: &'a str) -> Self {
        let (found, comments) = (Vec::new(), Vec::new());
        let mut scanner = Self { language, rest: text, line: 1, nested: 0, found, comments };
        scanner.scan();
        scanner
    }

    /// Consumes a number of bytes.
    fn take(&mut self, bytes: usize) -> &'a str {
        let (taken, rest) = self.rest.split_at(bytes);
        self.rest = rest;
        self.line += u32::try_from(taken.matches('\n').count()).unwrap_or(0);
        taken
    }

    fn push(&mut self, kind: TokenKind, line: u32) {
        self.found.push(Token { kind, line });
    }

    /// Scans to the end, or to the brace that closes an interpolation.
    fn scan(&mut self) {
        let mut depth = 0_u32;
        while let Some(first) = self.rest.chars().next() {
            let line = self.line;
            if first.is_whitespace() {
                self.take(first.len_utf8());
            } else if self.comment() || self.string() {
            } else if first.is_alphabetic() || first == '_' {
                let end = self.rest.find(|c: char| !c.is_alphanumeric() && c != '_');
                let name = self.take(end.unwrap_or(self.rest.len()));
                self.push(TokenKind::Name(name.to_owned()), line);
            } else if first.is_ascii_digit() {
                let end = self.rest.find(|c: char| !c.is_ascii_alphanumeric() && c != '_');
                self.take(end.unwrap_or(self.rest.len()));
                self.push(TokenKind::Number, line);
            } else if let Some(sign) = SIGNS.iter().find(|sign| self.rest.starts_with(**sign)) {
                match *sign {
                    "{" | "#{" => depth += 1,
                    "}" if self.nested > 0 && depth == 0 => return,
                    "}" => depth = depth.saturating_sub(1),
                    _ => {}
                }
                self.take(sign.len());
                self.push(TokenKind::Sign(sign), line);
            } else {
                self.take(first.len_utf8());
            }
        }
    }

    /// Skips a comment.
    fn comment(&mut self) -> bool {
        let (line, before) = (self.line, self.rest);
        let to_line_end = |rest: &str| rest.find('\n').unwrap_or(rest.len());
        match self.language {
            Language::Rhai if self.rest.starts_with("//") => {
                self.take(to_line_end(self.rest));
            }
            Language::Rhai if self.rest.starts_with("/*") => {
                let end = self.rest.find("*/").map_or(self.rest.len(), |at| at + 2);
                self.take(end);
            }
            Language::Lua if self.rest.starts_with("--") => {
                self.take(2);
                if self.long_bracket().is_none() {
                    self.take(to_line_end(self.rest));
                }
            }
            _ => return false,
        }
        self.comments.push((line, &before[..before.len() - self.rest.len()]));
        true
    }

    /// Scans a string literal, including its interpolations.
    fn string(&mut self) -> bool {
        let line = self.line;
        let Some(mark) = self.rest.chars().next() else { return false };
        match (self.language, mark) {
            (_, '"' | '\'') => {
                self.take(1);
                let text = self.quoted(mark);
                self.push(TokenKind::Text(text), line);
            }
            (Language::Rhai, '`') => {
                self.take(1);
                self.interpolated(line);
            }
            (Language::Lua, '[') => match self.long_bracket() {
                Some(text) => self.push(TokenKind::Text(text), line),
                None => return false,
            },
            _ => return false,
        }
        true
    }

    fn quoted(&mut self, mark: char) -> String {
        let mut text = String::new();
        while let Some(next) = self.rest.chars().next() {
            self.take(next.len_utf8());
            match next {
                _ if next == mark => break,
                '\\' => {
                    let escaped = self.rest.chars().next().unwrap_or('\\');
                    self.take(self.rest.chars().next().map_or(0, char::len_utf8));
                    text.push(escaped);
                }
                _ => text.push(next),
            }
        }
        text
    }

    fn interpolated(&mut self, line: u32) {
        let mut text = String::new();
        while let Some(next) = self.rest.chars().next() {
            // The parser of the language rejects deeper nesting.
            if self.rest.starts_with("${") && self.nested < EXPRESSION_DEPTH {
                self.take(2);
                self.nested += 1;
                self.scan();
                self.nested -= 1;
                self.take(self.rest.len().min(1));
                continue;
            }
            self.take(next.len_utf8());
            if next == '`' {
                break;
            }
            text.push(next);
        }
        self.push(TokenKind::Text(text), line);
    }

    /// Scans `[[ … ]]` or `[==[ … ]==]`.
    fn long_bracket(&mut self) -> Option<String> {
        let inner = self.rest.strip_prefix('[')?;
        let level = inner.len() - inner.trim_start_matches('=').len();
        if !inner[level..].starts_with('[') {
            return None;
        }
        let close = format!("]{}]", "=".repeat(level));
        let body = &inner[level + 1..];
        let end = body.find(&close).unwrap_or(body.len());
        let text = body[..end].to_owned();
        let all = (level + 2 + end + close.len()).min(self.rest.len());
        self.take(all);
        Some(text)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(language: Language, text: &str) -> Vec<String> {
        let words = tokens(language, text).into_iter().map(|token| match token.kind {
            TokenKind::Name(name) => format!("{name}:{}", token.line),
            TokenKind::Text(text) => format!("{text:?}"),
            TokenKind::Number => "0".into(),
            TokenKind::Sign(sign) => sign.to_owned(),
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
        // Malformed sources do not cause an endless loop.
        names(Language::Rhai, "`${\"");
        names(Language::Lua, "[[ 'ü");
    }
}
