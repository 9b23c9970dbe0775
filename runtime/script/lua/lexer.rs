//! The tokens of Lua scripts, by the lexer of `full_moon`.

use full_moon::LuaVersion;
use full_moon::tokenizer::{Lexer, LexerResult, TokenType};

use crate::script::token::{Lexed, TokenKind};

/// The operators and brackets of Lua 5.4 (section 3.1 of its manual).
const SIGNS: [&str; 33] = [
    "+", "-", "*", "/", "%", "^", "#", "&", "~", "|", "<<", ">>", "//", "==", "~=", "<=", ">=",
    "<", ">", "=", "(", ")", "{", "}", "[", "]", "::", ";", ":", ",", ".", "..", "...",
];

/// Returns the tokens and comments of a script, up to the first characters that are invalid.
pub(in crate::script) fn lex(text: &str) -> Lexed {
    let mut result = Lexed::default();
    let mut lexer = Lexer::new_lazy(text, LuaVersion::lua54());
    while let Some(next) = lexer.process_next() {
        let token = match next {
            LexerResult::Ok(token) => token,
            LexerResult::Recovered(..) | LexerResult::Fatal(_) => {
                result.push(TokenKind::Invalid, result.tokens.last().map_or(1, |last| last.line));
                break;
            }
        };
        let line = u32::try_from(token.start_position().line()).unwrap_or(u32::MAX);
        match token.token_type() {
            TokenType::Eof => break,
            TokenType::SingleLineComment { comment } => {
                result.comments.push((line, format!("--{comment}")));
            }
            TokenType::MultiLineComment { blocks, comment } => {
                let level = "=".repeat(*blocks);
                result.comments.push((line, format!("--[{level}[{comment}]{level}]")));
            }
            TokenType::Identifier { identifier } => {
                result.push(TokenKind::Name(identifier.to_string()), line);
            }
            TokenType::StringLiteral { literal, .. } => {
                result.push(TokenKind::Text(literal.to_string()), line);
            }
            TokenType::Number { .. } => result.push(TokenKind::Number, line),
            TokenType::Symbol { symbol } => {
                let symbol = symbol.to_string();
                let kind = match SIGNS.iter().find(|sign| **sign == symbol) {
                    Some(sign) => TokenKind::Sign(sign),
                    None => TokenKind::Name(symbol),
                };
                result.push(kind, line);
            }
            _ => {}
        }
    }
    result
}
