//! The tokens of Rhai scripts, by Rhai's lexer.

use rhai::{Engine, Position, Token as RhaiToken};

use crate::script::token::{Lexed, TokenKind};

/// An interpolated string whose end is not reached yet.
struct Interpolation {
    text: String,
    line: u32,
    /// Number of open braces in the current expression, including its own.
    braces: usize,
}

/// Returns the tokens and comments of a script.
pub(in crate::script) fn lex(text: &str) -> Lexed {
    let mut lexed = Lexed::default();
    let mut open: Vec<Interpolation> = Vec::new();
    let engine = Engine::new_raw();
    let (mut tokens, control) = engine.lex([&text]);
    tokens.state.include_comments = true;
    while let Some((token, position)) = tokens.next() {
        let line = line(position);
        match token {
            RhaiToken::EOF => break,
            RhaiToken::Comment(comment) => {
                lexed.comments.push((line, comment.to_string()));
                // The lexer repeats an unterminated comment without end.
                if tokens.state.comment_level > 0 {
                    lexed.push(TokenKind::Invalid, line);
                    break;
                }
            }
            RhaiToken::InterpolatedString(part) => match open.last_mut() {
                Some(last) if last.braces == 0 => last.text.push_str(&part),
                _ => open.push(Interpolation { text: part.to_string(), line, braces: 0 }),
            },
            RhaiToken::StringConstant(part) => match open.pop_if(|last| last.braces == 0) {
                Some(whole) => lexed.push(TokenKind::Text(whole.text + part.as_str()), whole.line),
                None => lexed.push(TokenKind::Text(part.to_string()), line),
            },
            token => match (&token, open.last_mut()) {
                (RhaiToken::LeftBrace | RhaiToken::MapStart, Some(last)) => {
                    last.braces += 1;
                    if last.braces > 1 {
                        lexed.push(kind(token), line);
                    }
                }
                (RhaiToken::RightBrace, Some(last)) if last.braces > 1 => {
                    last.braces -= 1;
                    lexed.push(kind(token), line);
                }
                (RhaiToken::RightBrace, Some(last)) => {
                    last.braces = 0;
                    // As Rhai's parser tells its lexer.
                    control.borrow_mut().is_within_text = true;
                }
                _ => lexed.push(kind(token), line),
            },
        }
    }
    lexed
}

fn kind(token: RhaiToken) -> TokenKind {
    match token {
        RhaiToken::Identifier(name) => TokenKind::Name(name.to_string()),
        RhaiToken::CharConstant(char) => TokenKind::Text(char.to_string()),
        RhaiToken::IntegerConstant(_) | RhaiToken::FloatConstant(_) => TokenKind::Number,
        RhaiToken::Reserved(word) if word.starts_with(char::is_alphabetic) => {
            TokenKind::Name(word.to_string())
        }
        token if token.is_standard_keyword() => TokenKind::Name(token.literal_syntax().to_owned()),
        token if token.is_standard_symbol() => TokenKind::Sign(token.literal_syntax()),
        _ => TokenKind::Invalid,
    }
}

fn line(position: Position) -> u32 {
    position.line().and_then(|line| u32::try_from(line).ok()).unwrap_or(1)
}
