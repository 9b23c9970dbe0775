//! The tokens of a script, as far as calls and names need them.

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
    /// A string, without its quotes. An interpolated string follows its expressions.
    Text(String),
    /// A number.
    Number,
    /// An operator or bracket.
    Sign(&'static str),
    /// Characters that the lexer rejects.
    Invalid,
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

/// The tokens and comments of a script.
#[derive(Default)]
pub(super) struct Lexed {
    pub(super) tokens: Vec<Token>,
    /// The line number and the content of each comment, with its markers.
    pub(super) comments: Vec<(u32, String)>,
}

impl Lexed {
    pub(super) fn push(&mut self, kind: TokenKind, line: u32) {
        self.tokens.push(Token { kind, line });
    }
}
