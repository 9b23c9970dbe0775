//! Detection of secrets that are written in a script as literals. Such scripts are rejected, and
//! the secret must not be stored in the history or shown in the source line of an error.

use super::Language;
use super::token::{Token, TokenKind};
use super::tokens::tokens;
use crate::operation::spec::Spec;
use crate::primitives::registry::PRIMITIVES;
use crate::types::Param;

/// Parts of variable names that indicate a secret.
const SECRET_NAME_PARTS: [&str; 3] = ["pass", "secret", "pwd"];

/// Returns whether a source in either language contains a literal where a secret is expected. False
/// positives are preferred over false negatives.
pub fn has_secret(text: &str) -> bool {
    [Language::Rhai, Language::Lua].into_iter().any(|language| {
        let tokens = tokens(language, text);
        let within = |at: usize| named(&tokens[at..]) || called(&tokens[at..]);
        (0..tokens.len()).any(within)
    })
}

fn is_secret(param: &Param) -> bool {
    param.ty.name == "secret"
}

/// Returns the primitives that have a secret parameter.
fn primitives_with_secrets() -> impl Iterator<Item = &'static Spec> {
    let specs = PRIMITIVES.iter().map(|primitive| primitive.spec);
    specs.filter(|spec| spec.params.iter().any(is_secret))
}

/// Returns whether a token is a literal, or the beginning of one that is not terminated.
fn is_written(token: &Token) -> bool {
    matches!(token.kind, TokenKind::Text(_) | TokenKind::Number | TokenKind::Invalid)
}

fn opens(token: &Token) -> bool {
    ["(", "[", "{", "#{"].iter().any(|sign| token.is(sign))
}

fn closes(token: &Token) -> bool {
    [")", "]", "}"].iter().any(|sign| token.is(sign))
}

/// Returns the tokens up to the comma, semicolon or bracket that ends the first expression.
fn expression(tokens: &[Token]) -> &[Token] {
    let mut depth = 0_usize;
    for (at, token) in tokens.iter().enumerate() {
        match token {
            token if opens(token) => depth += 1,
            token if closes(token) && depth == 0 => return &tokens[..at],
            token if closes(token) => depth -= 1,
            token if depth == 0 && (token.is(",") || token.is(";")) => return &tokens[..at],
            _ => {}
        }
    }
    tokens
}

/// Matches `passphrase: "…"`, `["passphrase"] = "…"`, `let pass = "…"`.
fn named(tokens: &[Token]) -> bool {
    let name = match tokens.first().map(|token| &token.kind) {
        Some(TokenKind::Name(name) | TokenKind::Text(name)) => name.to_ascii_lowercase(),
        _ => return false,
    };
    let known = || {
        primitives_with_secrets()
            .flat_map(|spec| spec.params)
            .any(|p| is_secret(p) && p.name == name)
    };
    if !SECRET_NAME_PARTS.iter().any(|part| name.contains(part)) && !known() {
        return false;
    }
    let rest = &tokens[1..];
    let rest = rest.strip_prefix_if(|token| token.is("]"));
    match rest.split_first() {
        Some((sign, value)) if sign.is(":") || sign.is("=") || sign.is("+=") => {
            let value = expression(value);
            // If a prompt or another call returns the secret, its arguments are not the secret.
            let outside = value.iter().take_while(|token| !opens(token));
            let wrapped = value.first().is_some_and(opens) && value.iter().any(is_written);
            wrapped || outside.into_iter().any(is_written)
        }
        _ => false,
    }
}

/// Removes the first element of a slice if it satisfies a condition.
trait StripPrefixIf {
    fn strip_prefix_if(&self, is: impl Fn(&Token) -> bool) -> &Self;
}

impl StripPrefixIf for [Token] {
    fn strip_prefix_if(&self, is: impl Fn(&Token) -> bool) -> &Self {
        match self.split_first() {
            Some((first, rest)) if is(first) => rest,
            _ => self,
        }
    }
}

/// Matches `luks::open(device, "name", "…")`: a literal that is not the value of a non-secret
/// parameter.
fn called(tokens: &[Token]) -> bool {
    let Some((spec, rest)) = secret_primitive(tokens) else { return false };
    match rest.split_first() {
        Some((open, args)) if open.is("(") => arguments(spec, args),
        // Lua: a call with a single string or table, without parentheses.
        Some((table, _)) if table.is("{") => arguments(spec, rest),
        // Through an alias or pcall: any literal may be the secret.
        _ => rest.iter().any(is_written),
    }
}

/// Returns the primitive that is named at the beginning, and the tokens after its name.
fn secret_primitive(tokens: &[Token]) -> Option<(&'static Spec, &[Token])> {
    let domain = tokens.first()?.name()?;
    let sign = tokens.get(1)?;
    let (verb, length) = match &tokens.get(2)?.kind {
        TokenKind::Name(verb) if sign.is("::") || sign.is(".") => (verb, 3),
        TokenKind::Text(verb) if sign.is("[") => (verb, 4),
        _ => return None,
    };
    let spec =
        primitives_with_secrets().find(|spec| spec.domain() == domain && spec.verb() == *verb)?;
    Some((spec, tokens.get(length..)?))
}

fn arguments(spec: &Spec, mut args: &[Token]) -> bool {
    let mut required = spec.required();
    loop {
        let arg = expression(args);
        let plain = match required.next() {
            Some(param) => !is_secret(param),
            None => {
                // In Lua, the beginning of a Rhai map is two tokens.
                let map = arg.strip_prefix_if(|token| token.is("#"));
                map.first().is_some_and(|token| token.is("{") || token.is("#{"))
                    && options(spec, map)
            }
        };
        if !plain && arg.iter().any(is_written) {
            return true;
        }
        match args.get(arg.len()) {
            Some(comma) if comma.is(",") => args = &args[arg.len() + 1..],
            _ => return false,
        }
    }
}

/// Returns whether all literals in a map are values of non-secret parameters.
fn options(spec: &Spec, map: &[Token]) -> bool {
    let mut rest = &map[1..];
    loop {
        let entry = expression(rest);
        let key = entry.strip_prefix_if(|token| token.is("["));
        let known = match key.first().map(|token| &token.kind) {
            Some(TokenKind::Name(name) | TokenKind::Text(name)) => {
                spec.options().any(|param| param.name == *name && !is_secret(param))
            }
            _ => false,
        };
        let value = key.get(1..).unwrap_or_default();
        if !known && value.iter().any(is_written) {
            return false;
        }
        match rest.get(entry.len()) {
            Some(comma) if comma.is(",") || comma.is(";") => rest = &rest[entry.len() + 1..],
            _ => return true,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn secrets_as_text_are_seen() {
        for line in [
            r#"luks::open(disk, "x", #{ passphrase: "hunter2" })"#,
            r#"luks::open(disk, "x", "hunter2")"#,
            r#"luks::open(disk, "x", 4711)"#,
            r#"luks::open(disk, "x", ["hunter2"])"#,
            "luks::open(\n  disk,\n  \"x\",\n  \"hunter2\"\n)",
            "luks::open(disk, \"x\", #{\n  key: k,\n  passphrase:\n    \"hunter2\",\n})",
            r#"luks::open(disk, "x", #{ passphrase: "hun" + "ter2" })"#,
            r#"luks::open(disk, "x", #{ passphrase: ("hunter2") })"#,
            r#"luks::open(disk, "x", #{ "passphrase": "hunter2" })"#,
            r#"luks::open(disk, "x", #{ passphrse: "hunter2" })"#,
            "luks::open(disk, \"x\", #{ passphrase: `hunter2` })",
            r#"luks::open(disk, "x", "hunter2"#,
            r#"luks.open(disk, "x", { passphrase = 'hunter2' })"#,
            r#"luks.open(disk, "x", { ["passphrase"] = "hunter2" })"#,
            "luks.open(disk, 'x', { passphrase = [[hunter2]] })",
            "luks.open(disk, 'x', 'hunter2')",
            "pcall(luks.open, disk, 'x', 'hunter2')",
            "local f = luks['open'] f(disk, 'x', 'hunter2')",
            "let f = luks::open; f.call(disk, \"x\", \"hunter2\")",
            r#"key::protect("/a", "/b", "hunter2")"#,
            r#"system::password("/mnt/gentoo", "root", "hunter2")"#,
            r#"luks::add_key(disk, #{ key: "/k", new_passphrase: "hunter2" })"#,
            r#"luks::add_key(disk, "hunter2")"#,
            r#"luks::test_key(disk, "hunter2")"#,
            r#"let passphrase = "hunter2";"#,
            "local my_pass = 'hunter2'",
            r#"PASSWORD = "hunter2""#,
            r#"if luks::test_key(disk, #{ passphrase: "hunter2" }) { print("yes"); }"#,
        ] {
            assert!(has_secret(line), "{line}");
        }
    }

    #[test]
    fn other_lines_have_no_secret() {
        for line in [
            r#"luks::open(disk, "x", #{ passphrase: pass })"#,
            r#"luks::open("/dev/sda2", "x", #{ passphrase: pass, discard: true })"#,
            r#"luks::open("/dev/sda2", "x", #{ key: "/mnt/key/keyfile.bin" })"#,
            "luks.open('/dev/sda2', 'x', { passphrase = pass })",
            r#"key::protect("/a", "/b", passphrase)"#,
            r#"system::password("/mnt/gentoo", "root", pass)"#,
            r#"luks::format("/dev/sda2", #{ key: "/k", kdf: #{ kind: "argon2id", memory: "32M" } })"#,
            r#"mount::mount("/dev/sda1", "/mnt")"#,
            "luks::containers()",
        ] {
            assert!(!has_secret(line), "{line}");
        }
    }
}
