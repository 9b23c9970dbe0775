//! Parsing of Rhai sources.

use crate::failure::Failure;
use std::rc::Rc;

use rhai::{AST, ASTNode, Engine, ParseError, ParseErrorType, Position, Stmt};

use super::explain::site;
use crate::event::Site;
use crate::script::meter::Metered;
use crate::script::{Language, TokenKind, domains, limits, tokens};

/// Returns whether a source is incomplete.
pub(in crate::script) fn is_open(text: &str) -> bool {
    let mut engine = Engine::new_raw();
    limit(&mut engine);
    let Err(ParseError(kind, position)) = engine.compile(text) else { return false };
    let lines = text.split('\n').count();
    let length = text.rsplit('\n').next().map_or(0, |line| line.trim_end().chars().count());
    let at_end = position.line().is_none_or(|line| line >= lines)
        && position.position().is_none_or(|column| column > length);
    match *kind {
        ParseErrorType::UnexpectedEOF => true,
        ParseErrorType::MissingToken(..) | ParseErrorType::PropertyExpected => at_end,
        // A string between backticks may continue on the next line.
        ParseErrorType::BadInput(rhai::LexError::UnterminatedString) => {
            let line = position.line().and_then(|line| text.lines().nth(line - 1));
            let column = position.position().unwrap_or(1);
            line.is_some_and(|line| line.chars().nth(column - 1) == Some('`'))
        }
        _ => false,
    }
}

pub(in crate::script) fn parse(file: &str, text: &str) -> Result<(), Failure> {
    let mut engine = Engine::new_raw();
    limit(&mut engine);
    parsed(&engine, &file.into(), text).map(drop)
}

fn parsed(engine: &Engine, file: &Rc<str>, text: &str) -> Result<AST, Failure> {
    engine.compile(text).map_err(|ParseError(kind, position)| {
        Failure::of_script(kind.to_string(), site(file, position), None)
    })
}

/// Functions that scripts can call without a domain, in addition to Rhai's own library.
const GLOBAL_FUNCTIONS: &[&str] = &["step", "print", "debug", "test"];

/// Parses a source and rejects definitions that replace built-in names.
pub(super) fn compile(
    engine: &Engine,
    file: &Rc<str>,
    text: &str,
    host: &Metered,
) -> Result<AST, Failure> {
    let ast = parsed(engine, file, text)?;
    let taken = |name: &str, site: Site| {
        let message = format!("{name} is defined by gscript and cannot be redefined");
        Failure::of_script(message, site, Some("choose another name".into()))
    };
    let domains = domains(&host.specs());
    if let Some((alias, position)) = alias_of(&ast, &domains) {
        return Err(taken(&alias, site(file, position)));
    }
    // The tokens are only needed for the line: reading them takes as long as parsing.
    if !ast.iter_functions().any(|function| GLOBAL_FUNCTIONS.contains(&function.name)) {
        return Ok(ast);
    }
    for pair in tokens(Language::Rhai, text).windows(2) {
        if let (Some("fn"), TokenKind::Name(name)) = (pair[0].name(), &pair[1].kind)
            && GLOBAL_FUNCTIONS.contains(&name.as_str())
        {
            return Err(taken(name, Site { file: Rc::clone(file), line: pair[1].line }));
        }
    }
    Ok(ast)
}

/// Returns the first import with one of these names as its alias.
fn alias_of(ast: &AST, names: &[&str]) -> Option<(String, Position)> {
    let mut found = None;
    ast.walk(&mut |path| {
        if let Some(ASTNode::Stmt(Stmt::Import(import, position))) = path.last()
            && names.contains(&import.1.as_str())
        {
            found = Some((import.1.as_str().to_owned(), *position));
        }
        found.is_none()
    });
    found
}

pub(super) fn limit(engine: &mut Engine) {
    engine
        .disable_symbol("eval")
        .set_max_call_levels(limits::CALL_DEPTH)
        .set_max_expr_depths(limits::EXPRESSION_DEPTH, limits::EXPRESSION_DEPTH)
        .set_max_string_size(limits::TEXT)
        .set_max_array_size(limits::ELEMENTS)
        .set_max_map_size(limits::ELEMENTS);
}
